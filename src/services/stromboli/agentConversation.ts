/** Talking to an agent turn by turn, with one connection to its events for everybody who listens. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, type Conflict, type Gone, type NotFound, StreamInterrupted } from "../../errors/ApiError.js"
import { AgentExited, RunFailed } from "../../errors/Stromboli.js"
import type { Agent } from "../../schema/stromboli/Agent.js"
import type { AgentEvent } from "../../schema/stromboli/AgentEvent.js"
import type { ResultMessage } from "../../schema/stromboli/ClaudeMessage.js"
import type { TurnId } from "../../schema/stromboli/Identifiers.js"
import { untilEnd } from "../../stream/untilEnd.js"

/** An agent that is being listened to. It is stopped when the scope of `Agents.converse` closes. */
export interface Conversation {
  /** The agent as it was created. */
  readonly agent: Agent
  /**
   * Everything that happens from the moment on that the stream is run, for any number of listeners. It ends with `Exited`. A
   * listener that falls 10,000 events behind fails with `StreamInterrupted`; the others go on.
   */
  readonly events: Stream.Stream<AgentEvent, ConversationFailure>
  /**
   * Sends a prompt and gives what happens until its turn has ended; the last event is `TurnEnded`. Turns wait for each other.
   * Fails with `AgentExited` when the process ends first. Leaving the stream early leaves the turn to itself: the next prompt
   * waits for its end.
   */
  readonly ask: (prompt: string) => Stream.Stream<AgentEvent, ConversationFailure | Conflict | Gone | AgentExited>
  /**
   * Sends a prompt, waits for the end of its turn, and gives its result: text, cost, usage. Fails with `RunFailed` when Claude
   * reports an error, and else as `ask` does.
   */
  readonly askResult: (
    prompt: string
  ) => Effect.Effect<ResultMessage, ConversationFailure | Conflict | Gone | AgentExited | RunFailed>
}

export type ConversationFailure = ApiError | NotFound | StreamInterrupted

/** How far a listener may fall behind before its memory becomes our problem. */
const longestBacklog = 10_000

type Item = Exit.Exit<AgentEvent, Option.Option<ConversationFailure>>

export const makeConversation = (
  agent: Agent,
  connection: {
    readonly send: (prompt: string) => Effect.Effect<TurnId, ApiError | NotFound | Conflict | Gone>
    /** The events of the agent; `onOpen` is run when the server has begun to listen on our behalf. */
    readonly events: (onOpen: Effect.Effect<void>) => Stream.Stream<AgentEvent, ConversationFailure>
  }
): Effect.Effect<Conversation, ConversationFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const listeners = new Set<Queue.Queue<Item>>()
    const opened = yield* Deferred.make<void, ConversationFailure>()
    const turns = yield* Effect.makeSemaphore(1)
    let generating = false
    let ended: Item | undefined

    const tell = (item: Item) =>
      Effect.forEach(
        listeners,
        (listener) => {
          if (Option.getOrElse(listener.unsafeSize(), () => 0) < longestBacklog) return Queue.offer(listener, item)
          listeners.delete(listener)
          return Queue.offer(listener, Exit.fail(Option.some(tooSlow(agent))))
        },
        { discard: true }
      )

    const end = (item: Item) =>
      Effect.suspend(() => {
        ended = item
        return tell(item)
      })

    yield* connection.events(Deferred.succeed(opened, undefined)).pipe(
      Stream.runForEachChunk(
        Effect.forEach(
          (event) => {
            if (event._tag === "TurnStarted") generating = true
            if (event._tag === "TurnEnded") generating = false
            return tell(Exit.succeed(event))
          },
          { discard: true }
        )
      ),
      Effect.matchEffect({
        onSuccess: () => end(Exit.fail(Option.none())),
        onFailure: (error) => Effect.zipRight(end(Exit.fail(Option.some(error))), Deferred.fail(opened, error))
      }),
      Effect.forkScoped
    )
    yield* Deferred.await(opened)

    /** A queue of everything from now on. */
    const listen = Effect.acquireRelease(
      Effect.flatMap(Queue.unbounded<Item>(), (queue) => {
        if (ended !== undefined) return Effect.as(Queue.offer(queue, ended), queue)
        listeners.add(queue)
        return Effect.succeed(queue)
      }),
      (queue) => Effect.sync(() => listeners.delete(queue))
    )
    const ask: Conversation["ask"] = (prompt) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          yield* Effect.acquireRelease(turns.take(1), () => turns.release(1))
          const queue = yield* listen
          // Somebody left the turn before this one while it was going on.
          if (generating) yield* Stream.runDrain(untilTurnEnds(heard(queue), agent))
          // Before it is sent: the turn may be over before the answer to the request is here.
          generating = true
          const turnId = yield* Effect.tapError(connection.send(prompt), () => Effect.sync(() => (generating = false)))
          return untilTurnEnds(heard(queue), agent, turnId)
        })
      )

    return {
      agent,
      events: Stream.unwrapScoped(Effect.map(listen, heard)),
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
                result.isError ? Effect.fail(failedTurn(agent, result.text ?? result.subtype)) : Effect.succeed(result)
            })
          )
        )
    }
  })

/** What comes through a queue, as many events at once as there are. */
const heard = (queue: Queue.Dequeue<Item>): Stream.Stream<AgentEvent, ConversationFailure> =>
  Stream.suspend(() => {
    let end: Item | undefined
    return Stream.repeatEffectChunkOption(
      Effect.suspend(() =>
        end === undefined
          ? Effect.flatMap(Queue.takeBetween(queue, 1, 256), (items) => {
              const events: Array<AgentEvent> = []
              for (const item of items) {
                if (Exit.isSuccess(item)) events.push(item.value)
                else end = item
              }
              return end === undefined || events.length > 0
                ? Effect.succeed(Chunk.unsafeFromArray(events))
                : Effect.map(end, Chunk.of)
            })
          : Effect.map(end, Chunk.of)
      )
    )
  })

/** The events of one turn (or of whichever goes on) up to its end, which the end of the process cuts short. */
const untilTurnEnds = <E>(
  events: Stream.Stream<AgentEvent, E>,
  agent: Agent,
  turnId?: TurnId
): Stream.Stream<AgentEvent, E | AgentExited> => {
  const exited = (reason: string | undefined) =>
    new AgentExited({
      agentId: agent.id,
      reason,
      message: `Agent ${agent.id} exited before its turn was over${reason === undefined ? "" : `: ${reason}`}`
    })
  const isOfThisTurn = (event: AgentEvent) =>
    turnId === undefined || event._tag === "Unknown" || event.turnId === undefined || event.turnId === turnId
  return events.pipe(
    Stream.filter(isOfThisTurn),
    untilEnd({
      read: (event) => (event._tag === "Exited" ? Either.left(exited(event.reason)) : Either.right(event)),
      isEnd: (event) => event._tag === "TurnEnded",
      onMissing: () => exited(undefined)
    })
  )
}

const tooSlow = (agent: Agent): StreamInterrupted =>
  new StreamInterrupted({
    system: "stromboli",
    operation: "Agents.events",
    method: "GET",
    path: `/agents/${agent.id}/stream`,
    message: `A listener to agent ${agent.id} fell ${longestBacklog} events behind and was cut off. Read faster, or do the work elsewhere.`,
    attempts: 1,
    retryable: false,
    admitted: "yes"
  })

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
