/** A place where an answer of the model waits until a check lets it go on. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Mismatch } from "../expect.js"

export interface Gate {
  /** Waits at the gate. */
  readonly pass: Effect.Effect<void>
  /** Completes when somebody waits at the gate. Fails when nobody came within 30 seconds. */
  readonly reached: Effect.Effect<void, Mismatch>
  /** Lets pass whoever waits and whoever comes. */
  readonly open: Effect.Effect<void>
}

export const make = (what: string): Effect.Effect<Gate> =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const opened = yield* Deferred.make<void>()
    return {
      pass: Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(opened)),
      reached: Deferred.await(reached).pipe(
        Effect.timeoutFail({
          duration: "30 seconds",
          onTimeout: () => new Mismatch({ message: `the model was never asked for ${what}` })
        })
      ),
      open: Effect.asVoid(Deferred.succeed(opened, undefined))
    }
  })
