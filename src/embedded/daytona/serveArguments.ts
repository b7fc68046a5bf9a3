import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import { isLoopback, type ListenOptions } from "../loopbackServer.js"
import { firstLine, wholeNumber } from "../serveCommand.js"
import type { AuthOptions, Options } from "./Options.js"
import { localRuntime } from "./runtime/localRuntime.js"
import { emptyRuntime, type MakeSandboxRuntime } from "./runtime/SandboxRuntime.js"

/** What `--help` prints. */
export const help = `A Daytona on this machine. The API is below /api; sandboxes run real processes of this user.

  --port <n>                    default 18586; 0 for any free port
  --host <address>              default 127.0.0.1; loopback only
  --api-key <text>              demand this API key; may be repeated
  --client-jwt-secret <text>    accept JSON Web Tokens signed with it; at least 32 characters
  --generation <0.190|current>  wire generation of the API and of the toolboxes, default current
  --version <text>              what the server reports as its version
  --instant                     let everything happen at once
  --rate-limit <n>              requests per minute and organization, for each throttler
  --sandbox-directory <path>    where sandboxes get their directories, default the temporary directory
  --any-path                    let toolboxes reach files outside of the sandboxes' directories
  --no-sandboxes                run nothing inside of sandboxes: toolboxes answer 501
  --help                        this text

Without --api-key and --client-jwt-secret every request is let in.`

const options = {
  port: { type: "string" },
  host: { type: "string" },
  "api-key": { type: "string", multiple: true },
  "client-jwt-secret": { type: "string" },
  generation: { type: "string" },
  version: { type: "string" },
  "rate-limit": { type: "string" },
  instant: { type: "boolean" },
  "sandbox-directory": { type: "string" },
  "any-path": { type: "boolean" },
  "no-sandboxes": { type: "boolean" },
  help: { type: "boolean" }
} as const

type Serve = Options & ListenOptions

/** Reads the command line; on the left one line that names the flag at fault. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Serve | "help", string> =>
  Either.gen(function* () {
    const values = yield* Either.mapLeft(
      Either.try(() => parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values),
      firstLine
    )
    if (values.help === true) return "help"
    const port = yield* wholeNumber("--port", values.port ?? "18586", 0, 65_535)
    if (values.host !== undefined && !isLoopback(values.host)) {
      return yield* Either.left(`--host: expected a loopback address, got ${JSON.stringify(values.host)}`)
    }
    const generation = values.generation ?? "current"
    if (generation !== "0.190" && generation !== "current") {
      return yield* Either.left(`--generation: expected 0.190 or current, got ${JSON.stringify(generation)}`)
    }
    const apiKeys = values["api-key"]
    if (apiKeys?.includes("") === true) return yield* Either.left("--api-key: expected a key that is not empty")
    const jwtSecret = values["client-jwt-secret"]
    if (jwtSecret !== undefined && jwtSecret.length < 32) {
      return yield* Either.left("--client-jwt-secret: expected at least 32 characters")
    }
    const directory = values["sandbox-directory"]
    if (directory === "") return yield* Either.left("--sandbox-directory: expected a path that is not empty")
    const limit = values["rate-limit"]
    const perMinute = limit === undefined ? undefined : yield* wholeNumber("--rate-limit", limit, 1, 1_000_000)
    return {
      port,
      generation,
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values.version === undefined ? {} : { version: values.version }),
      ...(values.instant === true ? { durations: 0 } : {}),
      ...runtimeOf(values["no-sandboxes"] === true, directory, values["any-path"] === true),
      ...authOf(apiKeys, jwtSecret),
      ...(perMinute === undefined ? {} : { rateLimits: rateLimitsOf(perMinute) })
    }
  })

const runtimeOf = (
  isEmpty: boolean,
  directory: string | undefined,
  anyPath: boolean
): { readonly runtime?: MakeSandboxRuntime } => {
  if (isEmpty) return { runtime: emptyRuntime }
  return directory === undefined && !anyPath
    ? {}
    : {
        runtime: localRuntime({
          ...(directory === undefined ? {} : { directory }),
          ...(anyPath ? { paths: "anywhere" } : {})
        })
      }
}

const authOf = (
  apiKeys: ReadonlyArray<string> | undefined,
  jwtSecret: string | undefined
): { readonly auth?: AuthOptions } =>
  apiKeys === undefined && jwtSecret === undefined
    ? {}
    : { auth: { apiKeys: apiKeys ?? [], ...(jwtSecret === undefined ? {} : { jwt: { secret: jwtSecret } }) } }

const rateLimitsOf = (limit: number): NonNullable<Options["rateLimits"]> => {
  const rate = { limit, ttl: 60 }
  return {
    anonymous: rate,
    authenticated: rate,
    "sandbox-create": rate,
    "sandbox-lifecycle": rate,
    "sandbox-list": rate,
    "failed-auth": rate
  }
}
