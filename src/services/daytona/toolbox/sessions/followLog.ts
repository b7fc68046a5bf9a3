/**
 * Follows a log as it grows, without loss. Every connection delivers the log from its beginning, so a broken connection
 * is opened again and the bytes that were delivered already are skipped.
 *
 * A web socket is only the fast path to new output. Its close proves nothing: it closes with 1000 when the command
 * ends, but also when the session is deleted, and a slow reader may lose the last bytes. The proof of completion is the
 * exit code, which appears once the log is complete; the stored log then supplies what is missing. The daemon closes
 * the web socket a second after that, so the exit code is asked for as soon as the log is silent. Where web sockets do
 * not work at all, the stored log is read every few seconds instead.
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound, StreamInterrupted, Timeout } from "../../../../errors/ApiError.js"
import type { SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import type { OpenedStream } from "../../../../internal/ApiClient.js"
import { type RequestContext, streamInterrupted } from "../../../../internal/failure.js"
import type { OpenedSocket } from "../../../../internal/SocketClient.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { Message } from "../../../../stream/WebSocket.js"
import { firstCheck, nextCheck } from "../process/shellLiveness.js"
import { meansEnd } from "./operations.js"

/** What following can fail with. */
export type FollowError = ApiError | NotFound | StreamInterrupted | SessionEnded | ShellExited

/** The log of one command, and the requests about it. */
export interface FollowedLog {
  readonly open: Effect.Effect<OpenedSocket, ApiError | NotFound, Scope.Scope>
  readonly handshakes: Handshakes
  readonly stored: <A, E>(
    read: (opened: OpenedStream) => Stream.Stream<A, E>
  ) => Stream.Stream<A, ApiError | NotFound | E>
  /** None while the command runs or is queued. */
  readonly exitCode: Effect.Effect<Option.Option<number>, ApiError | NotFound>
  readonly shellHasEnded: Effect.Effect<boolean>
  /** The command is known to exist: when it is not found, its session was deleted. */
  readonly known: boolean
  readonly sessionEnded: () => SessionEnded
  readonly shellExited: () => ShellExited
}

/** What is known of the web sockets of a sandbox. It is shared by all logs of the sandbox. */
export interface Handshakes {
  /** Milliseconds since 1970: no handshake is tried before, because one was swallowed. */
  notBefore: number
}

/** How long a handshake may take. A proxy that does not support web sockets may never answer it. */
const handshakeDeadline = Duration.seconds(5)

/** How long handshakes are given up after one was swallowed. */
const handshakePause = Duration.minutes(5)

/** Consecutive failed polls tolerated, after the client's own retries. */
const maxFailures = 10

/** Milliseconds between connections. */
const pauses = { first: 100, most: 3000 } as const

/** Milliseconds of silence after which the exit code is asked for; they double. */
const looks = { first: 50, most: 4000 } as const

/** Milliseconds of silence after which the connection itself is suspect; they double. */
const suspicious = { first: 8000, most: 30_000 } as const

const encoder = new TextEncoder()

const bytesOf = (message: Message): Uint8Array => (typeof message === "string" ? encoder.encode(message) : message)

/** The bytes of a log as they are stored. `onExit` is called with the exit code before the stream ends. */
export const followLog = (
  log: FollowedLog,
  onExit: (exitCode: number) => void = () => undefined
): Stream.Stream<Uint8Array, FollowError> =>
  Stream.suspend(() => {
    /** Bytes of the log delivered so far. */
    let offset = 0
    let arrivals = 0
    let known = log.known
    let failures = 0
    let idleConnections = 0
    /** The exit code, once it is known. */
    let ended = Option.none<number>()
    let context: RequestContext | undefined

    /** Skips, within one connection, what was delivered before. Bytes count only once they go downstream. */
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

    /** Fails when the shell has exited and left the command without an exit code. Checks every few seconds at most. */
    let shellCheck = { interval: firstCheck, at: Number.NaN }
    const shellLives: Effect.Effect<void, ShellExited> = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (Number.isNaN(shellCheck.at)) shellCheck.at = now + Duration.toMillis(shellCheck.interval)
      if (now < shellCheck.at) return
      if (yield* log.shellHasEnded) {
        // The command may have ended before its shell did.
        const last = yield* Effect.either(log.exitCode)
        if (Either.isRight(last) && Option.isNone(last.right)) return yield* log.shellExited()
      }
      const interval = nextCheck(shellCheck.interval)
      shellCheck = { interval, at: (yield* Clock.currentTimeMillis) + Duration.toMillis(interval) }
    })

    /** Completes when the connection should be abandoned; fails when the command will never end. */
    const suspicion = Effect.gen(function* () {
      let last = arrivals
      let interval: number = looks.first
      let silence = 0
      let suspect: number = suspicious.first
      while (true) {
        yield* Effect.sleep(interval)
        yield* shellLives
        if (arrivals !== last) {
          last = arrivals
          interval = looks.first
          silence = 0
          continue
        }
        silence += interval
        const status = yield* Effect.either(log.exitCode)
        if (Either.isLeft(status)) return
        if (Option.isSome(status.right)) {
          ended = status.right
          return
        }
        if (silence >= suspect) {
          if (yield* isLonger) return
          silence = 0
          suspect = Math.min(suspect * 2, suspicious.most)
        }
        interval = Math.min(interval * 2, looks.most)
      }
    })

    // A chunked response has no length: it is read until it exceeds the known bytes.
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

    const open = log.open.pipe(
      withRequestOptions({ timeout: handshakeDeadline, retry: false }),
      Effect.tapError((error) =>
        error._tag === "Timeout"
          ? Effect.map(Clock.currentTimeMillis, (now) => {
              log.handshakes.notBefore = now + Duration.toMillis(handshakePause)
            })
          : Effect.void
      )
    )

    const fromOpened = Stream.unwrapScoped(
      Effect.map(open, (socket) => {
        known = true
        context = socket.context
        return Stream.mapChunks(Stream.interruptWhen(socket.messages, suspicion), skipping())
      })
    ).pipe(
      // However it ended, the status of the command decides.
      Stream.catchAll((error) => (error._tag === "ShellExited" ? Stream.fail(error) : Stream.empty))
    )

    const fromSocket = Stream.unwrap(
      Effect.map(Clock.currentTimeMillis, (now) => (now < log.handshakes.notBefore ? Stream.empty : fromOpened))
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

    /** Counts a failure, and pauses or gives up. */
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
        const status = Option.isSome(ended) ? Either.right(ended) : yield* Effect.either(log.exitCode)
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
        yield* shellLives
        idleConnections = offset > before ? 0 : idleConnections + 1
        yield* Effect.sleep(pause(idleConnections))
        // The connection delivered nothing, so it may be dead: read the stored log.
        return idleConnections === 0
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

const replacementCharacter = "\uFFFD"

const outputOf = (json: string): string | undefined => {
  try {
    const body: unknown = JSON.parse(json)
    return Predicate.hasProperty(body, "output") && typeof body.output === "string" ? body.output : undefined
  } catch {
    return undefined
  }
}

/**
 * The bytes of a stored log. A daemon that does not support the requested form responds with JSON, in which bytes that
 * are not UTF-8 are lost; nothing past `offset` is taken from such a response.
 */
export const storedBytes = (
  { bytes, headers }: OpenedStream,
  offset: number
): Stream.Stream<Uint8Array, StreamInterrupted | Timeout> => {
  if (!(headers["content-type"] ?? "").includes("json")) return bytes
  return Stream.unwrap(
    Effect.map(Stream.mkString(Stream.decodeText(bytes)), (json) => {
      const output = outputOf(json)
      const usable = output !== undefined && (offset === 0 || !output.includes(replacementCharacter))
      return usable ? Stream.succeed(new TextEncoder().encode(output)) : Stream.empty
    })
  )
}
