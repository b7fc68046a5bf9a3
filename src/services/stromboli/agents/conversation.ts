/** Talking to an agent turn by turn, with one connection to its events for everybody who listens. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, type Conflict, type Gone, type NotFound, StreamInterrupted } from "../../../errors/ApiError.js"
import { AgentExited, RunFailed } from "../../../errors/stromboli/failures.js"
import type { Agent } from "../../../schema/stromboli/Agent.js"
import type { AgentEvent } from "../../../schema/stromboli/AgentEvent.js"
import type { ResultMessage } from "../../../schema/stromboli/ClaudeMessage.js"
import type { TurnId } from "../../../schema/stromboli/Identifiers.js"
import { untilEnd } from "../../../stream/untilEnd.js"
import * as Listeners from "./listeners.js"

/** An agent that is being listened to. It is stopped when the scope of `Agents.converse` closes. */
export interface Conversation {
  /** The agent as it was created. */
  readonly agent: Agent
  /**
   * Everything that happens from the moment on that the stream is run, for any number of listeners. It ends with `Exited`. A
   * listener that falls 10,000 events behind fails with `StreamInterrupted`, as do all when the scope of the conversation
   * closes; the others go on.
   */
  readonly events: Stream.Stream<AgentEvent, ConversationFailure>
  /** The turn of the request's `prompt`, as `ask` would have given it; empty when there was none. To be read once. */
  readonly opening: Stream.Stream<AgentEvent, ConversationFailure | AgentExited>
  /**
   * Sends a prompt and gives what happens until its turn has ended; the last event is `TurnEnded`. A prompt waits for the
   * turn before it, also one that nobody listens to any more: leaving a stream early does not end its turn. Fails with
   * `AgentExited` when the process ends first, and with `Conflict` when somebody else keeps the agent busy.
   */
  readonly ask: (prompt: string) => Stream.Stream<AgentEvent, ConversationFailure | Conflict | AgentExited>
  /**
   * Sends a prompt, waits for the end of its turn, and gives its result: text, cost, usage. Fails with `RunFailed` when Claude
   * reports an error, and else as `ask` does.
   */
  readonly askResult: (
    prompt: string
  ) => Effect.Effect<ResultMessage, ConversationFailure | Conflict | AgentExited | RunFailed>
}

/** What reading the events of a conversation can fail with. */
export type ConversationFailure = ApiError | StreamInterrupted

/** How far a listener may fall behind before its memory becomes our problem. */
const longestBacklog = 10_000

/** A turn may have begun that we have not heard of yet, or have ended a moment before the server is ready for the next. */
const whenBusy = Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(4))

export const makeConversation = (
  agent: Agent,
  connection: {
    readonly send: (prompt: string) => Effect.Effect<TurnId, ApiError | NotFound | Conflict | Gone>
    /** The events of the agent; `onOpen` is run when the server has begun to listen on our behalf. */
    readonly events: (onOpen: Effect.Effect<void>) => Stream.Stream<AgentEvent, ConversationFailure | NotFound>
  },
  openingPrompt: string | undefined
): Effect.Effect<Conversation, ConversationFailure | NotFound | Conflict | AgentExited, Scope.Scope> =>
  Effect.gen(function* () {
    const listeners = Listeners.make<AgentEvent, ConversationFailure>({
      longestBacklog,
      tooSlow: Exit.fail(
        interrupted(agent, `a listener fell ${longestBacklog} events behind. Read faster, or do the work elsewhere`)
      )
    })
    const opened = yield* Deferred.make<void, ConversationFailure | NotFound>()
    const sending = yield* Effect.makeSemaphore(1)
    const free = yield* Effect.makeLatch(true)
    /** A turn is going on, as the events tell. */
    let generating = false
    /** The turn that we have sent and not seen the end of; the events may be behind, or ahead of the answer to `send`. */
    let ours: { readonly turnId: TurnId; readonly leave: Effect.Effect<void> } | undefined
    let lastEnded: TurnId | undefined
    let over: Exit.Exit<void, ConversationFailure> | undefined
    let exit: Extract<AgentEvent, { readonly _tag: "Exited" }> | undefined

    const settle = Effect.suspend(() => (generating || ours !== undefined ? free.close : free.open))

    const hear = (event: AgentEvent) =>
      Effect.gen(function* () {
        yield* listeners.tell(event)
        if (event._tag === "Exited") exit = event
        if (event._tag === "TurnStarted") generating = true
        if (event._tag === "TurnEnded") {
          generating = false
          lastEnded = event.turnId
          if (ours !== undefined && (event.turnId === undefined || event.turnId === ours.turnId)) {
            yield* ours.leave
            ours = undefined
          }
        }
        yield* settle
      })

    const end = (result: Exit.Exit<void, ConversationFailure>) =>
      Effect.suspend(() => {
        over = result
        generating = false
        ours = undefined
        return Effect.zipRight(listeners.end(result), free.open)
      })

    yield* connection.events(Deferred.succeed(opened, undefined)).pipe(
      Stream.runForEach(hear),
      // Once the connection is open, an agent that cannot be found is one that is over.
      Effect.tapErrorTag("NotFound", (error) => Deferred.fail(opened, error)),
      Effect.catchTag("NotFound", () => Effect.void),
      Effect.tapError((error) => Deferred.fail(opened, error)),
      Effect.onExit(
        Exit.match({
          onSuccess: () => end(Exit.void),
          onFailure: (cause) =>
            end(
              Cause.isInterruptedOnly(cause)
                ? Exit.fail(interrupted(agent, "the scope of the conversation was closed"))
                : Exit.failCause(cause)
            )
        })
      ),
      Effect.forkScoped
    )
    yield* Deferred.await(opened)

    const exited = (reason: string | undefined) => agentExited(agent, exit?.reason ?? reason)

    /** Sends a prompt when the turn before is over, listening since before it was sent. */
    const begin = (prompt: string) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(free.await)
          // Nobody would hear of the turn.
          if (over !== undefined) return yield* Effect.zipRight(over, exited(undefined))
          const { heard, leave } = yield* listeners.listen
          const turnId = yield* Effect.onError(restore(connection.send(prompt)), () => leave)
          if (lastEnded === turnId) yield* leave
          else ours = { turnId, leave }
          yield* settle
          return Stream.ensuring(turnOf(heard, turnId, exited), leave)
        })
      ).pipe(
        Effect.retry({ schedule: whenBusy, while: (error) => error._tag === "Conflict" }),
        sending.withPermits(1),
        Effect.catchTags({
          Gone: ({ detail }) => Effect.fail(exited(detail)),
          NotFound: ({ detail }) => Effect.fail(exited(detail))
        })
      )
    const ask: Conversation["ask"] = (prompt) => Stream.unwrap(begin(prompt))

    return {
      agent,
      events: Stream.unwrapScoped(
        Effect.map(
          Effect.acquireRelease(listeners.listen, ({ leave }) => leave),
          // Who comes after the end is told about it too.
          ({ heard }) => (exit === undefined ? heard : Stream.concat(Stream.make(exit), heard))
        )
      ),
      opening: openingPrompt === undefined ? Stream.empty : yield* begin(openingPrompt),
      ask,
      askResult: (prompt) =>
        ask(prompt).pipe(
          Stream.filterMap((event) =>
            event._tag === "Output" && event.message._tag === "Result" ? Option.some(event.message) : Option.none()
          ),
          Stream.runLast,
          Effect.flatMap(
            Option.match({
              onNone: () => Effect.fail(failedTurn(agent, "the turn ended without a result")),
              onSome: (result) =>
                result.isError ? Effect.fail(failedTurn(agent, wordsOf(result))) : Effect.succeed(result)
            })
          )
        )
    }
  })

/** The events of one turn up to its end, which the end of the process cuts short. */
const turnOf = <E>(
  events: Stream.Stream<AgentEvent, E>,
  turnId: TurnId,
  exited: (reason: string | undefined) => AgentExited
): Stream.Stream<AgentEvent, E | AgentExited> =>
  Stream.suspend(() => {
    let begun = false
    // What names no turn belongs to the one that goes on.
    const isOfThisTurn = (event: AgentEvent) => {
      const named = event._tag === "Unknown" ? undefined : event.turnId
      begun ||= named === turnId || (named === undefined && event._tag === "TurnStarted")
      return event._tag === "Exited" || (named === undefined ? begun : named === turnId)
    }
    return events.pipe(
      Stream.filter(isOfThisTurn),
      untilEnd({
        read: (event) => (event._tag === "Exited" ? Either.left(exited(event.reason)) : Either.right(event)),
        isEnd: (event) => event._tag === "TurnEnded",
        onMissing: () => exited(undefined)
      })
    )
  })

const agentExited = ({ id }: Agent, reason: string | undefined): AgentExited =>
  new AgentExited({
    agentId: id,
    reason,
    message: `Agent ${id} exited before its turn was over${reason === undefined ? "" : `: ${reason}`}`
  })

const interrupted = ({ id }: Agent, what: string): StreamInterrupted =>
  new StreamInterrupted({
    system: "stromboli",
    operation: "Agents.events",
    method: "GET",
    path: `/agents/${id}/stream`,
    message: `The events of agent ${id} were cut off: ${what}.`,
    attempts: 1,
    retryable: false,
    admitted: "yes"
  })

const wordsOf = ({ errors, subtype, text }: ResultMessage): string =>
  text ?? (errors.length > 0 ? errors.join("; ") : subtype)

const failedTurn = (agent: Agent, what: string): RunFailed =>
  new RunFailed({
    system: "stromboli",
    operation: "Agents.converse",
    method: "POST",
    path: `/agents/${agent.id}/send`,
    message: `The turn of agent ${agent.id} failed: ${what.slice(0, 500)}`,
    detail: what.slice(0, 2000),
    sessionId: agent.sessionId
  })
