/** A stream that is interrupted between any two of its steps closes its connection. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import * as Raw from "../support/rawServer.js"
import { servicesAt, streamed, transports } from "../support/transports.js"

/** Yields after every few operations, and reports each step. */
const yielding = (operations: number, onStep: () => void): Scheduler.Scheduler => ({
  shouldYield: (fiber) => (fiber.currentOpCount > operations ? 0 : false),
  scheduleTask: (task) => {
    setImmediate(() => {
      onStep()
      task()
    })
  }
})

const answer = Raw.both(Raw.events("data: one\n\n"), Raw.silence)

describe.each(transports)("over $name", (transport) => {
  it.scopedLive("no connection is left, at whichever step after the headers the interruption comes", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer)
      let reached = 0
      const interruptedAt = (operations: number, step: number) =>
        Effect.gen(function* () {
          let steps = -1
          const index = server.requests.length
          let interrupt = () => {}
          const onStep = () => {
            // Counted from when the server has responded.
            if (server.requests.length <= index) return
            steps++
            if (steps === step) interrupt()
          }
          const fiber = yield* Effect.forkDaemon(
            Effect.withScheduler(
              Stream.runForEach(streamed, () => Effect.void),
              yielding(operations, onStep)
            )
          )
          interrupt = () => fiber.unsafeInterruptAsFork(FiberId.none)
          const exchange = yield* server.received(index)
          // The last step waits for more of the stream, which never comes.
          yield* Effect.repeat(Effect.sleep(1), { until: () => steps >= step, times: 100 })
          const wasReached = steps >= step
          yield* Fiber.interrupt(fiber)
          yield* Effect.timeoutFail(exchange.closed, {
            duration: "5 seconds",
            onTimeout: () => `left open by an interruption at step ${step} of ${operations} operations each`
          })
          return wasReached
        })
      yield* Effect.gen(function* () {
        // A yield takes a dozen operations itself, and would never end if it were interrupted by the next one.
        for (let operations = 20; operations < 32; operations++) {
          for (let step = 0; yield* interruptedAt(operations, step); step++) reached++
        }
      }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
      expect(reached).toBeGreaterThan(20)
    })
  )
})
