/** The least that an event stream costs in Effect: undici's dispatch and a bare parser, read by one channel. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { createParser } from "eventsource-parser"
import { type Dispatcher, Pool } from "undici"
import type { Setting } from "../../harness/Suite.js"
import { measureLatency } from "./reading.js"

type Next = Chunk.Chunk<string> | undefined

class Events implements Dispatcher.DispatchHandler {
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({ onEvent: ({ data }) => this.#events.push(data) })
  #events: Array<string> = []
  #final: Effect.Effect<Next, Error> | undefined
  #resume: ((next: Effect.Effect<Next, Error>) => void) | undefined

  readonly next = Effect.async<Next, Error>((resume) => {
    this.#resume = resume
    this.#answer()
  })

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }))
    this.#answer()
  }

  onResponseEnd(): void {
    this.#final = Effect.succeed(undefined)
    this.#answer()
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#final = Effect.fail(cause)
    this.#answer()
  }

  #answer(): void {
    const resume = this.#resume
    if (resume === undefined || (this.#events.length === 0 && this.#final === undefined)) return
    this.#resume = undefined
    const events = this.#events
    this.#events = []
    resume(events.length > 0 ? Effect.succeed(Chunk.unsafeFromArray(events)) : (this.#final ?? Effect.never))
  }
}

export const measure = ({ server }: Setting) => {
  const pool = new Pool(server["url"] ?? "")
  const run = Runtime.runPromise(Runtime.defaultRuntime)
  const stream = (prompt: string) =>
    Stream.fromChannel(
      Channel.suspend(() => {
        const events = new Events()
        pool.dispatch({ method: "GET", path: `/run/stream?prompt=${prompt}` }, events)
        const loop: Channel.Channel<Chunk.Chunk<string>, unknown, Error> = Channel.flatMap(
          Channel.fromEffect(events.next),
          (chunk) => (chunk === undefined ? Channel.void : Channel.flatMap(Channel.write(chunk), () => loop))
        )
        return loop
      })
    )
  return measureLatency((prompt, onEvent) =>
    run(Stream.runForEach(stream(prompt), (data) => Effect.sync(() => onEvent(data))))
  )
}
