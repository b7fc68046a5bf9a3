import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import { isLoopback, type ListenOptions } from "../loopbackServer.js"
import { firstLine, wholeNumber } from "../serveCommand.js"
import type { AuthOptions, Options } from "./Options.js"

/** What `--help` prints. */
export const help = `A Stromboli server on this machine, without containers.

  --port <n>                  default 8585; 0 for any free port
  --host <address>            default 127.0.0.1; loopback only
  --api <0.4|0.5>             wire generation, default 0.5
  --version <text>            what /health reports
  --token <text>              demand this API token; may be repeated
  --client-jwt-secret <text>  sign access tokens with it; at least 32 characters
  --rate-limit <n>            requests per second and client, with bursts of twice as many
  --webhook-secret <text>     sign webhooks with it
  --help                      this text

Prompts go to the claude CLI if it is on the PATH, else to a demo agent that calls no model.`

const options = {
  port: { type: "string" },
  host: { type: "string" },
  api: { type: "string" },
  version: { type: "string" },
  token: { type: "string", multiple: true },
  "client-jwt-secret": { type: "string" },
  "rate-limit": { type: "string" },
  "webhook-secret": { type: "string" },
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
    const port = yield* wholeNumber("--port", values.port ?? "8585", 0, 65_535)
    if (values.host !== undefined && !isLoopback(values.host)) {
      return yield* Either.left(`--host: expected a loopback address, got ${JSON.stringify(values.host)}`)
    }
    const api = values.api ?? "0.5"
    if (api !== "0.4" && api !== "0.5") {
      return yield* Either.left(`--api: expected 0.4 or 0.5, got ${JSON.stringify(api)}`)
    }
    const jwtSecret = values["client-jwt-secret"]
    if (jwtSecret !== undefined && jwtSecret.length < 32) {
      return yield* Either.left("--client-jwt-secret: expected at least 32 characters")
    }
    if (values.token?.includes("") === true) return yield* Either.left("--token: expected a token that is not empty")
    const limit = values["rate-limit"]
    const perSecond = limit === undefined ? undefined : yield* wholeNumber("--rate-limit", limit, 1, 1_000_000)
    const webhookSecret = values["webhook-secret"]
    return {
      port,
      api,
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values.version === undefined ? {} : { version: values.version }),
      ...authOf(values.token, jwtSecret),
      ...(perSecond === undefined ? {} : { rateLimit: { perSecond, burst: perSecond * 2 } }),
      ...(webhookSecret === undefined ? {} : { webhookSecret })
    }
  })

// Without a token nobody could ask for a first pair of tokens, so a secret alone leaves the routes open.
const authOf = (
  tokens: ReadonlyArray<string> | undefined,
  jwtSecret: string | undefined
): { readonly auth?: AuthOptions } =>
  tokens === undefined && jwtSecret === undefined
    ? {}
    : {
        auth: {
          required: tokens !== undefined,
          tokens: tokens ?? [],
          ...(jwtSecret === undefined ? {} : { jwtSecret })
        }
      }
