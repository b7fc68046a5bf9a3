/** The least that a call costs in Effect: one asynchronous effect around undici's dispatch, and the schema. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job } from "effect-sandboxes/stromboli"
import { type Dispatcher, Pool } from "undici"
import type { Setting } from "../../harness/Suite.js"
import { job } from "../../servers/job.js"
import { measureFibers } from "./fibers.js"
import { usualInFlight } from "./load.js"

const decode = Schema.decodeUnknown(Job.Job)

class Receiver implements Dispatcher.DispatchHandler {
  readonly #resume: (result: Effect.Effect<string, Error>) => void
  readonly #parts: Array<Buffer> = []

  constructor(resume: (result: Effect.Effect<string, Error>) => void) {
    this.#resume = resume
  }

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#parts.push(bytes)
  }

  onResponseEnd(): void {
    this.#resume(Effect.succeed(Buffer.concat(this.#parts).toString()))
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#resume(Effect.fail(cause))
  }
}

export const measure = ({ server }: Setting, inFlight = usualInFlight) => {
  const pool = new Pool(server["url"] ?? "", { connections: inFlight })
  const text = Effect.async<string, Error>((resume) => {
    pool.dispatch({ method: "GET", path: `/jobs/${job.id}` }, new Receiver(resume))
  })
  const getJob = Effect.flatMap(text, (text) => decode(JSON.parse(text)))
  return measureFibers(Effect.runPromise, getJob, false, inFlight)
}
