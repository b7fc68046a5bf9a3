/** What the commands that run an embedded server share: their common flags, and running until a signal. */
import type { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { isLoopback, type ListenError, type ListenOptions } from "./loopbackServer.js"

/** The flags of every command. */
export const commonFlags = {
  port: { type: "string" },
  host: { type: "string" },
  version: { type: "string" },
  "client-jwt-secret": { type: "string" },
  "rate-limit": { type: "string" },
  help: { type: "boolean" }
} as const

type CommonFlags = ReturnType<
  typeof parseArgs<{ readonly options: typeof commonFlags; readonly strict: true }>
>["values"]

/** A checked flag, or one line that names the flag at fault. */
type Checked<A> = Either.Either<A, string>

const invalid = (flag: string, expected: string): Checked<never> => Either.left(`--${flag}: expected ${expected}`)

const quoted = (text: string) => JSON.stringify(text)

/** Runs `parseArgs`. On the left is the first line of what it reports, without its advice. */
export const readFlags = <A>(read: () => A): Checked<A> =>
  Either.mapLeft(Either.try(read), (problem) => {
    const [first = ""] = (problem instanceof Error ? problem.message : String(problem)).split("\n", 1)
    return first.replace(/^(.*?'--[^']*'.*?)\..*$/s, "$1")
  })

/** `--port` and `--host`. */
export const listenOptions = (flags: CommonFlags, defaultPort: number): Checked<ListenOptions> =>
  Either.gen(function* () {
    const port = yield* wholeNumber("port", flags.port ?? `${defaultPort}`, 0, 65_535)
    const { host } = flags
    if (host === undefined) return { port }
    return isLoopback(host) ? { port, host } : yield* invalid("host", `a loopback address, got ${quoted(host)}`)
  })

/** A flag that names one of two generations. */
export const generation = <A extends string>(flag: string, text: string, known: readonly [A, A]): Checked<A> => {
  const found = known.find((candidate) => candidate === text)
  return found === undefined ? invalid(flag, `${known.join(" or ")}, got ${quoted(text)}`) : Either.right(found)
}

/** `--client-jwt-secret`. */
export const jwtSecret = (flags: CommonFlags): Checked<string | undefined> => {
  const secret = flags["client-jwt-secret"]
  return secret !== undefined && secret.length < 32
    ? invalid("client-jwt-secret", "at least 32 characters")
    : Either.right(secret)
}

/** A flag whose values must not be empty. `what` describes one of them: `a token`. */
export const nonEmpty = <A extends string | ReadonlyArray<string> | undefined>(
  flag: string,
  what: string,
  values: A
): Checked<A> => {
  const given: string | ReadonlyArray<string> | undefined = values
  const isEmpty = typeof given === "string" ? given === "" : given?.includes("") === true
  return isEmpty ? invalid(flag, `${what} that is not empty`) : Either.right(values)
}

/** `--rate-limit`. */
export const rateLimit = (flags: CommonFlags): Checked<number | undefined> => {
  const limit = flags["rate-limit"]
  return limit === undefined ? Either.right(undefined) : wholeNumber("rate-limit", limit, 1, 1_000_000)
}

const wholeNumber = (flag: string, text: string, least: number, most: number): Checked<number> => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most
    ? Either.right(value)
    : invalid(flag, `a whole number from ${least} to ${most}, got ${quoted(text)}`)
}

const write = (stream: NodeJS.WriteStream, line: string) => Effect.sync(() => stream.write(`${line}\n`))

const fail = (message: string, exitCode: number) =>
  Effect.zipRight(
    write(process.stderr, message),
    Effect.sync(() => {
      process.exitCode = exitCode
    })
  )

/**
 * Runs a server until a signal ends it. Prints `listening <address>` on stdout and a remark on stderr. The exit code is
 * 2 for an invalid flag and 1 for a port that cannot be opened.
 */
export const serve = <Options>(command: {
  readonly parse: (args: ReadonlyArray<string>) => Either.Either<Options | "help", string>
  readonly help: string
  /** Starts the server, which stops when this effect ends. */
  readonly run: (
    options: Options,
    announce: (address: string, remark: string) => Effect.Effect<never>
  ) => Effect.Effect<never, ListenError>
}): void => {
  const announce = (address: string, remark: string) =>
    write(process.stdout, `listening ${address}`).pipe(
      Effect.zipRight(write(process.stderr, remark)),
      Effect.zipRight(Effect.never)
    )
  const main = Either.match(command.parse(process.argv.slice(2)), {
    onLeft: (problem) => fail(problem, 2),
    onRight: (options) =>
      options === "help"
        ? write(process.stdout, command.help)
        : Effect.catchTag(command.run(options, announce), "ListenError", ({ message }) => fail(message, 1))
  })
  NodeRuntime.runMain(main, { disableErrorReporting: true })
}
