/** Claude processes that stay alive between prompts and report what they do. Server 0.5.2 or newer. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, Conflict, Gone, NotFound, type StreamInterrupted } from "../../../errors/ApiError.js"
import type { AgentExited, SessionNotResumed } from "../../../errors/stromboli/failures.js"
import type { OpenedStream } from "../../../internal/ApiClient.js"
import * as Arguments from "../../../internal/arguments.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import * as Operation from "../../../internal/Operation.js"
import {
  Agent,
  AgentList,
  type AgentRequest,
  CreateAgent,
  SendPrompt,
  SentPrompt
} from "../../../schema/stromboli/Agent.js"
import type { AgentEvent } from "../../../schema/stromboli/AgentEvent.js"
import type { AgentHandle } from "../../../schema/stromboli/Handles.js"
import type { AgentId, TurnId } from "../../../schema/stromboli/Identifiers.js"
import { StromboliClient } from "../StromboliClient.js"
import * as conversation from "./conversation.js"
import * as creation from "./creation.js"
import * as agentEvents from "./events.js"
import * as turns from "./turns.js"

/**
 * Claude processes that stay alive between prompts and report what they do.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Agents } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const agents = yield* Agents
 *   const conversation = yield* agents.converse({ claude: { model: "sonnet" } })
 *   const { text, totalCostUsd } = yield* conversation.askResult("Which tests fail, and why?")
 *   return { text, totalCostUsd }
 * }).pipe(Effect.scoped)
 * ```
 */
export class Agents extends Context.Tag("effect-sandboxes/stromboli/Agents")<Agents, Agents.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Agents, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Agents {
  interface Service {
    /**
     * Starts an agent, which runs until it is stopped, has been idle for too long, or the server stops. Most programs
     * want `scoped` or `converse` instead. Sent again only when it provably did not arrive.
     *
     * If it is interrupted, or the server does not respond in time (30 seconds, unless `withRequestOptions` sets
     * another `timeout`), the response is awaited in the background for up to two minutes, and the agent is stopped. If
     * the connection breaks before the response, it cannot be found: that is logged as a warning, and its idle timeout
     * ends it.
     *
     * No known server resumes a session here: it ignores `claude.sessionId` and `claude.resume`, and the agent begins a
     * new session. With `resume`, that is `SessionNotResumed`, and the agent is stopped; with `forkSession` as well, it
     * cannot be detected. `POST /agents`
     */
    readonly create: (request?: AgentRequest) => Effect.Effect<Agent, ApiError | SessionNotResumed>
    /**
     * All agents, including those that exited by themselves, in no particular order. An element without a readable id
     * is left out. `GET /agents`
     */
    readonly list: Effect.Effect<ReadonlyArray<Agent>, ApiError>
    /**
     * One agent. Fails with `NotFound` when it does not exist, was stopped, or was idle for too long.
     * `GET /agents/{id}`
     */
    readonly get: (id: AgentId) => Effect.Effect<Agent, ApiError | NotFound>
    /**
     * Sends an agent its next prompt. Fails with `Conflict` while a turn is in progress, and with `Gone` when the
     * process has exited. Only streams of `events` that are already open receive its events: see `converse`. After an
     * `UnaskedTurnEnded`, the server accepts a prompt although the previous one has no answer yet: wait for
     * `TurnEnded`. `POST /agents/{id}/send`
     */
    readonly send: (id: AgentId, prompt: string) => Effect.Effect<TurnId, ApiError | NotFound | Conflict | Gone>
    /**
     * The events from now on until the agent exits. The last one is `Exited`, even if the agent had exited before. An
     * unknown event is an `Unknown` value; a line on stderr is an event, not a failure. Fails with `StreamInterrupted`
     * when the connection ends before the agent does.
     *
     * The server buffers 32 events per reader and silently drops the oldest. In a burst, quick readers lose some, too:
     * of 2,000 `Partial` messages, 830 may be missing. They are a preview; the `Result` at the end of a turn is
     * complete. A line of up to 10 MiB, the most that the server sends, is one event; a larger event is
     * `InvalidResponse`.
     *
     * `TurnEnded` is the end of the turn of a prompt, also where the server reports it early or without its id, because
     * Claude Code took a turn of its own in between: see `UnaskedTurnEnded`.
     * `GET /agents/{id}/stream`
     */
    readonly events: (id: AgentId) => Stream.Stream<AgentEvent, ApiError | NotFound | StreamInterrupted>
    /** Stops an agent, which may take ten seconds. Fails with `NotFound`. `DELETE /agents/{id}` */
    readonly stop: (id: AgentId) => Effect.Effect<void, ApiError | NotFound>
    /**
     * An agent that is stopped when the scope closes. If it cannot be stopped within a minute, that is logged as a
     * warning; the scope does not fail. Fails like `create`, and an interruption is handled as there.
     */
    readonly scoped: (request?: AgentRequest) => Effect.Effect<Agent, ApiError | SessionNotResumed, Scope.Scope>
    /**
     * A conversation with an agent of this scope, turn by turn. It opens the event stream before it sends a prompt, so
     * that no event of a turn is lost. A `prompt` in the request is the first turn: see `Conversation.opening`.
     *
     * Fails like `scoped`, `events` and `Conversation.ask`, with `SessionNotResumed` before the first prompt is sent.
     * In every case the agent is stopped when the scope closes.
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { Agents } from "effect-sandboxes/stromboli"
     *
     * const program = Effect.gen(function* () {
     *   const agents = yield* Agents
     *   const conversation = yield* agents.converse({ claude: { model: "sonnet" } })
     *   const { text } = yield* conversation.askResult("What is 6 times 7?")
     *   return text
     * }).pipe(Effect.scoped)
     * ```
     */
    readonly converse: (
      request?: AgentRequest
    ) => Effect.Effect<
      conversation.Conversation,
      ApiError | NotFound | Conflict | StreamInterrupted | AgentExited | SessionNotResumed,
      Scope.Scope
    >
    /**
     * A conversation with an agent that exists, by its id or a handle from another process. The agent keeps running
     * when the scope closes. A turn that is in progress is not part of the conversation: until it ends, `ask` fails
     * with `Conflict`. Fails with `NotFound` when the agent was stopped or was idle for too long. `GET /agents/{id}`,
     * `GET /agents/{id}/stream`
     */
    readonly connect: (
      agent: AgentId | AgentHandle
    ) => Effect.Effect<
      conversation.Conversation,
      ApiError | NotFound | Conflict | StreamInterrupted | AgentExited,
      Scope.Scope
    >
  }
}

/** The server takes up to ten seconds to stop an agent. */
const stopTimeout: Duration.DurationInput = "45 seconds"

export const operations = {
  create: Operation.make("Agents.create", "POST", "/agents", { body: CreateAgent, success: Agent }),
  list: Operation.make("Agents.list", "GET", "/agents", { success: AgentList }),
  get: Operation.make("Agents.get", "GET", "/agents/{id}", { success: Agent, fails: [NotFound] }),
  send: Operation.make("Agents.send", "POST", "/agents/{id}/send", {
    body: SendPrompt,
    success: SentPrompt,
    fails: [NotFound, Conflict, Gone]
  }),
  events: Operation.make("Agents.events", "GET", "/agents/{id}/stream", {
    accept: "text/event-stream",
    success: Schema.Void,
    fails: [NotFound]
  }),
  stop: Operation.make("Agents.stop", "DELETE", "/agents/{id}", {
    success: Schema.Void,
    fails: [NotFound],
    timeout: stopTimeout
  })
}

const { effect } = Arguments.methodsOf("stromboli", "Agents")

const request = Arguments.options({ claude: Arguments.struct({}), podman: Arguments.struct({}) })

const checked = (methods: Agents.Service): Agents.Service =>
  withMethodSpans(
    "Stromboli.Agents",
    {
      ...methods,
      create: effect("create", { request }, methods.create),
      scoped: effect("scoped", { request }, methods.scoped),
      converse: effect("converse", { request }, methods.converse),
      connect: effect("connect", { agent: Arguments.textOr(Arguments.struct({ id: Arguments.text })) }, methods.connect)
    },
    ["create", "scoped", "converse", "connect"]
  )

export const make: Effect.Effect<Agents.Service, never, StromboliClient> = Effect.gen(function* () {
  const client = yield* StromboliClient
  const list = client.call(operations.list)
  const get: Agents.Service["get"] = (id) => client.call(operations.get, { path: { id } })
  const stop: Agents.Service["stop"] = (id) => client.call(operations.stop, { path: { id } })
  const send: Agents.Service["send"] = (id, prompt) =>
    Effect.map(client.call(operations.send, { path: { id }, body: { prompt } }), ({ turnId }) => turnId)
  const { create, scoped } = creation.make(client.pendingReleases, {
    create: (request) => client.call(operations.create, { body: request }),
    stop
  })

  /** The exit of an agent, if it has exited; without a reason once the server has forgotten it. */
  const exitOf = (id: AgentId) =>
    get(id).pipe(
      Effect.map(({ status, exitError }) =>
        status === "exited" ? Option.some({ _tag: "Exited", reason: exitError } as const) : Option.none()
      ),
      Effect.catchTag("NotFound", () => Effect.succeedSome({ _tag: "Exited" } as const))
    )
  const events = (id: AgentId, read: turns.Turns, onOpen: Effect.Effect<void>) =>
    client.stream(operations.events, { path: { id } }, (opened: OpenedStream) =>
      agentEvents.read(opened, exitOf(id), read, onOpen)
    )

  const converseWith = (agent: Agent, prompt: string | undefined) => {
    const read = turns.make()
    return conversation.make(
      agent,
      {
        send: (next) => send(agent.id, next),
        events: (onOpen) => events(agent.id, read, onOpen),
        turns: read
      },
      prompt
    )
  }

  return checked({
    create: (request = {}) => create(request),
    list,
    get,
    send,
    events: (id) => Stream.suspend(() => events(id, turns.make(), Effect.void)),
    stop,
    scoped: (request = {}) => scoped(request),
    converse: ({ prompt, ...request } = {}) => Effect.flatMap(scoped(request), (agent) => converseWith(agent, prompt)),
    connect: (agent) =>
      Effect.flatMap(get(typeof agent === "string" ? agent : agent.id), (found) => converseWith(found, undefined))
  })
})
