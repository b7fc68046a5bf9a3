/** The flags of `npm run serve:daytona`. */
import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import type { ListenOptions } from "../loopbackServer.js"
import { commonFlags, generation, jwtSecret, listenOptions, nonEmpty, rateLimit, readFlags } from "../serveCommand.js"
import type { AuthOptions, Options } from "./Options.js"
import { localRuntime } from "./runtime/localRuntime.js"
import { emptyRuntime, type MakeSandboxRuntime } from "./runtime/SandboxRuntime.js"
import { simulatedDesktop } from "./toolbox/computerUse/simulatedDesktop.js"

/** What `--help` prints. */
export const help = `A Daytona on this machine. The API is below /api; sandboxes run real processes of this user.

  --port <n>                    default 18586; 0 for any free port
  --host <address>              default 127.0.0.1; loopback only
  --api-key <text>              require this API key; may be repeated
  --client-jwt-secret <text>    accept JSON Web Tokens signed with it; at least 32 characters
  --generation <0.190|current>  wire generation of the API and of the toolboxes, default current
  --version <text>              what the server reports as its version
  --instant                     let background tasks take no time
  --rate-limit <n>              requests per minute and organization, for each throttler
  --sandbox-directory <path>    parent of the sandboxes' directories, default the temporary directory
  --any-path                    let toolboxes access files outside the sandboxes' directories
  --desktop                     give each sandbox a simulated desktop
  --no-sandboxes                run nothing inside sandboxes: toolboxes respond 501
  --help                        show this help

Without --api-key and --client-jwt-secret every request is accepted.`

const flags = {
  ...commonFlags,
  "api-key": { type: "string", multiple: true },
  generation: { type: "string" },
  instant: { type: "boolean" },
  "sandbox-directory": { type: "string" },
  "any-path": { type: "boolean" },
  desktop: { type: "boolean" },
  "no-sandboxes": { type: "boolean" }
} as const

type ServeOptions = Options & ListenOptions

/** Reads the command line. On the left is one line that names the flag at fault. */
export const parse = (args: ReadonlyArray<string>): Either.Either<ServeOptions | "help", string> =>
  Either.gen(function* () {
    const values = yield* readFlags(() => parseArgs({ args: [...args], options: flags, strict: true }).values)
    if (values.help === true) return "help"
    const listen = yield* listenOptions(values, 18586)
    const wire = yield* generation("generation", values.generation ?? "current", ["0.190", "current"])
    const apiKeys = yield* nonEmpty("api-key", "a key", values["api-key"])
    const secret = yield* jwtSecret(values)
    const directory = yield* nonEmpty("sandbox-directory", "a path", values["sandbox-directory"])
    const perMinute = yield* rateLimit(values)
    return {
      ...listen,
      generation: wire,
      ...(values.version === undefined ? {} : { version: values.version }),
      ...(values.instant === true ? { durations: 0 } : {}),
      ...(values["no-sandboxes"] === true ? { runtime: emptyRuntime } : runtimeOf(directory, values)),
      ...authOf(apiKeys, secret),
      ...(perMinute === undefined ? {} : { rateLimits: rateLimitsOf(perMinute) })
    }
  })

const runtimeOf = (
  directory: string | undefined,
  { "any-path": anyPath = false, desktop = false }: { readonly "any-path"?: boolean; readonly desktop?: boolean }
): { readonly runtime?: MakeSandboxRuntime } =>
  directory === undefined && !anyPath && !desktop
    ? {}
    : {
        runtime: localRuntime({
          ...(directory === undefined ? {} : { directory }),
          ...(anyPath ? { paths: "anywhere" } : {}),
          ...(desktop ? { desktop: simulatedDesktop() } : {})
        })
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
