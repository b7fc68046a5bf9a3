/** A stream that is interrupted between any two of its operations closes its connection. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import * as Raw from "../support/rawServer.js"
import { servicesAt, streamed, transports } from "../support/transports.js"

/**
 * Reports each operation of its fibers before it runs. Yields when that returns `true`, so that an interruption, which
 * passes from fiber to fiber, reaches the one that runs the operation before the operation does.
 */
const observing = (onOperation: () => boolean): Scheduler.Scheduler => ({
  shouldYield: () => (onOperation() ? 0 : false),
  scheduleTask: (task) => {
    setImmediate(task)
  }
})

const answer = Raw.both(Raw.events("data: one\n\n"), Raw.silence)

describe.each(transports)("over $name", (transport) => {
  it.scopedLive("no connection is left, at whichever operation after the headers the interruption comes", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer)
      let reached = 0
      const interruptedAt = (operation: number) =>
        Effect.gen(function* () {
          let operations = -1
          const index = server.requests.length
          let interrupt = () => {}
          const onOperation = () => {
            // Counted from when the server has the request.
            if (server.requests.length <= index) return false
            operations++
            if (operations === operation) interrupt()
            return operations === operation
          }
          const fiber = yield* Effect.forkDaemon(
            Effect.withScheduler(
              Stream.runForEach(streamed, () => Effect.void),
              observing(onOperation)
            )
          )
          interrupt = () => fiber.unsafeInterruptAsFork(FiberId.none)
          const exchange = yield* server.received(index)
          // The last operation waits for more of the stream, which never comes.
          yield* Effect.repeat(Effect.sleep(1), { until: () => operations >= operation, times: 100 })
          const wasReached = operations >= operation
          yield* Fiber.interrupt(fiber)
          yield* Effect.timeoutFail(exchange.closed, {
            duration: "5 seconds",
            onTimeout: () => `left open by an interruption before operation ${operation}`
          })
          return wasReached
        })
      yield* Effect.gen(function* () {
        while (reached < 150 && (yield* interruptedAt(reached))) reached++
      }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
      expect(reached).toBeGreaterThan(20)
    })
  )
})
