/**
 * A snapshot being built, and its log, as the control plane and the proxy of Daytona tell them; time is that of the
 * clock.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../src/embedded/ConnectionFault.js"
import * as inMemoryHttpClient from "../../src/embedded/inMemory/InMemoryHttpClient.js"

export const id = "11111111-2222-4333-8444-555555555555"

export interface Script {
  /** What is written to the log, and when, in milliseconds from the beginning. */
  readonly log: ReadonlyArray<readonly [at: number, text: string | Uint8Array]>
  /** When the build is over. */
  readonly ends: number
  readonly outcome?: "active" | "build_failed" | "error"
  readonly errorReason?: string
  /** Whether following the log ends after the build; the real server often forgets. */
  readonly closes?: boolean
  /** The number of bytes after which each connection breaks: the first, the second and so on; the rest do not. */
  readonly cuts?: ReadonlyArray<number>
  /** When the log can be found; before that it is 404. */
  readonly begins?: number
  /** Where the server says that the log is. */
  readonly url?: string
  /** The status of each request for the snapshot: the first, the second and so on; then 200. */
  readonly answers?: ReadonlyArray<number>
  readonly logStatus?: number
}

const encoder = new TextEncoder()
const bytesOf = (text: string | Uint8Array) => (typeof text === "string" ? encoder.encode(text) : text)

const failure = (statusCode: number, message: string) =>
  HttpServerResponse.unsafeJson({ statusCode, message }, { status: statusCode })

export const snapshotOf = (state: string, errorReason: string | null = null) => ({
  id,
  organizationId: "org-1",
  general: false,
  name: "s:1",
  state,
  size: null,
  entrypoint: null,
  cpu: 1,
  gpu: 0,
  mem: 1,
  disk: 3,
  errorReason,
  createdAt: "2026-05-06T12:00:00Z",
  updatedAt: "2026-05-06T12:00:00Z",
  lastUsedAt: null,
  sourceSandboxId: null,
  buildInfo: { dockerfileContent: "FROM x:1\n", createdAt: "c", updatedAt: "u", snapshotRef: "daytona-x:daytona" }
})

/** Bytes up to a place, then the connection is lost. */
const cutAfter = (limit: number) => (bytes: Stream.Stream<Uint8Array>) =>
  Stream.suspend(() => {
    let left = limit
    return Stream.flatMap(bytes, (piece): Stream.Stream<Uint8Array, ConnectionFault> => {
      const part = piece.subarray(0, left)
      left -= part.length
      return left > 0
        ? Stream.make(part)
        : Stream.concat(Stream.make(part), Stream.fail(new ConnectionFault({ kind: "reset" })))
    })
  })

export const serve = (script: Script) => {
  const {
    begins = 0,
    closes = false,
    cuts = [],
    log,
    outcome = "active",
    url = "http://proxy.daytona.test/logs"
  } = script
  const requests: Array<string> = []
  let connections = 0
  let polls = 0

  const stateAt = (now: number) => (now >= script.ends ? outcome : now >= begins ? "building" : "pending")

  const follow = Stream.fromIterable(log).pipe(
    Stream.mapEffect(([at, text]) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.as(at > now ? Effect.sleep(at - now) : Effect.void, bytesOf(text))
      )
    ),
    Stream.concat(closes ? Stream.drain(Stream.fromEffect(Effect.sleep(1))) : Stream.never)
  )

  const app = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { pathname, search } = new URL(request.url, "http://x")
    const now = yield* Clock.currentTimeMillis
    if (pathname === "/logs") {
      if (script.logStatus !== undefined) return failure(script.logStatus, "no")
      if (now < begins) return failure(404, `build logs not found for ref ${id}`)
      const content = Stream.fromIterable(log.filter(([at]) => at <= now).map(([, text]) => bytesOf(text)))
      const cut = cuts[connections++]
      const bytes = search.includes("follow=true") ? follow : content
      return HttpServerResponse.stream(cut === undefined ? bytes : cutAfter(cut)(bytes))
    }
    if (pathname.endsWith("/build-logs-url")) return HttpServerResponse.unsafeJson({ url })
    const status = script.answers?.[polls++] ?? 200
    const state = stateAt(now)
    return status === 200
      ? HttpServerResponse.unsafeJson(snapshotOf(state, state === "building" ? null : (script.errorReason ?? null)))
      : failure(status, "not now")
  })
  const recorded = HttpClient.tapRequest(inMemoryHttpClient.make(app), (request) =>
    Effect.sync(() =>
      requests.push(`${request.method} ${Option.getOrElse(HttpClientRequest.toUrl(request), () => "?")}`)
    )
  )
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, recorded) }
}
