/** The flags of `npm run serve:stromboli`. */
import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import type { ListenOptions } from "../loopbackServer.js"
import { commonFlags, generation, jwtSecret, listenOptions, nonEmpty, rateLimit, readFlags } from "../serveCommand.js"
import type { AuthOptions, Options } from "./Options.js"

/** What `--help` prints. */
export const help = `A Stromboli server on this machine, without containers.

  --port <n>                  default 8585; 0 for any free port
  --host <address>            default 127.0.0.1; loopback only
  --api <0.4|0.5>             wire generation, default 0.5
  --version <text>            what /health reports
  --token <text>              require this API token; may be repeated
  --client-jwt-secret <text>  sign access tokens with it; at least 32 characters
  --rate-limit <n>            requests per second and client, with bursts of twice as many
  --webhook-secret <text>     sign webhooks with it
  --help                      show this help

Prompts go to the claude CLI if it is on the PATH, otherwise to a demo agent that calls no model.`

const flags = {
  ...commonFlags,
  api: { type: "string" },
  token: { type: "string", multiple: true },
  "webhook-secret": { type: "string" }
} as const

type ServeOptions = Options & ListenOptions

/** Reads the command line. On the left is one line that names the flag at fault. */
export const parse = (args: ReadonlyArray<string>): Either.Either<ServeOptions | "help", string> =>
  Either.gen(function* () {
    const values = yield* readFlags(() => parseArgs({ args: [...args], options: flags, strict: true }).values)
    if (values.help === true) return "help"
    const listen = yield* listenOptions(values, 8585)
    const api = yield* generation("api", values.api ?? "0.5", ["0.4", "0.5"])
    const secret = yield* jwtSecret(values)
    const tokens = yield* nonEmpty("token", "a token", values.token)
    const perSecond = yield* rateLimit(values)
    const webhookSecret = values["webhook-secret"]
    return {
      ...listen,
      api,
      ...(values.version === undefined ? {} : { version: values.version }),
      ...authOf(tokens, secret),
      ...(perSecond === undefined ? {} : { rateLimit: { perSecond, burst: perSecond * 2 } }),
      ...(webhookSecret === undefined ? {} : { webhookSecret })
    }
  })

// Without a token no client could request its first pair of tokens, so a secret alone leaves the routes open.
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
