/** Runs the program in this process: signals interrupt it, and the exit code says how it ended. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import { Ending, type Signal, signals } from "./Ending.js"
import { exitCodes } from "./exitCodes.js"

const exitCodeOf = (signal: Signal): number => 128 + signals[signal]

const names = Object.keys(signals).filter((name): name is Signal => name in signals)

/**
 * Runs the program, whose value is the exit code. The first signal interrupts it, and its finalizers clean up; a second
 * one ends the process at once.
 */
export const runMain = (program: Effect.Effect<number, never, Ending>): void => {
  // A reader that has gone is reported by the write that it fails.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", constVoid)
  let received: Signal | undefined
  let endsWell = false
  const bySignal = Effect.sync(() => {
    endsWell = true
  })
  let first: ((signal: Signal) => void) | undefined
  const firstSignal = (handle: (signal: Signal) => void) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          first = handle
        }),
        () =>
          Effect.sync(() => {
            first = undefined
          })
      )
    )
  const keepAlive = setInterval(constVoid, 2 ** 31 - 1)
  const fiber = Effect.runFork(Effect.provideService(program, Ending, { bySignal, firstSignal }))

  const onSignal = (signal: Signal) => {
    if (first !== undefined) {
      const handle = first
      first = undefined
      return handle(signal)
    }
    if (received !== undefined) process.exit(exitCodeOf(signal))
    received = signal
    fiber.unsafeInterruptAsFork(fiber.id())
    if (signal !== "SIGINT" || !process.stderr.isTTY) return
    setTimeout(() => process.stderr.write("Cleaning up; press Ctrl-C again to leave at once.\n"), 1_000).unref()
  }
  for (const name of names) process.on(name, onSignal)

  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    const ended = Exit.getOrElse(exit, () => exitCodes.failure)
    process.exit(received === undefined ? ended : endsWell ? exitCodes.success : exitCodeOf(received))
  })
}
