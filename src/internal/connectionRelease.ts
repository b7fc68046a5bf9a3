/**
 * What a response of a transport of ours can do besides `HttpClientResponse`: tell when its connection is not needed any more.
 * Where it can, a request whose body goes on for a while takes no signal, and no finalizer in a scope.
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"

export interface Lease {
  /**
   * What matters of the body has come. Calls back when the body has ended by itself, so that its connection can serve the next
   * request; where it does not within a moment, the connection is closed before.
   */
  readonly conclude: (ended: () => void) => void
  /** Nobody reads on: closes the connection, unless the body has ended. */
  readonly abort: () => void
}

export const lease: unique symbol = Symbol.for("effect-sandboxes/internal/lease")

interface Leased {
  readonly [lease]: Lease
}

const isLeased = (response: object): response is Leased => lease in response

const leaseOf = (response: HttpClientResponse.HttpClientResponse): Lease | undefined =>
  isLeased(response) ? response[lease] : undefined

/** Closes the connection, unless the body has ended. */
export const close = (response: HttpClientResponse.HttpClientResponse): void => leaseOf(response)?.abort()

/** Waits a moment for the end of the body; where the transport knows no such thing, that end is not worth a wait. */
export const conclude = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> => {
  const found = leaseOf(response)
  if (found === undefined) return Effect.void
  return Effect.async<void>((resume) => {
    found.conclude(() => resume(Effect.void))
    return Effect.sync(() => found.abort())
  })
}
