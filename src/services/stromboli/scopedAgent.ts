/** Agents that do not outlive their scope, whatever happens while they come into being. */

import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError } from "../../errors/ApiError.js"
import type { Agent, AgentRequest } from "../../schema/stromboli/Agent.js"
import { type AgentId, SessionId } from "../../schema/stromboli/Identifiers.js"
import type { Agents } from "./Agents.js"

type Needed = Pick<Agents.Service, "create" | "list" | "stop">

/** A request whose answer never came may still be at work when we look for the first time. */
const looks = Schedule.intersect(Schedule.recurs(2), Schedule.spaced("1 second"))

export const scopedAgent = (agents: Needed, request: AgentRequest): Effect.Effect<Agent, ApiError, Scope.Scope> => {
  // The server echoes the session id, which makes it the label to find an agent by that we were never told of.
  const sessionId = request.claude?.sessionId ?? SessionId.make(globalThis.crypto.randomUUID())
  return Effect.uninterruptibleMask((restore) =>
    restore(agents.create({ ...request, claude: { ...request.claude, sessionId } })).pipe(
      Effect.onExit((exit) =>
        Exit.isFailure(exit) && mayHaveStarted(exit.cause) ? stopUntold(agents, sessionId) : Effect.void
      ),
      Effect.tap((agent) => Effect.addFinalizer(() => stopQuietly(agents, agent.id)))
    )
  )
}

const mayHaveStarted = (cause: Cause.Cause<ApiError>): boolean =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => true,
    onSome: (error) => error.admitted !== "no"
  })

const stopUntold = (agents: Needed, sessionId: SessionId): Effect.Effect<void> =>
  agents.list.pipe(
    Effect.flatMap((all) => Effect.fromNullable(all.find((agent) => agent.sessionId === sessionId))),
    Effect.retry(looks),
    Effect.flatMap(({ id }) => stopQuietly(agents, id)),
    Effect.catchAll((error) =>
      error._tag === "NoSuchElementException"
        ? // Most likely the request never arrived. If it did, and the agent goes by another session, its idle timeout ends it.
          Effect.logDebug(`No agent with session ${sessionId} was found after its creation broke off`)
        : Effect.logWarning(`An agent with session ${sessionId} may have been left behind: ${error.message}`)
    )
  )

const stopQuietly = (agents: Needed, id: AgentId): Effect.Effect<void> =>
  agents.stop(id).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.catchAll((error) => Effect.logWarning(`Agent ${id} was left behind: ${error.message}`))
  )
