import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Fault, type Run, Script } from "../../src/embedded/stromboli/index.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../src/services/stromboli/Jobs.js"
import type { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { System } from "../../src/services/stromboli/System.js"
import { collected, run, servicesAt, streamed, transports } from "../support/transports.js"

type Setup = Parameters<typeof EmbeddedStromboli.layer>[0]

/** The embedded server with services on top of it, over each transport and without one. */
const ways = [
  {
    name: "in memory",
    /** A refused connection cannot be played on a port that is open: there it is a reset. */
    refuses: true,
    pacesServer: true,
    layer: (answers: Run, setup: Setup = {}, options: Partial<StromboliClient.Options> = {}) => {
      const server = EmbeddedStromboli.layerHttpClient(setup).pipe(Layer.provide(Claude.layerFrom(answers)))
      return Layer.unwrapScoped(
        Effect.map(Layer.build(server), (built) =>
          Layer.merge(
            servicesAt("http://stromboli.test", Layer.succeedContext(built), options),
            Layer.succeedContext(built)
          )
        )
      )
    }
  },
  ...transports.map((transport) => ({
    name: `over ${transport.name}`,
    refuses: false,
    pacesServer: transport.pacesServer,
    layer: (answers: Run, setup: Setup = {}, options: Partial<StromboliClient.Options> = {}) =>
      Layer.unwrapEffect(
        Effect.map(EmbeddedStromboli, ({ url }) => servicesAt(Option.getOrThrow(url), transport.layer, options))
      ).pipe(
        Layer.provideMerge(EmbeddedStromboli.layerServer(setup)),
        Layer.provide(Claude.layerFrom(answers)),
        Layer.orDie
      )
  }))
]

const echo: Run = (input) => Script.says(`You said: ${input.prompt}`)

/** Runs that can be counted, and that tell when they are stopped. */
const watched = (print: Script.Output) =>
  Effect.map(Deferred.make<void>(), (stopped) => {
    let runs = 0
    const answers: Run = () =>
      Stream.suspend(() => {
        runs++
        return Stream.ensuring(print, Deferred.succeed(stopped, undefined))
      })
    return { answers, runs: () => runs, stopped: Deferred.await(stopped) }
  })

describe.each(ways)("the embedded server $name", ({ layer, pacesServer, refuses }) => {
  it.effect("runs, streams and works in the background", () =>
    Effect.gen(function* () {
      const execution = yield* Execution
      const jobs = yield* Jobs
      expect(yield* run).toMatchObject({ _tag: "Completed", output: "You said: hi" })
      expect([...(yield* Stream.runCollect(streamed))]).toMatchObject([{ line: "You said: hi" }, { _tag: "Done" }])
      const { jobId } = yield* execution.runAsync({ prompt: "later" })
      expect(yield* jobs.get(jobId)).toMatchObject({ id: jobId })
    }).pipe(Effect.provide(layer(echo)))
  )

  it.effect("accepts the token that the layer was given, and nothing without it", () => {
    const setup = { auth: { tokens: ["t0ken"] } }
    return Effect.gen(function* () {
      const refused = yield* Effect.provide(Effect.flip(run), layer(echo, setup))
      expect(refused).toMatchObject({ _tag: "Unauthorized", admitted: "no" })
      const result = yield* Effect.provide(run, layer(echo, setup, { token: Redacted.make("t0ken") }))
      expect(result).toMatchObject({ output: "You said: hi" })
    })
  })

  it.effect("that cannot be reached leaves no doubt, where a transport can tell", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedStromboli
      yield* faults.inject({ fault: Fault.refuseConnection, times: Number.POSITIVE_INFINITY })
      expect(yield* Effect.flip(run)).toMatchObject({
        _tag: "TransportError",
        ...(refuses ? { admitted: "no", attempts: 3 } : { admitted: "unknown", attempts: 1 })
      })
    }).pipe(Effect.provide(layer(echo)))
  )

  it.effect("that goes away instead of answering has done the work once", () =>
    Effect.gen(function* () {
      const work = yield* watched(Script.says("done"))
      yield* Effect.gen(function* () {
        const { faults } = yield* EmbeddedStromboli
        yield* faults.inject({ path: "/run", fault: Fault.resetAfterRequest, times: Number.POSITIVE_INFINITY })
        expect(yield* Effect.flip(run)).toMatchObject({ _tag: "TransportError", admitted: "unknown", attempts: 1 })
        expect(work.runs()).toBe(1)
      }).pipe(Effect.provide(layer(work.answers)))
    })
  )

  it.effect("that breaks off in a body is asked again, where that changes nothing", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedStromboli
      yield* faults.inject({ path: "/health", fault: Fault.cutBody(20, "reset"), times: 2 })
      const system = yield* System
      expect(yield* system.health).toMatchObject({ status: "ok" })
      expect(yield* faults.pending).toEqual([])
    }).pipe(Effect.provide(layer(echo)))
  )

  it.effect.each([["reset"], ["clean"]] as const)("that cuts a stream with a %s end gives its lines first", ([end]) =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedStromboli
      yield* faults.inject({ path: "/run/stream", fault: Fault.cutBody("data: one\n\ndata: t".length, end) })
      expect(yield* collected(streamed)).toMatchObject({
        items: [{ line: "one" }],
        end: { left: { _tag: "StreamInterrupted", admitted: "yes" } }
      })
    }).pipe(Effect.provide(layer(() => Script.says("one", "two"))))
  )

  it.effect("stops a run whose caller is gone", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const work = yield* watched(
        Stream.concat(Stream.drain(Stream.fromEffect(Deferred.succeed(begun, undefined))), Script.hangs())
      )
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(run)
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        yield* work.stopped
      }).pipe(Effect.provide(layer(work.answers)))
    })
  )

  it.effect("stops a streamed run when its reader has enough", () =>
    Effect.gen(function* () {
      const work = yield* watched(Script.hangs("one", "two"))
      yield* Effect.gen(function* () {
        expect([...(yield* Stream.runCollect(Stream.take(streamed, 1)))]).toMatchObject([{ line: "one" }])
        yield* work.stopped
      }).pipe(Effect.provide(layer(work.answers)))
    })
  )

  it.effect.skipIf(!pacesServer)("is never more than 16 MB ahead of a reader that takes its time", () =>
    Effect.gen(function* () {
      const lineLength = 8192
      const lines = (32 * 1024 * 1024) / lineLength
      let printed = 0
      let ahead = 0
      let read = 0
      const answers: Run = () =>
        Stream.map(Script.floods(lines * lineLength, lineLength), (line) => {
          printed += line.length
          return line
        })
      yield* Stream.runForEachChunk(streamed, (events) =>
        Effect.async<void>((resume) => {
          for (const event of events) if (event._tag === "Output") read += event.line.length
          ahead = Math.max(ahead, printed - read)
          setImmediate(() => resume(Effect.void))
        })
      ).pipe(Effect.provide(layer(answers)))
      expect(read).toBe(lines * (lineLength - 1))
      expect(ahead).toBeLessThan(16e6)
    })
  )

  it.effect("answers a hundred callers at once, each with what it asked for", () =>
    Effect.gen(function* () {
      const execution = yield* Execution
      const prompts = Array.from({ length: 100 }, (_, index) => `number ${index}`)
      const [runs, streams] = yield* Effect.all(
        [
          Effect.forEach(prompts, (prompt) => execution.run({ prompt }), { concurrency: "unbounded" }),
          Effect.forEach(prompts, (prompt) => Stream.runCollect(execution.stream({ prompt })), {
            concurrency: "unbounded"
          })
        ],
        { concurrency: 2 }
      )
      const expected = prompts.map((prompt) => `You said: ${prompt}`)
      expect(runs.map((result) => result.output)).toEqual(expected)
      expect(
        streams.map((events) => [...events].map((event) => (event._tag === "Output" ? event.line : event._tag)))
      ).toEqual(expected.map((line) => [line, "Done"]))
    }).pipe(Effect.provide(layer(echo)))
  )
})
