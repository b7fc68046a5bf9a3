/** Claude processes that stay alive between prompts, and tell in detail what they do. Server 0.5.2 or newer. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type ApiError, Conflict, Gone, NotFound, type StreamInterrupted } from "../../../errors/ApiError.js"
import type { AgentExited } from "../../../errors/stromboli/failures.js"
import type { OpenedStream } from "../../../internal/ApiClient.js"
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
import type { AgentId, TurnId } from "../../../schema/stromboli/Identifiers.js"
import { StromboliClient } from "../StromboliClient.js"
import { type Conversation, makeConversation } from "./conversation.js"
import * as agentEvents from "./events.js"
import { scopedAgent } from "./scoped.js"

/**
 * Claude processes that stay alive between prompts, and tell in detail what they do.
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
     * Starts an agent that lives until it is stopped, does nothing for too long, or the server ends. Mostly, `scoped` or
     * `converse` is what you want. Never sent twice unless it provably did not arrive. `POST /agents`
     */
    readonly create: (request?: AgentRequest) => Effect.Effect<Agent, ApiError>
    /** All agents, also those that exited by themselves, in no particular order. `GET /agents` */
    readonly list: Effect.Effect<ReadonlyArray<Agent>, ApiError>
    /** One agent. Fails with `NotFound` when there is none, or no more: it was stopped, or idle for too long. `GET /agents/{id}` */
    readonly get: (id: AgentId) => Effect.Effect<Agent, ApiError | NotFound>
    /**
     * Gives an agent its next prompt. Fails with `Conflict` while a turn is in progress, and with `Gone` when the process has
     * exited. Its events reach only those who listened before: see `converse`. `POST /agents/{id}/send`
     */
    readonly send: (id: AgentId, prompt: string) => Effect.Effect<TurnId, ApiError | NotFound | Conflict | Gone>
    /**
     * What happens from now on, until the agent is over; the last event is then `Exited`, also when the agent had exited before.
     * What is not known becomes an `Unknown` value; lines on stderr are events, not failures. Fails with `StreamInterrupted`
     * when the connection ends before the agent does.
     *
     * The server keeps 32 events for a slow listener and drops the oldest without a word, so read without delay. A line of up
     * to 10 MiB, the most that the server sends, is one event; a larger event is `InvalidResponse`.
     * `GET /agents/{id}/stream`
     */
    readonly events: (id: AgentId) => Stream.Stream<AgentEvent, ApiError | NotFound | StreamInterrupted>
    /** Ends an agent, which may take ten seconds. Fails with `NotFound`. `DELETE /agents/{id}` */
    readonly stop: (id: AgentId) => Effect.Effect<void, ApiError | NotFound>
    /**
     * An agent for a scope: stopped when the scope closes, whatever happened. When it is interrupted while it creates the
     * agent, or the answer is lost, it looks for what the server made (by the session id, which it chooses where the request
     * has none), for some seconds, and stops that. Should a server not take the session id over, such an agent ends by its idle
     * timeout. What cannot be found, or cannot be stopped within a minute, is logged as a warning; the scope does not fail.
     *
     * A request with `claude.continue` and without a session id is sent without one, because Claude refuses the two together:
     * its creation cannot be interrupted, and if its answer is lost, so is the agent. Fails as `create` does, and as `list`
     * when the request has a session id: whoever shares that session already must not be stopped in its place.
     */
    readonly scoped: (request?: AgentRequest) => Effect.Effect<Agent, ApiError, Scope.Scope>
    /**
     * An agent for a scope to talk to, turn by turn: it listens before it sends, so that no event of a turn is lost. A
     * `prompt` of the request is its first turn: see `Conversation.opening`.
     *
     * Fails as `scoped`, `events` and `Conversation.ask` do; the agent is stopped when the scope closes all the same.
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
    ) => Effect.Effect<Conversation, ApiError | NotFound | Conflict | StreamInterrupted | AgentExited, Scope.Scope>
  }
}

/** Ending takes the server up to ten seconds. */
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

export const make: Effect.Effect<Agents.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const create: Agents.Service["create"] = (request = {}) => client.call(operations.create, { body: request })
  const list = client.call(operations.list)
  const get: Agents.Service["get"] = (id) => client.call(operations.get, { path: { id } })
  const stop: Agents.Service["stop"] = (id) => client.call(operations.stop, { path: { id } })
  const send: Agents.Service["send"] = (id, prompt) =>
    Effect.map(client.call(operations.send, { path: { id }, body: { prompt } }), ({ turnId }) => turnId)

  /** The exit of an agent that is over, as far as the server still knows about it. */
  const exitOf = (id: AgentId) =>
    get(id).pipe(
      Effect.map(({ status, exitError }) =>
        status === "exited" ? Option.some({ _tag: "Exited", reason: exitError } as const) : Option.none()
      ),
      Effect.catchTag("NotFound", () => Effect.succeedSome({ _tag: "Exited" } as const))
    )
  const events = (id: AgentId, onOpen: Effect.Effect<void>) =>
    client.stream(operations.events, { path: { id } }, (opened: OpenedStream) =>
      agentEvents.read(opened, exitOf(id), onOpen)
    )
  const scoped: Agents.Service["scoped"] = (request = {}) => scopedAgent({ create, list, stop }, request)

  return Agents.of({
    create,
    list,
    get,
    send,
    events: (id) => events(id, Effect.void),
    stop,
    scoped,
    converse: ({ prompt, ...request } = {}) =>
      Effect.flatMap(scoped(request), (agent) =>
        makeConversation(
          agent,
          {
            send: (next) => send(agent.id, next),
            events: (onOpen) => events(agent.id, onOpen)
          },
          prompt
        )
      )
  })
})
