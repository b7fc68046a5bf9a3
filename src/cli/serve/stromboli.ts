/** `serve stromboli`. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type AuthOptions, Claude, EmbeddedStromboli } from "../../embedded/stromboli/index.js"
import { scripted } from "./agentScript.js"
import { jwtSecret, type ListeningValues, listening, secrets, serveUntilSignal } from "./serving.js"

/** What the options are read as. */
export interface Values extends ListeningValues {
  readonly api: "0.4" | "0.5"
  readonly tokenFile: ReadonlyArray<string>
  readonly webhookSecretFile: Option.Option<string>
  readonly rateLimit: Option.Option<number>
  readonly agent: "auto" | "claude" | "demo"
  readonly lineDelay: Option.Option<Duration.Duration>
  readonly script: Option.Option<string>
}

// Without a token no client could request its first pair of tokens, so a secret alone leaves the routes open.
const authOf = (tokens: ReadonlyArray<string>, secret: string | undefined): { readonly auth?: AuthOptions } =>
  tokens.length === 0 && secret === undefined
    ? {}
    : {
        auth: { required: tokens.length > 0, tokens, ...(secret === undefined ? {} : { jwtSecret: secret }) }
      }

const claudeOf = ({ agent, lineDelay, script }: Values) => {
  const demo = Claude.layerDemo(Option.match(lineDelay, { onNone: () => ({}), onSome: (lineDelay) => ({ lineDelay }) }))
  if (Option.isSome(script)) return scripted(script.value, demo)
  if (agent === "claude") return Claude.layerCli
  // Whoever says how long the demo agent takes wants the demo agent.
  return agent === "demo" || Option.isSome(lineDelay) ? demo : Claude.layerDefault
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const listen = yield* listening(values)
    const secret = yield* jwtSecret(values)
    const tokens = yield* secrets("--token-file", values.tokenFile)
    const [webhookSecret] = yield* secrets("--webhook-secret-file", Option.toArray(values.webhookSecretFile))
    const options = {
      ...listen,
      api: values.api,
      ...authOf(tokens, secret),
      ...Option.match(values.version, { onNone: () => ({}), onSome: (version) => ({ version }) }),
      ...Option.match(values.rateLimit, {
        onNone: () => ({}),
        onSome: (perSecond) => ({ rateLimit: { perSecond, burst: perSecond * 2 } })
      }),
      ...(webhookSecret === undefined ? {} : { webhookSecret })
    }
    return yield* Effect.gen(function* () {
      const { url } = yield* EmbeddedStromboli
      const { description } = yield* Claude
      return yield* serveUntilSignal({
        system: "stromboli",
        url,
        secret: tokens[0],
        remark: `prompts are answered by ${description}`
      })
    }).pipe(Effect.provide(Layer.provideMerge(EmbeddedStromboli.layerServer(options), claudeOf(values))))
  })
