import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Sse from "effect-sandboxes/stream/Sse"
import { Execution } from "effect-sandboxes/stromboli"
import { connect } from "../../clients/stromboli.js"
import type { Setting } from "../../harness/Suite.js"
import { measureStreams } from "./reading.js"

/** Counts chunk by chunk. */
const byChunk = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.suspend(() => {
    let count = 0
    const add = (size: number) => {
      count += size
    }
    return Effect.map(
      Stream.runForEachChunk(stream, ({ length }) => Effect.sync(() => add(length))),
      () => count
    )
  })

/** Counts one by one. */
const byEvent = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.suspend(() => {
    let count = 0
    const add = () => {
      count++
    }
    return Effect.map(
      Stream.runForEach(stream, () => Effect.sync(add)),
      () => count
    )
  })

const runEvents = (prompt: string) => Stream.unwrap(Effect.map(Execution, (execution) => execution.stream({ prompt })))

export const measure = (setting: Setting, kind: string, variant: "byChunk" | "byEvent" | "decode") => {
  const url = setting.server["url"] ?? ""
  const runtime = connect(url)
  const decoded = HttpClientResponse.stream(HttpClient.get(`${url}/run/stream?prompt=${kind}`)).pipe(Sse.decode())
  const read = {
    byChunk: () => runtime.runPromise(byChunk(runEvents(kind))),
    byEvent: () => runtime.runPromise(byEvent(runEvents(kind))),
    decode: () => runtime.runPromise(byChunk(decoded))
  }[variant]
  return measureStreams(setting, kind, read)
}
