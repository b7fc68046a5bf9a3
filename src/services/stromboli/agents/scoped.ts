/** Agents that do not outlive their scope, whatever happens while they come into being. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import type { Agent, AgentRequest } from "../../../schema/stromboli/Agent.js"
import { type AgentId, SessionId } from "../../../schema/stromboli/Identifiers.js"

/** What this takes of the service `Agents`, which is made of it. */
interface Needed {
  readonly create: (request: AgentRequest) => Effect.Effect<Agent, ApiError>
  readonly list: Effect.Effect<ReadonlyArray<Agent>, ApiError>
  readonly stop: (id: AgentId) => Effect.Effect<void, ApiError | NotFound>
}

/** A request whose answer never came may still be at work when we look for the first time. */
const looks = Schedule.intersect(Schedule.exponential("500 millis"), Schedule.recurs(4))

export const scopedAgent = (agents: Needed, request: AgentRequest): Effect.Effect<Agent, ApiError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const label = yield* restore(chooseLabel(agents, request))
      const labelled =
        label === undefined ? request : { ...request, claude: { ...request.claude, sessionId: label.sessionId } }
      const agent = yield* agents.create(labelled).pipe(
        label === undefined ? identity : restore,
        Effect.onExit((exit) =>
          Exit.isFailure(exit) && mayHaveStarted(exit.cause) ? stopUntold(agents, label) : Effect.void
        )
      )
      yield* Effect.addFinalizer(() => stopQuietly(agents, agent.id))
      return agent
    })
  )

/** What an agent that we were never told of can be found by: the server echoes the session id. */
interface Label {
  readonly sessionId: SessionId
  /** Agents that had this session before: somebody else's. */
  readonly others: ReadonlySet<AgentId>
}

const chooseLabel = (agents: Needed, { claude }: AgentRequest): Effect.Effect<Label | undefined, ApiError> => {
  if (claude?.sessionId !== undefined) {
    const { sessionId } = claude
    return Effect.map(agents.list, (all) => ({
      sessionId,
      others: new Set(all.filter((agent) => agent.sessionId === sessionId).map(({ id }) => id))
    }))
  }
  // Claude refuses a session id beside `--continue`, which is about a session that it finds itself.
  if (claude?.continue === true) return Effect.succeed(undefined)
  return Effect.sync(() => ({ sessionId: SessionId.make(globalThis.crypto.randomUUID()), others: new Set<AgentId>() }))
}

const mayHaveStarted = (cause: Cause.Cause<ApiError>): boolean =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => true,
    onSome: (error) => error.admitted !== "no"
  })

const stopUntold = (agents: Needed, label: Label | undefined): Effect.Effect<void> => {
  if (label === undefined) {
    return Effect.logWarning(
      "An agent may have been left behind: its creation broke off, and it has no session to find it by"
    )
  }
  const { others, sessionId } = label
  const found = agents.list.pipe(
    Effect.flatMap((all) => {
      const [ours, another] = all.filter((agent) => agent.sessionId === sessionId && !others.has(agent.id))
      if (ours === undefined) return Effect.fail({ message: "it was not found" })
      return another === undefined ? Effect.succeed(ours) : Effect.fail({ message: "several have come up meanwhile" })
    }),
    Effect.retry(looks)
  )
  return finalizerRequest(found, { retry: false }).pipe(
    Effect.flatMap(({ id }) => stopQuietly(agents, id)),
    Effect.catchAll(({ message }) =>
      Effect.logWarning(
        `An agent with session ${sessionId} may have been left behind, since its creation broke off: ${message}`
      )
    )
  )
}

const stopQuietly = (agents: Needed, id: AgentId): Effect.Effect<void> =>
  finalizerRequest(agents.stop(id)).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.catchAll((error) => Effect.logWarning(`Agent ${id} was left behind: ${error.message}`))
  )
