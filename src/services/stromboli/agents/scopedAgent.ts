/** Agents that do not outlive their scope, even when the response to their creation is lost. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import { mayHaveCreated, scopedCreation } from "../../../internal/scopedCreation.js"
import type { Agent, AgentRequest } from "../../../schema/stromboli/Agent.js"
import { type AgentId, SessionId } from "../../../schema/stromboli/Identifiers.js"

/** The methods of `Agents` that this builds on. */
interface AgentMethods {
  readonly create: (request: AgentRequest) => Effect.Effect<Agent, ApiError>
  readonly list: Effect.Effect<ReadonlyArray<Agent>, ApiError>
  readonly stop: (id: AgentId) => Effect.Effect<void, ApiError | NotFound>
}

/** A request without a response may still be in progress on the server at the first look. */
const lookSchedule = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(4))

export const scopedAgent = (agents: AgentMethods, request: AgentRequest): Effect.Effect<Agent, ApiError, Scope.Scope> =>
  Effect.flatMap(chooseLabel(agents, request), (label) =>
    scopedCreation({
      create:
        label === undefined
          ? // An agent without a label could not be found after an interruption.
            Effect.uninterruptible(agents.create(request))
          : agents.create({ ...request, claude: { ...request.claude, sessionId: label.sessionId } }),
      remove: ({ id }) => stopOrWarn(agents, id),
      removeLost: (cause) => (mayHaveCreated(cause) ? findAndStop(agents, label) : Effect.void)
    })
  )

/** What identifies an agent whose id never arrived: the server returns the session id that it was created with. */
interface Label {
  readonly sessionId: SessionId
  /** Agents that had this session before, which are not ours to stop. */
  readonly others: ReadonlySet<AgentId>
}

const chooseLabel = (agents: AgentMethods, { claude }: AgentRequest): Effect.Effect<Label | undefined, ApiError> => {
  if (claude?.sessionId !== undefined) {
    const { sessionId } = claude
    return Effect.map(agents.list, (all) => ({
      sessionId,
      others: new Set(all.filter((agent) => agent.sessionId === sessionId).map(({ id }) => id))
    }))
  }
  // Claude refuses a session id together with `--continue`, which finds its session itself.
  if (claude?.continue === true) return Effect.succeed(undefined)
  return Effect.sync(() => ({ sessionId: SessionId.make(globalThis.crypto.randomUUID()), others: new Set<AgentId>() }))
}

const findAndStop = (agents: AgentMethods, label: Label | undefined): Effect.Effect<void> => {
  if (label === undefined) {
    return Effect.logWarning(
      "An agent may have been left behind: its creation was cut short, and it has no session id to find it by"
    )
  }
  const { others, sessionId } = label
  const found = agents.list.pipe(
    Effect.flatMap((all) => {
      const [ours, another] = all.filter((agent) => agent.sessionId === sessionId && !others.has(agent.id))
      if (ours === undefined) return Effect.fail({ message: "it was not found" })
      return another === undefined ? Effect.succeed(ours) : Effect.fail({ message: "several agents share the session" })
    }),
    Effect.retry(lookSchedule)
  )
  return finalizerRequest(found, { retry: false }).pipe(
    Effect.flatMap(({ id }) => stopOrWarn(agents, id)),
    Effect.catchAll(({ message }) =>
      Effect.logWarning(
        `An agent with session ${sessionId} may have been left behind, because its creation was cut short: ${message}`
      )
    )
  )
}

const stopOrWarn = (agents: AgentMethods, id: AgentId): Effect.Effect<void> =>
  finalizerRequest(agents.stop(id)).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.catchAll((error) => Effect.logWarning(`Agent ${id} was left behind: ${error.message}`))
  )
