/** Keeps the secret values of an environment out of errors: where a server echoes them, errors show `<redacted>`. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Redactions } from "../../../internal/redaction.js"
import type { Environment } from "./shellText.js"

const secretsOf = (env: Environment | undefined): ReadonlyArray<Redacted.Redacted> =>
  Object.values(env ?? {}).flatMap((value) => (Redacted.isRedacted(value) ? [value] : []))

/** Applies to every request that the effect sends. */
export const withRedaction =
  (env: Environment | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const secrets = secretsOf(env)
    return secrets.length === 0 ? effect : Effect.provideService(effect, Redactions, secrets)
  }

/** Applies to every request that the stream sends. */
export const streamWithRedaction =
  (env: Environment | undefined) =>
  <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> => {
    const secrets = secretsOf(env)
    return secrets.length === 0 ? stream : Stream.provideService(stream, Redactions, secrets)
  }
