/** Talking to an agent turn by turn, over one connection to its events that all subscribers share. */
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
import * as broadcast from "../../../internal/broadcast.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import { shownAs } from "../../../internal/shown.js"
import type { Agent } from "../../../schema/stromboli/Agent.js"
import type { AgentEvent, AgentExit } from "../../../schema/stromboli/AgentEvent.js"
import { answersPrompt, type ResultMessage } from "../../../schema/stromboli/ClaudeMessage.js"
import type { AgentHandle } from "../../../schema/stromboli/Handles.js"
import type { TurnId } from "../../../schema/stromboli/Identifiers.js"
import { untilEnd } from "../../../stream/untilEnd.js"
import { describe, fieldsOf } from "../execution/failedRun.js"
import { turnsSpent } from "../execution/spent.js"
import type { Turns } from "./turns.js"

/** A conversation with an agent. That of `Agents.converse` is stopped when the scope closes. */
export interface Conversation {
  /** The agent as it was created, or when it was connected to. */
  readonly agent: Agent
  /** Finds it again from another process: see `Agents.connect`. */
  readonly handle: AgentHandle
  /**
   * Everything that happens once the stream is run, for any number of subscribers, turns that nobody asked for
   * included: see `UnaskedTurnEnded`. It ends with `Exited`. A subscriber
   * that falls 10,000 events behind fails with `StreamInterrupted`; the others go on. All of them fail with it when the
   * scope of the conversation closes.
   */
  readonly events: Stream.Stream<AgentEvent, ApiError | StreamInterrupted>
  /** The turn of the request's `prompt`, as `ask` would give it; empty without a prompt. Can be read once. */
  readonly opening: Stream.Stream<AgentEvent, ApiError | StreamInterrupted | AgentExited>
  /**
   * Sends a prompt and emits the events of its turn; the last one is `TurnEnded`. A prompt waits for the turn before
   * it, even if its stream was left early: leaving a stream does not end the turn. Fails with `AgentExited` when the
   * process ends first, and with `Conflict` when another client keeps the agent busy.
   *
   * When a background task ends, Claude Code takes a turn of its own, which may come before the answer. Its events are
   * emitted, too: its `Result` has an `origin`, and `UnaskedTurnEnded` follows. `Partial` messages are a preview, of
   * which the server drops some; the `Result` without an `origin` is the answer.
   */
  readonly ask: (prompt: string) => Stream.Stream<AgentEvent, ApiError | StreamInterrupted | Conflict | AgentExited>
  /**
   * Sends a prompt, waits until its turn has ended, and returns its own result: text, cost, usage. Fails with
   * `RunFailed` when Claude reports an error, and otherwise like `ask`.
   */
  readonly askResult: (
    prompt: string
  ) => Effect.Effect<ResultMessage, ApiError | StreamInterrupted | Conflict | AgentExited | RunFailed>
}

type EventsError = ApiError | StreamInterrupted

/** How many unread events a subscriber may keep in our memory. */
const capacity = 10_000

/** A turn may have begun whose events have not arrived yet, and the server may need a moment between two turns. */
const busySchedule = Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(4))

export const make = (
  agent: Agent,
  connection: {
    readonly send: (prompt: string) => Effect.Effect<TurnId, ApiError | NotFound | Conflict | Gone>
    /** The events of the agent; `onOpen` runs when the server has begun to listen on our behalf. */
    readonly events: (onOpen: Effect.Effect<void>) => Stream.Stream<AgentEvent, EventsError | NotFound>
    /** The turns that `events` reads. */
    readonly turns: Turns
  },
  openingPrompt: string | undefined
): Effect.Effect<Conversation, EventsError | NotFound | Conflict | AgentExited, Scope.Scope> =>
  Effect.gen(function* () {
    const subscribers = broadcast.make<AgentEvent, EventsError>({
      capacity,
      onOverflow: Exit.fail(
        interrupted(agent, `this subscriber fell ${capacity} events behind. Read faster, or move slow work elsewhere`)
      )
    })
    const opened = yield* Deferred.make<void, EventsError | NotFound>()
    const sending = yield* Effect.makeSemaphore(1)
    const free = yield* Effect.makeLatch(true)
    const { turns } = connection
    /**
     * The turn that we sent and have not seen the end of; events may arrive before the response to `send` or after it.
     */
    let ours: { readonly turnId: TurnId; readonly unsubscribe: Effect.Effect<void> } | undefined
    let over: Exit.Exit<void, EventsError> | undefined
    let exit: AgentExit | undefined

    // Here, since subscribers may be many and none.
    const spent = turnsSpent()

    const updateFree = Effect.suspend(() => (over === undefined && turns.isBusy() ? free.close : free.open))

    const receive = (event: AgentEvent) =>
      Effect.gen(function* () {
        yield* subscribers.publish(event)
        if (event._tag === "Exited") exit = event
        if (event._tag === "Output" && event.message._tag === "Result") yield* spent(event.message)
        if (event._tag === "TurnEnded" && event.turnId === ours?.turnId) {
          yield* ours?.unsubscribe ?? Effect.void
          ours = undefined
        }
        yield* updateFree
      })

    const end = (result: Exit.Exit<void, EventsError>) =>
      Effect.suspend(() => {
        over = result
        ours = undefined
        return Effect.zipRight(subscribers.end(result), free.open)
      })

    yield* connection.events(Deferred.succeed(opened, undefined)).pipe(
      Stream.runForEach(receive),
      // Once the connection is open, an agent that is not found is one that has exited.
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

    /** Sends a prompt once the previous turn is over. It subscribes first, so that no event of the turn is missed. */
    const begin = (prompt: string) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(free.await)
          // No event of the turn would arrive any more.
          if (over !== undefined) return yield* Effect.zipRight(over, exited(undefined))
          const { events, unsubscribe } = yield* subscribers.subscribe
          const turnId = yield* Effect.onError(restore(connection.send(prompt)), () => unsubscribe)
          turns.sent(turnId)
          if (turns.hasEnded(turnId)) yield* unsubscribe
          else ours = { turnId, unsubscribe }
          yield* updateFree
          return Stream.ensuring(turnOf(events, turnId, exited), unsubscribe)
        })
      ).pipe(
        Effect.retry({ schedule: busySchedule, while: (error) => error._tag === "Conflict" }),
        sending.withPermits(1),
        Effect.catchTags({
          Gone: ({ detail }) => Effect.fail(exited(detail)),
          NotFound: ({ detail }) => Effect.fail(exited(detail))
        })
      )
    const ask: Conversation["ask"] = (prompt) => Stream.unwrap(begin(prompt))

    const conversation: Conversation = {
      agent,
      handle: { id: agent.id, sessionId: agent.sessionId },
      events: Stream.unwrapScoped(
        Effect.map(
          Effect.acquireRelease(subscribers.subscribe, ({ unsubscribe }) => unsubscribe),
          // Subscribers that come after the end receive the exit, too.
          ({ events }) => (exit === undefined ? events : Stream.concat(Stream.make(exit), events))
        )
      ),
      opening: openingPrompt === undefined ? Stream.empty : yield* begin(openingPrompt),
      ask,
      askResult: (prompt) =>
        ask(prompt).pipe(
          Stream.filterMap((event) =>
            event._tag === "Output" && event.message._tag === "Result" && answersPrompt(event.message)
              ? Option.some(event.message)
              : Option.none()
          ),
          Stream.runLast,
          Effect.flatMap(
            Option.match({
              onNone: () => Effect.fail(failedTurn(agent, "it ended without a result")),
              onSome: (result) =>
                result.isError ? Effect.fail(failedTurn(agent, describe(result), result)) : Effect.succeed(result)
            })
          )
        )
    }
    return shownAs(withMethodSpans("Stromboli.Conversation", conversation, ["ask", "askResult"]), ({ handle }) => ({
      _id: "Conversation",
      ...handle
    }))
  })

/** The events of one turn until it ends, or until the process does. */
const turnOf = <E>(
  events: Stream.Stream<AgentEvent, E>,
  turnId: TurnId,
  exited: (reason: string | undefined) => AgentExited
): Stream.Stream<AgentEvent, E | AgentExited> =>
  Stream.suspend(() => {
    let begun = false
    const isOfThisTurn = (event: AgentEvent) => {
      const named = event._tag === "Unknown" ? undefined : event.turnId
      begun ||= named === turnId
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
    message: `Agent ${id} exited before its turn ended${reason === undefined ? "" : `: ${reason}`}`
  })

const interrupted = ({ id }: Agent, what: string): StreamInterrupted =>
  new StreamInterrupted({
    system: "stromboli",
    operation: "Agents.events",
    method: "GET",
    path: `/agents/${id}/stream`,
    message: `The event stream of agent ${id} was cut off: ${what}.`,
    attempts: 1,
    retryable: false,
    admitted: "yes"
  })

/** The failure of a turn that ended with an error, or without a result. */
export const failedTurn = (agent: Agent, what: string, result?: ResultMessage): RunFailed =>
  new RunFailed({
    system: "stromboli",
    operation: "Agents.converse",
    method: "POST",
    path: `/agents/${agent.id}/send`,
    message: `The turn of agent ${agent.id} failed: ${what.slice(0, 500)}`,
    detail: what.slice(0, 2000),
    sessionId: agent.sessionId,
    output: result?.text,
    ...fieldsOf(result)
  })
