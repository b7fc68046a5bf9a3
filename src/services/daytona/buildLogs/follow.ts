/**
 * The log of a build, line by line, to its end. The server does not tell the end: following a log may go on for ever after
 * the build is over, and connections break. But the log is a file that only grows, and it is always sent from its beginning,
 * so an offset in it says exactly what was seen already.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound, type StreamInterrupted } from "../../../errors/ApiError.js"
import type { BuildFailed } from "../../../errors/daytona/controlPlane.js"
import * as Operation from "../../../internal/Operation.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { lines } from "./lines.js"

/** Whether there is more to come. */
export type BuildState =
  | { readonly _tag: "Going" }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed"; readonly error: BuildFailed }

/** What is built: a snapshot or a sandbox. */
export interface Build {
  /** For spans and errors: `Snapshots.buildLogs`. */
  readonly operation: string
  /** Where the log is, as the server names it. `NotFound`: nowhere yet. */
  readonly url: Effect.Effect<string, ApiError | NotFound>
  readonly state: Effect.Effect<BuildState, ApiError | NotFound>
}

/** How the log of a build is followed. */
export interface LogOptions {
  /** How long the log must be silent before it is asked whether the build is over; default 2 seconds. */
  readonly silence?: Duration.DurationInput | undefined
  /** How long to wait before a broken connection is made anew; default 1 second. */
  readonly pause?: Duration.DurationInput | undefined
  /** Consecutive failures tolerated, of those that can be retried. Default 10. */
  readonly maxFailures?: number | undefined
}

/** Below the address that the server names for the log. */
const contentOf = (name: string) =>
  Operation.make(name, "GET", "", {
    query: Schema.Struct({ follow: Schema.optional(Schema.Boolean) }),
    success: Schema.Void,
    fails: [NotFound],
    // Not even the headers come before the first line does.
    timeout: Duration.infinity
  })

export type LogError = ApiError | NotFound | StreamInterrupted

type Phase =
  /** Find out what there is to read. */
  | "look"
  /** The same, after a while. */
  | "wait"
  /** The build is over: whatever is in the log now is all of it. */
  | "rest"
  | "over"

type Bytes = Stream.Stream<Uint8Array, LogError>

const next = <A>(element: A, phase: Phase) => Option.some([element, phase] as const)

/**
 * The lines of the log. They end when the build does; when it failed, the stream fails with `BuildFailed` after the last of
 * them. Fails with `InvalidRequest` when the log is at a host that may not see the credentials (`trustedHosts`).
 */
export const follow = (
  client: Pick<DaytonaClient.Service, "at">,
  { operation, state, url }: Build,
  { silence = "2 seconds", pause = "1 second", maxFailures = 10 }: LogOptions = {}
): Stream.Stream<string, LogError | BuildFailed> =>
  Stream.suspend(() => {
    const content = contentOf(operation)
    const silent = Duration.toMillis(silence)
    let offset = 0
    let failures = 0
    let heard = 0
    let broken = false
    let last: BuildState = { _tag: "Going" }

    const look = Effect.map(state, (now) => {
      last = now
      return now._tag !== "Going"
    })

    /** A failure that may pass is none, unless there are too many in a row. */
    const passing = <A, E extends LogError>(effect: Effect.Effect<A, E>, instead: A): Effect.Effect<A, E> =>
      Effect.catchAll(effect, (error) => {
        failures++
        broken = true
        return error.retryable && failures < maxFailures ? Effect.succeed(instead) : Effect.fail(error)
      })

    /** Ends when the build is over and the log has been silent for a while. */
    const silentEnd: Effect.Effect<void, LogError> = Effect.gen(function* () {
      while (true) {
        const rest = heard + silent - (yield* Clock.currentTimeMillis)
        yield* Effect.sleep(Math.max(rest, 0))
        const now = yield* Clock.currentTimeMillis
        if (now < heard + silent) continue
        if (yield* passing(look, false)) return
        heard = now
      }
    })

    /** What is new in the log. A connection that breaks ends it, and leaves it to the next one to go on. */
    const read = (address: string, following: boolean): Bytes =>
      Stream.suspend(() => {
        let known = offset
        const opened = Stream.unwrap(
          Effect.map(client.at(address, operation), (log) =>
            log.stream(content, { query: following ? { follow: true } : {} }, ({ bytes }) => bytes)
          )
        )
        const listened = Stream.unwrap(
          Effect.map(Clock.currentTimeMillis, (now) => {
            heard = now
            const heeded = Stream.mapEffect(opened, (bytes) =>
              Effect.map(Clock.currentTimeMillis, (then) => {
                heard = then
                return bytes
              })
            )
            return following ? Stream.interruptWhen(heeded, silentEnd) : heeded
          })
        )
        return listened.pipe(
          Stream.catchAll((error) => {
            // The log has not begun; after the build it never will.
            if (error._tag === "NotFound") return Stream.empty
            broken = true
            failures++
            const mayPass = error.retryable || error._tag === "StreamInterrupted"
            return mayPass && failures < maxFailures ? Stream.empty : Stream.fail(error)
          }),
          Stream.map((bytes) => {
            failures = 0
            const fresh = bytes.subarray(Math.min(known, bytes.length))
            known -= bytes.length - fresh.length
            offset += fresh.length
            return fresh
          })
        )
      })

    const place = Effect.catchTag(url, "NotFound", () => Effect.succeed(undefined))

    const reading = (following: boolean, then: Phase) =>
      Effect.suspend(() => {
        broken = false
        return Effect.map(passing<string | undefined, ApiError | NotFound>(place, undefined), (address) =>
          next(address === undefined ? Stream.empty : read(address, following), then)
        )
      })

    const step = (phase: Phase): Effect.Effect<Option.Option<readonly [Bytes, Phase]>, LogError> => {
      switch (phase) {
        case "look":
          return Effect.flatMap(passing(look, false), (over) => (over ? step("rest") : reading(true, "wait")))
        case "wait":
          return last._tag === "Going" ? Effect.zipRight(Effect.sleep(pause), step("look")) : step("rest")
        case "rest":
          return reading(false, "over")
        case "over":
          return broken ? Effect.zipRight(Effect.sleep(pause), step("rest")) : Effect.succeedNone
      }
    }

    const log: Bytes = Stream.flatten(Stream.unfoldEffect("look", step))
    const outcome = Stream.suspend(() => (last._tag === "Failed" ? Stream.fail(last.error) : Stream.empty))
    return Stream.concat(lines(log), outcome)
  })
