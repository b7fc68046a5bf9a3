/** One web socket to a terminal. */
import type * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { PtyDetached, PtyEnded, PtyEndedUnseen, PtyNotStarted } from "../../../../errors/daytona/pty.js"
import { deadlineExceeded, type RequestContext } from "../../../../internal/failure.js"
import type { PtyExit, PtyId } from "../../../../schema/daytona/toolbox/Pty.js"
import type { Message, WebSocketClosed } from "../../../../stream/WebSocket.js"
import type { Toolbox } from "../Toolbox.js"
import { checkedSend } from "./arguments.js"
import { exitOf, frameOf } from "./frames.js"
import { operations } from "./operations.js"

export interface Attachment {
  /** Sends input. The input of one call is not interleaved with that of others. */
  readonly send: (input: string | Uint8Array) => Effect.Effect<void, InvalidRequest | PtyDetached | PtyEnded>
}

/** Callbacks of an attachment. */
export interface Receiver {
  /** Output, one part per message. The socket waits for this effect. */
  readonly output: (parts: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
  /** How the shell ended, as soon as that is known. */
  readonly exited: (exit: PtyExit) => Effect.Effect<void>
  /** The last call: all output was received, or the connection ended before. */
  readonly ended: (end: Either.Either<PtyExit, PtyDetached>) => Effect.Effect<void>
}

/** What attaching can fail with. */
export type AttachError = ApiError | NotFound | PtyDetached | PtyNotStarted

/** The daemon accepts messages of up to 64 KiB, and closes the connection on longer ones. */
const maxInput = 32 * 1024

/** Asks newer daemons to send the exit in a message; older ones ignore it. */
const exitControl = "X-Daytona-Pty-Exit-Control"

/** How long the daemon may take to confirm the attachment once the web socket is open. */
const attachTimeout = Duration.seconds(30)

const encoder = new TextEncoder()

/** Attaches to a terminal. Fails with `NotFound` for one that is unknown or has ended. */
export const attach = (
  toolbox: Toolbox.Service,
  id: PtyId,
  receiver: Receiver
): Effect.Effect<Attachment, AttachError, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* toolbox.connect(operations.attach, { path: { sessionId: id } }, [exitControl])
    const attached = yield* Deferred.make<void, AttachError>()
    const failures = failuresOf(toolbox, id)
    let exit: PtyExit | undefined
    let hasLeft = false

    const isAttached = Deferred.succeed(attached, undefined)
    const take = (message: Message): Effect.Effect<void> => {
      const frame = frameOf(message)
      switch (frame._tag) {
        case "Output":
          // Output may arrive before the confirmation, and implies it.
          return Effect.zipRight(isAttached, receiver.output([frame.bytes]))
        case "Connected":
          return Effect.asVoid(isAttached)
        case "Refused":
          return Effect.asVoid(Deferred.fail(attached, refused(failures, socket.context, frame.problem)))
        case "Exited":
          exit = frame.exit
          return Effect.zipRight(isAttached, receiver.exited(frame.exit))
        case "Unknown":
          return Effect.void
      }
    }

    /** Like `take` for each message, but hands on plain output as one batch, which is much cheaper. */
    const takeAll = (messages: Chunk.Chunk<Message>): Effect.Effect<void> => {
      const outputs = Array.from(messages).filter((message) => typeof message !== "string")
      if (outputs.length < messages.length) return Effect.forEach(messages, take, { discard: true })
      return Effect.zipRight(isAttached, receiver.output(outputs))
    }

    const finish = (closed: WebSocketClosed | undefined): Effect.Effect<void> => {
      const known = exit ?? (closed === undefined ? undefined : exitOf(closed.reason))
      const detached = failures.detached(closed)
      const isComplete = known !== undefined && detached.reason !== "slowConsumer"
      return Effect.all(
        [
          known === undefined ? Deferred.fail(attached, detached) : isAttached,
          known === undefined ? Effect.void : receiver.exited(known),
          receiver.ended(isComplete ? Either.right(known) : Either.left(detached))
        ],
        { discard: true }
      )
    }

    yield* Stream.runForEachChunk(socket.messages, takeAll).pipe(
      Effect.catchAll(finish),
      Effect.onInterrupt(() => {
        hasLeft = true
        return finish(undefined)
      }),
      Effect.forkScoped
    )
    yield* Effect.timeoutFail(Effect.interruptible(Deferred.await(attached)), {
      duration: attachTimeout,
      onTimeout: () => deadlineExceeded(socket.context, attachTimeout)
    })

    const oneAtATime = yield* Effect.makeSemaphore(1)
    /** Calls in progress whose input takes more than one message. */
    let longSends = 0
    const sendLong = (bytes: Uint8Array) =>
      Effect.acquireUseRelease(
        Effect.sync(() => longSends++),
        () => oneAtATime.withPermits(1)(Effect.forEach(pieces(bytes), socket.send, { discard: true })),
        () => Effect.sync(() => longSends--)
      )
    const failed = (closed: WebSocketClosed) => {
      const known = exit ?? exitOf(closed.reason)
      return known === undefined ? failures.detached(hasLeft ? undefined : closed) : failures.ended(known)
    }
    return {
      send: checkedSend((input) =>
        Effect.suspend(() => {
          const bytes = typeof input === "string" ? encoder.encode(input) : input
          if (bytes.length === 0) return Effect.void
          const isShort = bytes.length <= maxInput && longSends === 0
          return Effect.mapError(isShort ? socket.send(bytes) : sendLong(bytes), failed)
        })
      )
    }
  })

const pieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / maxInput) }, (_, index) =>
    bytes.subarray(index * maxInput, (index + 1) * maxInput)
  )

/** The failures of one terminal. */
export const failuresOf = (toolbox: Toolbox.Service, ptyId: PtyId) => {
  const fields = {
    system: "daytona",
    operation: operations.attach.name,
    ptyId,
    get sandboxId() {
      return toolbox.sandboxId
    }
  } as const
  return {
    /** The connection was closed by a close frame or, without one, by its scope. */
    detached: (closed: WebSocketClosed | undefined): PtyDetached => {
      const reason = reasonOf(closed)
      const details = closed === undefined ? "" : ` (${closed.code}${closed.reason === "" ? "" : `, ${closed.reason}`})`
      return new PtyDetached({
        ...fields,
        reason,
        ...(closed === undefined ? {} : { closeCode: closed.code, closeReason: closed.reason }),
        message: `Terminal ${ptyId} is no longer attached: ${explanations[reason]}${details}. Its shell may still be running; its output until the next attachment is lost`,
        retryable: reason !== "left"
      })
    },
    ended: ({ exitCode }: PtyExit): PtyEnded =>
      new PtyEnded({
        ...fields,
        exitCode,
        message: `Terminal ${ptyId} takes no input: its shell has ended with exit code ${exitCode}`
      }),
    endedUnseen: (): PtyEndedUnseen =>
      new PtyEndedUnseen({
        ...fields,
        message: `The shell of terminal ${ptyId} ended while the connection was lost; its exit code and last output are unknown`
      }),
    notStarted: (detail: string): PtyNotStarted =>
      new PtyNotStarted({
        ...fields,
        detail,
        message: `The shell of terminal ${ptyId} could not be started: ${detail}. Is its \`cwd\` a directory?`
      })
  }
}

const refused = (
  { notStarted }: ReturnType<typeof failuresOf>,
  context: RequestContext,
  problem: string
): NotFound | PtyNotStarted =>
  /PTY session .*(not found|terminated|no longer available)/i.test(problem)
    ? new NotFound({
        ...context,
        detail: problem,
        message: `There is no such terminal, or its shell has ended: ${context.path} was answered with "${problem}"`,
        retryable: false,
        admitted: "no"
      })
    : notStarted(problem)

const explanations = {
  lost: "the connection was lost",
  slowConsumer: "its output was read too slowly, so some of it is lost",
  serverGone: "the daemon closed the connection",
  left: "its scope was closed"
} as const

const reasonOf = (closed: WebSocketClosed | undefined): PtyDetached["reason"] => {
  switch (closed?.code) {
    case undefined:
      return "left"
    case 1008:
      return "slowConsumer"
    case 1001:
    case 1011:
    case 1012:
      return "serverGone"
    default:
      return "lost"
  }
}
