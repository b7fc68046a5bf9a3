/**
 * Follows the log of a build, line by line, until the build ends. The server does not signal the end, and may keep the
 * connection open forever; connections also break. But the log is an append-only file that is always sent from its
 * beginning, so an offset tells exactly what was read already.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound, type StreamInterrupted } from "../../errors/ApiError.js"
import type { BuildFailed } from "../../errors/daytona/controlPlane.js"
import * as Operation from "../../internal/Operation.js"
import type { DaytonaClient } from "./DaytonaClient.js"

/** Whether a build is running. */
export type BuildState =
  | { readonly _tag: "Going" }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed"; readonly error: BuildFailed }

/** The build of a snapshot or a sandbox. */
export interface Build {
  /** For spans and errors: `Snapshots.buildLogs`. */
  readonly operation: string
  /** The URL of the log, as the server names it. `NotFound`: there is no log yet. */
  readonly url: Effect.Effect<string, ApiError | NotFound>
  readonly state: Effect.Effect<BuildState, ApiError | NotFound>
}

/** How to follow a build log. */
export interface FollowOptions {
  /** How long the log must be silent before the state of the build is polled; default 2 seconds. */
  readonly silence?: Duration.DurationInput | undefined
  /** How long to wait before a broken connection is reopened; default 1 second. */
  readonly pause?: Duration.DurationInput | undefined
  /** How many consecutive transient failures end the stream; default 10. */
  readonly maxFailures?: number | undefined
}

/** The log itself, at the URL that the server names. */
const contentOf = (name: string) =>
  Operation.make(name, "GET", "", {
    query: Schema.Struct({ follow: Schema.optional(Schema.Boolean) }),
    success: Schema.Void,
    fails: [NotFound],
    // The response headers are sent only with the first line.
    timeout: Duration.infinity
  })

export type LogError = ApiError | NotFound | StreamInterrupted

type Phase =
  /** Poll the state of the build, then read the log. */
  | "poll"
  /** Pause, then poll. */
  | "pause"
  /** The build has ended, so the log is complete: read the rest of it. */
  | "drain"
  /** The log was read to its end, unless the connection broke. */
  | "done"

type Bytes = Stream.Stream<Uint8Array, LogError>

const next = <A>(element: A, phase: Phase) => Option.some([element, phase] as const)

/**
 * The lines of the log. The stream ends when the build does; if the build failed, it fails with `BuildFailed` after the
 * last line. Fails with `InvalidRequest` when the log is on a host that is not trusted with the credentials
 * (`trustedHosts`).
 */
export const follow = (
  client: Pick<DaytonaClient.Service, "at">,
  { operation, state, url }: Build,
  { silence = "2 seconds", pause = "1 second", maxFailures = 10 }: FollowOptions = {}
): Stream.Stream<string, LogError | BuildFailed> =>
  Stream.suspend(() => {
    const content = contentOf(operation)
    const silenceMillis = Duration.toMillis(silence)
    let offset = 0
    let failures = 0
    let lastHeard = 0
    let broken = false
    let last: BuildState = { _tag: "Going" }

    const hasEnded = Effect.map(state, (now) => {
      last = now
      return now._tag !== "Going"
    })

    /** Tolerates transient failures, up to `maxFailures` in a row. */
    const tolerating = <A, E extends LogError>(effect: Effect.Effect<A, E>, instead: A): Effect.Effect<A, E> =>
      Effect.catchAll(effect, (error) => {
        failures++
        broken = true
        return error.retryable && failures < maxFailures ? Effect.succeed(instead) : Effect.fail(error)
      })

    /** Succeeds when the build has ended and the log has been silent for a while. */
    const endInSilence: Effect.Effect<void, LogError> = Effect.gen(function* () {
      while (true) {
        const rest = lastHeard + silenceMillis - (yield* Clock.currentTimeMillis)
        yield* Effect.sleep(Math.max(rest, 0))
        const now = yield* Clock.currentTimeMillis
        if (now < lastHeard + silenceMillis) continue
        if (yield* tolerating(hasEnded, false)) return
        lastHeard = now
      }
    })

    /** The part of the log after `offset`. It ends when the connection breaks; the next connection continues it. */
    const read = (address: string, following: boolean): Bytes =>
      Stream.suspend(() => {
        let skip = offset
        const opened = Stream.unwrap(
          Effect.map(client.at(address, operation), (log) =>
            log.stream(content, { query: following ? { follow: true } : {} }, ({ bytes }) => bytes)
          )
        )
        const timed = Stream.unwrap(
          Effect.map(Clock.currentTimeMillis, (now) => {
            lastHeard = now
            const heard = Stream.mapEffect(opened, (bytes) =>
              Effect.map(Clock.currentTimeMillis, (then) => {
                lastHeard = then
                return bytes
              })
            )
            return following ? Stream.interruptWhen(heard, endInSilence) : heard
          })
        )
        return timed.pipe(
          Stream.catchAll((error) => {
            // The log does not exist yet, or never will if the build has ended.
            if (error._tag === "NotFound") return Stream.empty
            broken = true
            failures++
            const mayPass = error.retryable || error._tag === "StreamInterrupted"
            return mayPass && failures < maxFailures ? Stream.empty : Stream.fail(error)
          }),
          Stream.map((bytes) => {
            failures = 0
            const fresh = bytes.subarray(Math.min(skip, bytes.length))
            skip -= bytes.length - fresh.length
            offset += fresh.length
            return fresh
          })
        )
      })

    const location = Effect.catchTag(url, "NotFound", () => Effect.succeed(undefined))

    const reading = (following: boolean, then: Phase) =>
      Effect.suspend(() => {
        broken = false
        return Effect.map(tolerating<string | undefined, ApiError | NotFound>(location, undefined), (address) =>
          next(address === undefined ? Stream.empty : read(address, following), then)
        )
      })

    const step = (phase: Phase): Effect.Effect<Option.Option<readonly [Bytes, Phase]>, LogError> => {
      switch (phase) {
        case "poll":
          return Effect.flatMap(tolerating(hasEnded, false), (ended) =>
            ended ? step("drain") : reading(true, "pause")
          )
        case "pause":
          return last._tag === "Going" ? Effect.zipRight(Effect.sleep(pause), step("poll")) : step("drain")
        case "drain":
          return reading(false, "done")
        case "done":
          return broken ? Effect.zipRight(Effect.sleep(pause), step("drain")) : Effect.succeedNone
      }
    }

    const log: Bytes = Stream.flatten(Stream.unfoldEffect("poll", step))
    const outcome = Stream.suspend(() => (last._tag === "Failed" ? Stream.fail(last.error) : Stream.empty))
    return Stream.concat(lines(log), outcome)
  })

/** The maximum length of a line in characters; a longer one is split. */
const longestLine = 1024 * 1024

/**
 * The lines of UTF-8 text, without line breaks (`\n` or `\r\n`), including a last line without one. Invalid bytes
 * become U+FFFD. Takes linear time, however the bytes are split into chunks.
 */
export const lines = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<string, E, R> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder()
    let parts: Array<string> = []
    let length = 0
    const complete = (rest: string): string => {
      const line = parts.length === 0 ? rest : parts.join("") + rest
      parts = []
      length = 0
      return line.endsWith("\r") ? line.slice(0, -1) : line
    }
    const read = (text: string): Array<string> => {
      const found: Array<string> = []
      let start = 0
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        found.push(complete(text.slice(start, end)))
        start = end + 1
      }
      if (start < text.length) {
        parts.push(text.slice(start))
        length += text.length - start
        if (length > longestLine) found.push(complete(""))
      }
      return found
    }
    return Stream.concat(
      Stream.mapConcat(bytes, (piece) => read(decoder.decode(piece, { stream: true }))),
      Stream.suspend(() => {
        const last = read(decoder.decode())
        return Stream.fromIterable(parts.length === 0 ? last : [...last, complete("")])
      })
    )
  })
