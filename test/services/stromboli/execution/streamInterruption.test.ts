/** Streamed runs that are left, time out or are traced. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Script } from "../../../../src/embedded/stromboli/index.js"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import type { RunEvent, StreamRequest } from "../../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../../../src/services/stromboli/Jobs.js"
import {
  after,
  collect,
  printedSpans,
  type Setup,
  services,
  timed,
  untilFailure,
  within,
  withSpans
} from "../../../support/embedded.js"

const open = (request: StreamRequest = { prompt: "hi" }) =>
  Stream.unwrap(Effect.map(Execution, (execution) => execution.stream(request)))

const line = (text: string): RunEvent => ({ _tag: "Output", line: text })
const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))

describe("a streamed run that is left", () => {
  const watched = Effect.map(
    Effect.all({ first: Deferred.make<void>(), stopped: Deferred.make<void>() }),
    ({ first, stopped }) => ({
      stopped,
      first,
      run: () => Stream.ensuring(Script.hangs("one", "two"), Deferred.succeed(stopped, undefined))
    })
  )

  it.effect("early is stopped on the server", () =>
    Effect.gen(function* () {
      const { run, stopped } = yield* watched
      yield* Effect.gen(function* () {
        expect(yield* collect(Stream.take(open(), 2))).toEqual([line("one"), line("two")])
        yield* Deferred.await(stopped)
      }).pipe(over({ run }))
    })
  )

  it.effect("by interruption is stopped on the server", () =>
    Effect.gen(function* () {
      const { first, run, stopped } = yield* watched
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(Stream.runForEach(open(), () => Deferred.succeed(first, undefined)))
        yield* Deferred.await(first)
        expect(yield* Deferred.isDone(stopped)).toBe(false)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(stopped)
      }).pipe(over({ run }))
    })
  )

  it.effect("because of its idle timeout is Timeout, and stopped on the server", () =>
    Effect.gen(function* () {
      const { run, stopped } = yield* watched
      yield* Effect.gen(function* () {
        const quiet = withRequestOptions(untilFailure(open()), { idleTimeout: "20 seconds" })
        const { result, waited } = yield* timed("1 minute")(quiet)
        expect(result.events).toEqual([line("one"), line("two")])
        expect(result.failure).toMatchObject({ _tag: "Timeout", side: "client", admitted: "yes" })
        expect(waited).toBe(20_000)
        yield* Deferred.await(stopped)
      }).pipe(over({ run }))
    })
  )

  it.effect("is not timed out while events keep arriving", () =>
    Effect.map(within("10 minutes")(collect(open())), (events) => expect(events).toHaveLength(6)).pipe(
      over({
        run: () =>
          Stream.concat(
            Stream.make("0"),
            Stream.flatMap(Script.says(..."1234"), (n) => after("15 seconds", n))
          ),
        client: { idleTimeout: "20 seconds" }
      })
    )
  )

  it.effect("because nothing ever arrived is Timeout, too", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(untilFailure(open()))
      yield* TestClock.adjust("21 seconds")
      const ended = yield* Fiber.poll(fiber)
      yield* Fiber.interrupt(fiber)
      expect(ended).toMatchObject({ value: { value: { failure: { _tag: "Timeout", side: "client" } } } })
    }).pipe(over({ run: () => Stream.never, client: { idleTimeout: "20 seconds" } }))
  )
})

describe("the prompt of a streamed run", () => {
  it.effect("is in no span, even though it is in the URL", () =>
    Effect.gen(function* () {
      const { spans } = yield* withSpans(
        Effect.zipRight(
          collect(open({ prompt: "canary prompt" })),
          Effect.flatMap(Jobs, (jobs) => jobs.list)
        )
      )
      // The other request shows that URLs are collected at all.
      expect(printedSpans(spans)).toContain("http://stromboli.test/jobs")
      expect(printedSpans(spans)).not.toContain("canary")
      expect(spans.map(({ name }) => name)).toContain("Stromboli.Execution.stream")
    }).pipe(over())
  )

  it.effect("is in no error either", () =>
    Effect.gen(function* () {
      const { failure } = yield* untilFailure(open({ prompt: "canary prompt" }))
      expect(failure._tag).toBe("Unavailable")
      expect(JSON.stringify(failure)).not.toContain("canary")
      expect(String(failure)).not.toContain("canary")
    }).pipe(over({ server: { claudeConfigured: false } }))
  )
})
