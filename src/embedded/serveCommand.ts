/** What the commands that serve an embedded server have in common: reading flags, telling what is wrong, running until told to stop. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ListenError } from "./loopbackServer.js"

/** The number that a flag gives, or one line that names the flag. */
export const wholeNumber = (flag: string, text: string, least: number, most: number): Either.Either<number, string> => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most
    ? Either.right(value)
    : Either.left(`${flag}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`)
}

/** The first line of what `parseArgs` objects to, without its advice. */
export const firstLine = (problem: unknown): string => {
  const [first = ""] = (problem instanceof Error ? problem.message : String(problem)).split("\n", 1)
  return first.replace(/^(.*?'--[^']*'.*?)\..*$/s, "$1")
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
 * Runs a server until a signal ends it. Prints `listening <address>` on stdout and a remark on stderr. A bad flag is exit code
 * 2, a port that cannot be had 1.
 */
export const serve = <Options>(command: {
  readonly parse: (args: ReadonlyArray<string>) => Either.Either<Options | "help", string>
  readonly help: string
  /** Starts the server; it ends with the scope of this effect. */
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
