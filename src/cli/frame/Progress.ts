/** Shows on stderr what is being waited for, once that has taken longer than a second. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Output } from "./Output.js"
import { cyan, dim, oneLine, render } from "./text.js"
import { duration } from "./words.js"

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
const clearLine = "\r\u001b[2K"

/** Waits a second, then draws until it is interrupted. */
const draw = (what: () => string): Effect.Effect<never, never, Output> =>
  Effect.gen(function* () {
    const { draw, stderr } = yield* Output
    const began = yield* Clock.currentTimeMillis
    yield* Effect.sleep("1 second")
    const { truncate } = yield* Effect.promise(() => import("./table.js"))
    const frame = (turn: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const elapsed = duration(Math.floor((now - began) / 1_000) * 1_000)
        const room = (process.stderr.columns ?? 80) - elapsed.length - 5
        const text = render(
          [cyan(frames[turn % frames.length] ?? ""), " ", truncate(oneLine(what()), room), " ", dim(elapsed)],
          stderr.colours
        )
        return Effect.zipRight(draw(`${clearLine}${text}`), Effect.sleep("100 millis"))
      })
    return yield* Effect.iterate(0, { while: () => true, body: (turn) => Effect.as(frame(turn), turn + 1) }).pipe(
      Effect.zipRight(Effect.never),
      Effect.ensuring(draw(clearLine))
    )
  })

/**
 * Runs an effect, and shows meanwhile what it is about, with the time so far. Nothing is shown where stderr is not a
 * terminal. What is shown is gone when the effect ends.
 *
 * A function in place of a text is asked anew for each frame.
 */
export const during = (what: string | (() => string)) => {
  const text = typeof what === "string" ? () => what : what
  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Output> =>
    Effect.flatMap(Output, ({ stderr }) =>
      stderr.isTerminal
        ? Effect.acquireUseRelease(Effect.fork(Effect.interruptible(draw(text))), () => effect, Fiber.interrupt)
        : effect
    )
}
