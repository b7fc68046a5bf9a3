/** A subscriber's queue of events. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** How many events are queued before the oldest is dropped. */
const slots = 32

/** A subscriber's queue. A slow subscriber silently loses its oldest events. */
export interface Subscription<A> {
  readonly push: (event: A) => void
  /** Whether it has events that are still to be taken. */
  readonly isBehind: () => boolean
  /** Events that were pushed before are still delivered. */
  readonly close: () => void
  /** The next event; `None` once closed and drained. Supports a single reader. */
  readonly take: Effect.Effect<Option.Option<A>>
}

export const make = <A>(): Subscription<A> => {
  const events: Array<A> = []
  let closed = false
  let waiting: Deferred.Deferred<void> | undefined
  const wake = () => {
    if (waiting !== undefined) {
      Deferred.unsafeDone(waiting, Effect.void)
      waiting = undefined
    }
  }
  const take: Effect.Effect<Option.Option<A>> = Effect.fiberIdWith((fiberId) => {
    const [event] = events.splice(0, 1)
    if (event !== undefined) return Effect.succeedSome(event)
    if (closed) return Effect.succeedNone
    waiting = Deferred.unsafeMake<void>(fiberId)
    return Effect.zipRight(Deferred.await(waiting), take)
  })
  return {
    push: (event) => {
      if (events.length === slots) events.shift()
      events.push(event)
      wake()
    },
    isBehind: () => events.length > 0,
    close: () => {
      closed = true
      wake()
    },
    take
  }
}
