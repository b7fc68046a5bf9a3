/**
 * Talks to a CLI that runs as a process. One fiber reads all its lines; prompts are written one at a time, since Claude
 * Code may take two that wait for one turn.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as broadcast from "../internal/broadcast.js"
import { runInDaemon } from "../internal/finalizerRequest.js"
import { answersPrompt, type ClaudeMessage, fromLine } from "../schema/stromboli/ClaudeMessage.js"
import type { SessionId } from "../schema/stromboli/Identifiers.js"
import type { ClaudeProcess, ProcessExit } from "./ClaudeProcess.js"
import * as controlRequests from "./controlRequests.js"
import type { Dialogue, Note } from "./Dialogue.js"
import { type ClaudeCodeError, ClaudePlaceFailed } from "./errors.js"
import {
  type Attempt,
  exited,
  isMissingSession,
  type Progress,
  saysNoSession,
  sessionNotFound,
  worded
} from "./failures.js"
import type { Answerer } from "./Permission.js"

export interface DialogueOptions {
  readonly sessionId: SessionId
  /** The session that was to be resumed. */
  readonly resume: SessionId | undefined
  readonly onPermission: Answerer | undefined
  readonly note: Note
}

export interface ProcessDialogue extends Dialogue {
  /** Lets the process end by itself, which saves the session, and ends it when it takes too long. */
  readonly finish: Effect.Effect<void>
}

/** How many messages a subscriber may keep unread in our memory. */
const subscriberCapacity = 10_000

/** How many messages of a turn are read ahead of whoever asked; then the process has to wait. */
const turnCapacity = 1_000

/** How long a process may take to end by itself, once it has nothing left to do. */
const grace = "5 seconds"

/** How long nothing must arrive before the output of a process that has ended counts as read. */
const silence = "1 second"

interface Turn {
  readonly mailbox: Mailbox.Mailbox<ClaudeMessage, ClaudeCodeError>
  progress: Progress
  /** How many messages its reader has not taken. */
  unread: number
  /** Its reader has left. */
  isLeft: boolean
}

export const make = (
  attempt: Attempt,
  process: ClaudeProcess,
  { note, onPermission, resume, sessionId }: DialogueOptions
): Effect.Effect<ProcessDialogue, never, Scope.Scope> =>
  Effect.gen(function* () {
    const subscribers = broadcast.make<ClaudeMessage, ClaudeCodeError>({
      capacity: subscriberCapacity,
      onOverflow: Exit.fail(fellBehind(attempt))
    })
    const control = yield* controlRequests.make(attempt, process, onPermission)
    const sending = yield* Effect.makeSemaphore(1)
    const free = yield* Effect.makeLatch(true)
    const room = yield* Effect.makeLatch(true)
    /** How many wait for the confirmation that the turn is interrupted. */
    let interrupting = 0
    let turn: Turn | undefined
    /** Claude takes a turn that nobody asked for. */
    let unasked = false
    let noSession = false
    let over: Exit.Exit<void, ClaudeCodeError> | undefined
    let received = 0
    let isReceiving = false

    const updateFree = Effect.suspend(() =>
      over === undefined && (turn !== undefined || unasked) ? free.close : free.open
    )

    /** Waits for a slow reader, but not if that may itself wait for a confirmation, which is behind the message. */
    const offer = (to: Turn, message: ClaudeMessage) =>
      Effect.gen(function* () {
        yield* to.mailbox.offer(message)
        to.unread += 1
        if (to.unread < turnCapacity || to.isLeft || interrupting > 0) return
        yield* room.close
        yield* room.await
      })

    const receiveMessage = (message: ClaudeMessage) =>
      Effect.gen(function* () {
        if (message._tag === "Result" && isMissingSession(message)) {
          noSession = true
          return
        }
        const current = turn
        if (message._tag === "Result") note(message)
        if (current !== undefined) current.progress = progressAfter(message, current.progress)
        yield* subscribers.publish(message)
        if (current !== undefined) yield* offer(current, message)
        if (message._tag === "Result" || isUnreadableResult(message)) {
          unasked = false
          if (current !== undefined && (message._tag !== "Result" || answersPrompt(message))) {
            turn = undefined
            yield* current.mailbox.end
          }
        } else if (turn === undefined && isOfMainThread(message)) {
          unasked = true
        }
        yield* updateFree
      })

    const receive = (line: string) =>
      Effect.gen(function* () {
        received += 1
        isReceiving = true
        const message = fromLine(line)
        if (!(yield* control.receive(message))) yield* receiveMessage(message)
        isReceiving = false
      })

    /** What the process started may keep its stdout open: its own output is over when it has ended, and all is read. */
    const allRead = Effect.suspend(() => {
      const before = received
      return Effect.map(Effect.sleep(silence), () => !isReceiving && received === before)
    })
    const outputIsOver = Effect.zipRight(
      Effect.exit(process.exit),
      Effect.repeat(allRead, { until: (isOver) => isOver })
    )

    const end = (result: Exit.Exit<void, ClaudeCodeError>) =>
      Effect.gen(function* () {
        over = result
        unasked = false
        yield* control.end
        yield* subscribers.end(result)
        yield* turn?.mailbox.done(Exit.isSuccess(result) ? Exit.fail(endedBefore(undefined)) : result) ?? Effect.void
        turn = undefined
        yield* free.open
      })

    const endedBefore = (exit: ProcessExit | undefined) => {
      const { exitCode, signal, stderr } = exit ?? { exitCode: undefined, signal: undefined, stderr: "" }
      return resume !== undefined && (noSession || saysNoSession(stderr))
        ? sessionNotFound(attempt, resume)
        : exited({ ...attempt, sessionId }, { exitCode, signal, stderr }, turn?.progress ?? "not asked")
    }

    const ended = Effect.flatMap(exitOf(process), (exit) =>
      exit.exitCode === 0 && turn === undefined ? Effect.void : Effect.fail(endedBefore(exit))
    )

    yield* process.lines.pipe(
      Stream.interruptWhen(outputIsOver),
      Stream.runForEach(receive),
      Effect.zipRight(ended),
      Effect.onExit((exit) =>
        end(
          Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
            ? Exit.fail(scopeClosed(attempt, sessionId))
            : exit
        )
      ),
      Effect.forkScoped
    )

    const finish = process.closeInput.pipe(
      Effect.zipRight(process.exit),
      Effect.timeoutFail({ duration: grace, onTimeout: () => undefined }),
      Effect.catchAll(() => process.kill),
      Effect.ignore
    )

    // In a finalizer, only what runs in a fiber of its own has a deadline. Without a turn, there is a session to save.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() =>
        over === undefined && turn === undefined && !unasked ? runInDaemon(finish) : Effect.ignore(process.kill)
      )
    )

    const begin = (prompt: string) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(free.await)
          const mailbox = yield* Mailbox.make<ClaudeMessage, ClaudeCodeError>()
          if (over !== undefined) {
            yield* over
            return yield* endedBefore(undefined)
          }
          const begun: Turn = { mailbox, progress: "not asked", unread: 0, isLeft: false }
          turn = begun
          yield* free.close
          yield* process.write(promptLine(prompt)).pipe(
            Effect.tapError(() => {
              if (turn === begun) turn = undefined
              return updateFree
            })
          )
          if (begun.progress === "not asked") begun.progress = "asked"
          // Whoever leaves the stream early does not end the turn: its messages are dropped from then on.
          const leave = Effect.suspend(() => {
            begun.isLeft = true
            return Effect.zipRight(mailbox.shutdown, room.open)
          })
          return Mailbox.toStream(mailbox).pipe(
            Stream.chunks,
            Stream.tap((taken) => {
              begun.unread -= taken.length
              return room.open
            }),
            Stream.flattenChunks,
            Stream.ensuring(leave)
          )
        })
      ).pipe(sending.withPermits(1))

    return {
      sessionId,
      turn: (prompt) => Stream.unwrap(begin(prompt)),
      messages: Stream.unwrapScoped(
        Effect.map(
          Effect.acquireRelease(subscribers.subscribe, ({ unsubscribe }) => unsubscribe),
          ({ events }) => events
        )
      ),
      interrupt: Effect.suspend(() => {
        if (over !== undefined || (turn === undefined && !unasked)) return Effect.void
        interrupting += 1
        return Effect.zipRight(room.open, control.interrupt).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              interrupting -= 1
            })
          )
        )
      }),
      finish
    }
  })

const promptLine = (prompt: string): string =>
  JSON.stringify({ type: "user", message: { role: "user", content: prompt }, parent_tool_use_id: null })

/** The CLI says `init` just before it calls the model. */
const progressAfter = (message: ClaudeMessage, before: Progress): Progress => {
  if (message._tag === "Unknown") return before
  if (message._tag !== "System") return "answering"
  return message.subtype === "init" && before !== "answering" ? "begun" : before
}

/** Nothing follows it until the next prompt: whoever waits for a result would wait forever. */
const isUnreadableResult = (message: ClaudeMessage): boolean => message._tag === "Unknown" && message.type === "result"

/** Messages of sub-agents that work in the background belong to no turn. */
const isOfMainThread = (message: ClaudeMessage): boolean =>
  (message._tag === "Assistant" || message._tag === "Partial") && message.parentToolUseId === undefined

/** A process that has closed its stdout has nothing left to say: it is ended if it does not end by itself. */
const exitOf = (process: ClaudeProcess) =>
  process.exit.pipe(
    Effect.timeoutTo({
      duration: grace,
      onTimeout: () => Effect.zipRight(process.kill, process.exit),
      onSuccess: Effect.succeed
    }),
    Effect.flatten
  )

const fellBehind = ({ operation, place }: Attempt) =>
  new ClaudePlaceFailed({
    place,
    operation,
    message: worded(
      { operation, place },
      `this reader of \`messages\` fell ${subscriberCapacity} messages behind. Read faster, or do slow work elsewhere.`
    ),
    retryable: false,
    admitted: "yes"
  })

const scopeClosed = ({ operation, place }: Attempt, sessionId: SessionId) =>
  new ClaudePlaceFailed({
    place,
    operation,
    message: worded({ operation, place }, "the scope of the conversation was closed, and Claude with it."),
    sessionId,
    retryable: false,
    admitted: "unknown"
  })
