/**
 * Creating agents so that none is left behind. The server ignores the session id of a request, so an agent whose
 * response never arrived cannot be found. So the request is not given up with the caller: it goes on in a fiber of its
 * own, and the agent that it creates is stopped.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type ApiError, type NotFound, Timeout } from "../../../errors/ApiError.js"
import { SessionNotResumed } from "../../../errors/stromboli/failures.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import type { PendingReleases, Resource } from "../../../internal/pendingReleases.js"
import { heldAgent } from "../../../internal/telemetry.js"
import { RequestOptions, withRequestOptions } from "../../../RequestOptions.js"
import type { Agent, AgentRequest } from "../../../schema/stromboli/Agent.js"
import type { AgentId } from "../../../schema/stromboli/Identifiers.js"

export type CreationError = ApiError | SessionNotResumed

export interface Creation {
  readonly create: (request: AgentRequest) => Effect.Effect<Agent, CreationError>
  readonly scoped: (request: AgentRequest) => Effect.Effect<Agent, CreationError, Scope.Scope>
}

/** How long a caller waits for the response, unless `withRequestOptions` says otherwise. */
const defaultTimeout = Duration.seconds(30)

/** How long the response is awaited after its caller has gone. */
const longestCreation = Duration.minutes(2)

const creating: Resource = { what: "an agent that was being created" }

const abandoned: Resource = { what: "an agent whose creation was interrupted" }

export const make = (
  pendingReleases: PendingReleases,
  agents: {
    readonly create: (request: AgentRequest) => Effect.Effect<Agent, ApiError>
    readonly stop: (id: AgentId) => Effect.Effect<void, ApiError | NotFound>
  }
): Creation => {
  const stop = (id: AgentId) =>
    finalizerRequest(agents.stop(id)).pipe(
      Effect.catchTag("NotFound", () => Effect.void),
      Effect.catchAll((error) => Effect.logWarning(`Agent ${id} was left behind: ${error.message}`))
    )

  /** Stops what a request creates whose caller has gone. */
  const abandon = (response: Fiber.Fiber<Agent, ApiError>) =>
    pendingReleases.follow(
      abandoned,
      Effect.flatMap(
        Fiber.await(response),
        Exit.matchEffect({
          onSuccess: ({ id }) => stop(id),
          onFailure: () => Effect.void
        })
      )
    )

  /** Runs uninterruptibly; only what is restored can be interrupted. */
  const acquire = (request: AgentRequest, restore: Restore) =>
    Effect.gen(function* () {
      const { deadline = Duration.infinity, timeout = defaultTimeout } = yield* RequestOptions
      const limit = Duration.min(timeout, deadline)
      const response = yield* agents.create(request).pipe(
        withRequestOptions({ timeout: longestCreation, deadline: Duration.infinity }),
        Effect.tapError((error) => (error.admitted === "no" ? Effect.void : warnOfLost(error))),
        Effect.interruptible,
        Effect.forkDaemon
      )
      const agent = yield* restore(
        Effect.timeoutFail(Fiber.join(response), { duration: limit, onTimeout: () => noAnswer(limit) })
      ).pipe(Effect.onError(() => abandon(response)))
      const asked = request.claude
      if (asked?.resume !== true || asked.forkSession === true || asked.sessionId === agent.sessionId) return agent
      yield* restore(stop(agent.id))
      return yield* notResumed(agent, asked.sessionId)
    })

  return {
    create: (request) =>
      pendingReleases.during(creating)(Effect.uninterruptibleMask((restore) => acquire(request, restore))),
    scoped: (request) =>
      pendingReleases.during(creating)(
        Effect.uninterruptibleMask((restore) =>
          Effect.tap(acquire(request, restore), ({ id }) =>
            Effect.zipRight(heldAgent, pendingReleases.hold({ what: `agent ${id}` }, stop(id)))
          )
        )
      )
  }
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const warnOfLost = ({ message }: ApiError) =>
  Effect.logWarning(`An agent may have been left behind, until its idle timeout ends it: ${message}`)

const noAnswer = (limit: Duration.Duration): Timeout =>
  new Timeout({
    system: "stromboli",
    operation: "Agents.create",
    method: "POST",
    path: "/agents",
    side: "client",
    message: `POST /agents (Agents.create) was not answered within ${Duration.format(limit)}. If the server creates the agent later, it is stopped.`,
    attempts: 1,
    retryable: true,
    admitted: "unknown"
  })

const notResumed = (agent: Agent, asked: Agent["sessionId"] | undefined): SessionNotResumed =>
  new SessionNotResumed({
    agentId: agent.id,
    asked,
    sessionId: agent.sessionId,
    message: `The server did not resume session ${asked}: agent ${agent.id} began the new session ${agent.sessionId} and was stopped. This server's agents cannot resume a session; continue it with \`Session\` or \`Execution.run\`.`
  })
