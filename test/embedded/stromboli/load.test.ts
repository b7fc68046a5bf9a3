import * as Http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Script } from "effect-sandboxes/embedded/stromboli"
import { at, events, get, post, server } from "./support.js"

const readStream = (agent: Http.Agent, url: string, onOpen: () => void) =>
  Effect.async<string, Error>((resume) => {
    const request = Http.get(url, { agent }, (response) => {
      onOpen()
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => {
        text += part
      })
      response.on("end", () => resume(Effect.succeed(text)))
      response.on("error", (error) => resume(Effect.fail(error)))
    })
    request.on("error", (error) => resume(Effect.fail(error)))
  })

/**
 * Enough that a server which handles one after the other, or keeps what it has sent, is found out; `bench` has the
 * load.
 */
const streams = 200
const jobs = 1_000

describe("the server under load", () => {
  it.live("serves 200 event streams at once on a port", () =>
    Effect.gen(function* () {
      const everyoneIsIn = yield* Deferred.make<void>()
      const run = () =>
        Stream.concat(Script.says("one"), Stream.drain(Stream.fromEffect(Deferred.await(everyoneIsIn)))).pipe(
          Stream.concat(Script.says("two"))
        )
      yield* Effect.gen(function* () {
        const { url } = yield* EmbeddedStromboli
        const agent = new Http.Agent({ maxSockets: streams })
        let open = 0
        const texts = yield* Effect.forEach(
          Array.from({ length: streams }),
          () =>
            readStream(agent, `${Option.getOrElse(url, () => "")}/run/stream?prompt=x`, () => {
              open += 1
              if (open === streams) Deferred.unsafeDone(everyoneIsIn, Effect.void)
            }),
          { concurrency: "unbounded" }
        )
        expect(texts.filter((text) => /^data: one\n\ndata: two\n\nevent: done\n/.test(text))).toHaveLength(streams)
      }).pipe(Effect.provide(EmbeddedStromboli.layerServer().pipe(Layer.provide(Claude.layerFrom(run)))))
    })
  )

  it.live("serves 200 event streams at once in memory", () =>
    Effect.gen(function* () {
      const texts = yield* Effect.forEach(
        Array.from({ length: streams }),
        () => Effect.map(get("/run/stream?prompt=x"), ({ text }) => text),
        { concurrency: "unbounded" }
      )
      expect(texts.filter((text) => /^data: one\n\ndata: two\n\nevent: done\n/.test(text))).toHaveLength(streams)
    }).pipe(Effect.provide(server({}, () => Stream.rechunk(Script.says("one", "two"), 1))))
  )

  it.live("keeps 1,000 jobs and finds each of them", () =>
    Effect.gen(function* () {
      const started = yield* Effect.replicateEffect(post("/run/async", { prompt: "x" }), jobs)
      const { json } = yield* get("/jobs")
      expect(Object.keys(at(json, "jobs") ?? {})).toHaveLength(jobs)
      const last = at(started.at(-1)?.json, "job_id")
      expect((yield* get(`/jobs/${last}`)).json).toMatchObject({ status: "completed", output: "done" })
    }).pipe(Effect.provide(server({}, () => Script.says("done"))))
  )

  it.live("streams 400 megabytes of a run's output in constant memory", () =>
    Effect.gen(function* () {
      const before = process.memoryUsage().rss
      const bytes = yield* Stream.unwrap(Effect.map(EmbeddedStromboli, () => events("/run/stream?prompt=x"))).pipe(
        Stream.runFold(0, (sum, event) => sum + event.length)
      )
      expect(bytes).toBeGreaterThan(400_000_000)
      expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024)
    }).pipe(Effect.provide(server({}, () => Script.floods(400_000_000, 60_000))))
  )
})
