/** Remembers the requests that reached an embedded server, for tests to inspect. */
import * as Effect from "effect/Effect"

/** A request as it arrived over the wire. */
export interface RecordedRequest {
  readonly method: string
  /** The path as sent, still encoded, without the query. */
  readonly path: string
  /** The query, decoded; the last value wins when a key is repeated. */
  readonly query: Readonly<Record<string, string>>
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body's text; only its first 65,536 characters are kept. */
  readonly body: string
  /** The length of the whole body, in characters. */
  readonly bodyLength: number
}

/** The requests that reached the server, oldest first. */
export interface RequestLog {
  readonly all: Effect.Effect<ReadonlyArray<RecordedRequest>>
  readonly clear: Effect.Effect<void>
  readonly record: (request: RecordedRequest) => Effect.Effect<void>
}

const keptRequests = 1_000
const keptBody = 65_536

/** An empty log, which keeps the last 1,000 requests. */
export const make: Effect.Effect<RequestLog> = Effect.sync(() => {
  let entries: Array<RecordedRequest> = []
  return {
    all: Effect.sync(() => entries.slice()),
    clear: Effect.sync(() => {
      entries = []
    }),
    record: (request) =>
      Effect.sync(() => {
        entries.push({ ...request, body: request.body.slice(0, keptBody) })
        if (entries.length > keptRequests) entries.shift()
      })
  }
})
