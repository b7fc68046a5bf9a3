/**
 * A log that grows, without loss: every connection gives it from its beginning, so whatever breaks is opened again, and what was
 * handed on already is skipped, byte for byte.
 *
 * A web socket is the fast way to what is new, and no more than that. Its end proves nothing: it closes with 1000 when the command
 * ends, but also when the session is deleted, and a slow reader may lose what came last. What proves the end is the exit code,
 * which appears when the log is complete; then the log as it is stored says how long it is, and gives what is missing. Where
 * web sockets do not work at all, the stored log is read every few seconds instead.
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound, StreamInterrupted } from "../../../../errors/ApiError.js"
import type { SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import type { OpenedSocket, OpenedStream } from "../../../../internal/ApiClient.js"
import { type RequestContext, streamInterrupted } from "../../../../internal/failure.js"
import type { Message } from "../../../../stream/WebSocket.js"
import { firstLook, nextLook } from "../process/shellLiveness.js"
import { storedBytes } from "./followStored.js"
import { meansEnd } from "./operations.js"

/** What following can fail with. */
export type FollowError = ApiError | NotFound | StreamInterrupted | SessionEnded | ShellExited

/** The log of one command, and what is to be asked about it. */
export interface FollowedLog {
  readonly open: Effect.Effect<OpenedSocket, ApiError | NotFound, Scope.Scope>
  readonly stored: <A, E>(
    read: (opened: OpenedStream) => Stream.Stream<A, E>
  ) => Stream.Stream<A, ApiError | NotFound | E>
  /** None while the command runs, or waits to be run. */
  readonly exitCode: Effect.Effect<Option.Option<number>, ApiError | NotFound>
  readonly shellHasEnded: Effect.Effect<boolean>
  /** The command was seen before: if it is not there, it is not there any more. */
  readonly known: boolean
  readonly sessionEnded: () => SessionEnded
  readonly shellExited: () => ShellExited
}

/** So many failures to ask for the exit code, one after the other, are too many. Each has been repeated by the client before. */
const maxFailures = 10

/** In milliseconds. */
const pauses = { first: 100, most: 3000 } as const

/** After so much silence the connection itself is suspected. */
const suspicious = Duration.seconds(8)

const encoder = new TextEncoder()

const bytesOf = (message: Message): Uint8Array => (typeof message === "string" ? encoder.encode(message) : message)

/** The bytes of a log, as they are stored. `onExit` is called with the exit code, before the stream ends. */
export const followLog = (
  log: FollowedLog,
  onExit: (exitCode: number) => void = () => undefined
): Stream.Stream<Uint8Array, FollowError> =>
  Stream.suspend(() => {
    /** So many bytes of the log have been handed on. */
    let offset = 0
    let arrivals = 0
    let known = log.known
    let failures = 0
    let fruitless = 0
    let context: RequestContext | undefined

    /** Makes what skips, in one connection, what was handed on before. Bytes count when they go downstream, and not before. */
    const skipping = () => {
      let position = 0
      return (messages: Chunk.Chunk<Message>): Chunk.Chunk<Uint8Array> => {
        arrivals++
        return Chunk.filterMap(messages, (message) => {
          const bytes = bytesOf(message)
          const start = position
          position += bytes.length
          if (position <= offset) return Option.none()
          const fresh = bytes.subarray(Math.max(0, offset - start))
          offset = position
          return Option.some(fresh)
        })
      }
    }

    /** Ends when the connection is not worth listening to any longer; fails when nothing will come any more. */
    const suspicion = Effect.gen(function* () {
      let last = arrivals
      let look = firstLook
      while (true) {
        yield* Effect.sleep(look)
        if (arrivals !== last) {
          last = arrivals
          look = firstLook
          continue
        }
        const status = yield* Effect.either(log.exitCode)
        if (Either.isLeft(status) || Option.isSome(status.right)) return
        if (yield* log.shellHasEnded) {
          // It may have ended this command before it ended itself.
          const last = yield* Effect.either(log.exitCode)
          return Either.isRight(last) && Option.isNone(last.right) ? yield* log.shellExited() : undefined
        }
        if (Duration.greaterThanOrEqualTo(look, suspicious) && (yield* isLonger)) return
        look = nextLook(look)
      }
    })

    // A log that is sent in pieces does not say how long it is: it is read as far as the bytes that are known.
    const isLonger = log
      .stored(({ bytes, headers }) => {
        const length = headers["content-length"]
        if (length !== undefined) return Stream.succeed(Number(length))
        return Stream.mapAccum(bytes, 0, (read, piece) => [read + piece.length, read + piece.length])
      })
      .pipe(
        Stream.filter((length) => length > offset),
        Stream.runHead,
        Effect.map(Option.isSome),
        Effect.orElseSucceed(() => false)
      )

    const fromSocket = Stream.unwrapScoped(
      Effect.map(log.open, (socket) => {
        known = true
        context = socket.context
        return Stream.mapChunks(Stream.interruptWhen(socket.messages, suspicion), skipping())
      })
    ).pipe(
      // How it ended is not asked: the command's status is.
      Stream.catchAll((error) => (error._tag === "ShellExited" ? Stream.fail(error) : Stream.empty))
    )

    const fromStored = log.stored((opened) => {
      context = opened.context
      return Number(opened.headers["content-length"] ?? Number.NaN) === offset
        ? Stream.empty
        : Stream.mapChunks(storedBytes(opened, offset), skipping())
    })

    const failed = (error: ApiError | NotFound | StreamInterrupted): FollowError => {
      if (known && meansEnd(error)) return log.sessionEnded()
      return error.retryable && context !== undefined ? streamInterrupted(context, error.message) : error
    }

    /** Whether to go on after a failure, which is counted; after a pause. */
    const goOn = (error: ApiError | NotFound | StreamInterrupted): Effect.Effect<void, FollowError> =>
      (error.retryable || error._tag === "StreamInterrupted") && ++failures < maxFailures
        ? Effect.sleep(pause(failures))
        : Effect.fail(failed(error))

    const theRest: Stream.Stream<Uint8Array, FollowError> = Stream.catchAll(fromStored, (error) =>
      Stream.unwrap(
        Effect.as(
          goOn(error),
          Stream.suspend(() => theRest)
        )
      )
    )

    const next = (before: number): Effect.Effect<Stream.Stream<Uint8Array, FollowError>, FollowError> =>
      Effect.gen(function* () {
        const status = yield* Effect.either(log.exitCode)
        if (Either.isLeft(status)) {
          yield* goOn(status.left)
          return cycle
        }
        known = true
        failures = 0
        if (Option.isSome(status.right)) {
          onExit(status.right.value)
          return theRest
        }
        fruitless = offset > before ? 0 : fruitless + 1
        yield* Effect.sleep(pause(fruitless))
        // A connection that brought nothing may be none: the log itself is asked.
        return fruitless === 0
          ? cycle
          : Stream.concat(
              Stream.catchAll(fromStored, () => Stream.empty),
              cycle
            )
      })

    const cycle: Stream.Stream<Uint8Array, FollowError> = Stream.suspend(() => {
      const before = offset
      return Stream.concat(fromSocket, Stream.unwrap(Effect.suspend(() => next(before))))
    })
    return cycle
  })

const pause = (count: number): Duration.Duration => Duration.millis(Math.min(pauses.first * 2 ** count, pauses.most))
