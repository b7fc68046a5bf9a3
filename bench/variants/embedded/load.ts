import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, type Run, Script } from "effect-sandboxes/embedded/stromboli"
import type { Figures } from "../../harness/Suite.js"
import { measureMany } from "../scale/many.js"

const base = "http://stromboli.test"

const pieceSize = 60_000

const over = (run: Run) => EmbeddedStromboli.layerHttpClient({}).pipe(Layer.provide(Claude.layerFrom(run)))

const start = Effect.flatMap(HttpClient.HttpClient, (client) =>
  HttpClientRequest.bodyJson(HttpClientRequest.post(`${base}/run/async`), { prompt: "x" }).pipe(
    Effect.flatMap(client.execute),
    Effect.flatMap((response) => response.text)
  )
)

/** Reads one stream of events; `begins` is run when its headers are here. */
const read = (begins: () => void) =>
  Effect.flatMap(HttpClient.get(`${base}/run/stream?prompt=x`), (response) => {
    begins()
    return Stream.runFold(response.stream, 0, (sum, bytes) => sum + bytes.length)
  })

/** Runs a few to warm up, then as many as that, on a server of its own. */
const many = <E>(
  count: number,
  run: Run,
  one: (begins: () => void) => Effect.Effect<unknown, E, HttpClient.HttpClient>,
  concurrency: number | "unbounded"
): Promise<Figures> => {
  const all = (size: number, allGoOn: () => void) => {
    let begun = 0
    const begins = () => {
      begun++
      if (begun === size) allGoOn()
    }
    return Effect.forEach(Array.from({ length: size }), () => one(begins), { concurrency, discard: true }).pipe(
      Effect.provide(over(run)),
      Effect.runPromise
    )
  }
  return measureMany(
    count,
    () => all(16, () => {}),
    (allGoOn) => all(count, allGoOn)
  )
}

export const measure = {
  jobs: (count: number) =>
    many(
      count,
      () => Script.says("done"),
      (begins) => Effect.tap(start, () => Effect.sync(begins)),
      1
    ),
  streams: (count: number) => many(count, () => Stream.rechunk(Script.says("one", "two"), 1), read, "unbounded"),
  megabytes: (count: number) =>
    measureMany(
      count,
      () => Promise.resolve(),
      (allGoOn) =>
        read(allGoOn).pipe(Effect.provide(over(() => Script.floods(count * 1e6, pieceSize))), Effect.runPromise)
    )
}
