/** Runs the program in this process: signals interrupt it, and the exit code says how it ended. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constVoid } from "effect/Function"
import { Ending } from "./Ending.js"
import { exitCodes } from "./exitCodes.js"

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated, SIGHUP: 129 } as const

type Signal = keyof typeof signals

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
  const keepAlive = setInterval(constVoid, 2 ** 31 - 1)
  const fiber = Effect.runFork(Effect.provideService(program, Ending, { bySignal }))

  const onSignal = (signal: Signal) => {
    if (received !== undefined) process.exit(signals[signal])
    received = signal
    fiber.unsafeInterruptAsFork(fiber.id())
    if (signal !== "SIGINT" || !process.stderr.isTTY) return
    setTimeout(() => process.stderr.write("Cleaning up; press Ctrl-C again to leave at once.\n"), 1_000).unref()
  }
  for (const name of names) process.on(name, onSignal)

  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    const ended = Exit.getOrElse(exit, () => exitCodes.failure)
    process.exit(received === undefined ? ended : endsWell ? exitCodes.success : signals[received])
  })
}
