/** `serve daytona`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  EmbeddedDaytona,
  emptyRuntime,
  localRuntime,
  type Options,
  simulatedDesktop
} from "../../embedded/daytona/index.js"
import { UsageError } from "../frame/failures.js"
import { jwtSecret, type ListeningValues, listening, secrets, serveUntilSignal } from "./serving.js"

/** What the options are read as. */
export interface Values extends ListeningValues {
  readonly generation: "0.190" | "current"
  readonly apiKeyFile: ReadonlyArray<string>
  readonly rateLimit: Option.Option<number>
  readonly instant: boolean
  readonly sandboxDirectory: Option.Option<string>
  readonly anyPath: boolean
  readonly desktop: boolean
  readonly noSandboxes: boolean
}

const runtimeOf = ({ anyPath, desktop, noSandboxes, sandboxDirectory }: Values): Options["runtime"] =>
  noSandboxes
    ? emptyRuntime
    : localRuntime({
        ...Option.match(sandboxDirectory, { onNone: () => ({}), onSome: (directory) => ({ directory }) }),
        ...(anyPath ? { paths: "anywhere" } : {}),
        ...(desktop ? { desktop: simulatedDesktop() } : {})
      })

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

export const run = (values: Values) =>
  Effect.gen(function* () {
    const listen = yield* listening(values)
    const secret = yield* jwtSecret(values)
    const apiKeys = yield* secrets("--api-key-file", values.apiKeyFile)
    if (Option.contains(values.sandboxDirectory, "")) {
      return yield* new UsageError({ message: "--sandbox-directory: expected a path that is not empty" })
    }
    const runtime = runtimeOf(values)
    const server = EmbeddedDaytona.layerServer({
      ...listen,
      generation: values.generation,
      ...(runtime === undefined ? {} : { runtime }),
      ...(values.instant ? { durations: 0 } : {}),
      ...Option.match(values.version, { onNone: () => ({}), onSome: (version) => ({ version }) }),
      ...(apiKeys.length === 0 && secret === undefined
        ? {}
        : { auth: { apiKeys, ...(secret === undefined ? {} : { jwt: { secret } }) } }),
      ...Option.match(values.rateLimit, {
        onNone: () => ({}),
        onSome: (limit) => ({ rateLimits: rateLimitsOf(limit) })
      })
    })
    return yield* Effect.flatMap(EmbeddedDaytona, ({ url }) => {
      const remark = values.noSandboxes ? "run nothing" : "run real processes of this user"
      const address = Option.getOrElse(url, () => "nowhere")
      return serveUntilSignal({
        system: "daytona",
        url,
        secret: apiKeys[0],
        remark: `the API is at ${address}/api; sandboxes ${remark}`
      })
    }).pipe(Effect.provide(server))
  })
