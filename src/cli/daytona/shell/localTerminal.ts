/** The terminal of this process: what is typed, and its size. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** The keys as they are pressed, until the scope closes. Afterwards the terminal is as it was. */
export const keys = Effect.gen(function* () {
  const pressed = yield* Queue.unbounded<Uint8Array>()
  const onData = (bytes: Buffer) => Queue.unsafeOffer(pressed, bytes)
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      process.stdin.setRawMode(true)
      process.stdin.on("data", onData)
      process.stdin.resume()
    }),
    () =>
      Effect.sync(() => {
        process.stdin.off("data", onData)
        process.stdin.pause()
        process.stdin.setRawMode(false)
      })
  )
  return Stream.fromQueue(pressed)
})

const extent = (measured: number | undefined, otherwise: number): number =>
  Math.min(1_000, Math.max(1, measured ?? otherwise))

/** How large it is now. */
export const size = () => ({
  columns: extent(process.stdout.columns, 80),
  rows: extent(process.stdout.rows, 24)
})

/** Its size whenever that changes. */
export const sizes = Stream.asyncPush<ReturnType<typeof size>>((emit) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const onResize = () => emit.single(size())
      process.stdout.on("resize", onResize)
      return onResize
    }),
    (onResize) => Effect.sync(() => process.stdout.off("resize", onResize))
  )
)
