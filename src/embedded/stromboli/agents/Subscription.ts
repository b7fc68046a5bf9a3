import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** How many events a subscriber may be behind before the oldest is dropped. */
const slots = 32

/** One subscriber's place in the fan-out: a slow one loses its oldest events and never notices. */
export interface Subscription<A> {
  readonly push: (event: A) => void
  /** What was pushed before is still delivered. */
  readonly close: () => void
  /** The next event; `None` once closed and drained. For one reader. */
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
    if (event !== undefined) return Effect.succeed(Option.some(event))
    if (closed) return Effect.succeed(Option.none())
    waiting = Deferred.unsafeMake<void>(fiberId)
    return Effect.zipRight(Deferred.await(waiting), take)
  })
  return {
    push: (event) => {
      if (events.length === slots) events.shift()
      events.push(event)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
    take
  }
}
