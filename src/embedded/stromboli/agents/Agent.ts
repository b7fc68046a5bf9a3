/** The state of a single agent, and its events. */
import type { AgentProcess } from "../claude/ClaudeProcess.js"
import * as GoTime from "../go/time.js"
import type { Subscription } from "./Subscription.js"

/** An event of an agent on the wire; absent fields are omitted. */
export interface AgentEvent {
  readonly type: "turn_start" | "output" | "turn_end" | "error" | "exited"
  readonly turn_id?: string
  readonly content?: string
  readonly error?: string
  readonly at: string
}

/** The state of an agent. It is only changed synchronously, where the real server uses a mutex. */
export interface Agent {
  readonly id: string
  readonly sessionId: string
  readonly createdAt: number
  readonly idleTimeoutMillis: number
  readonly idleTimeoutDisabled: boolean
  readonly process: AgentProcess
  readonly subscriptions: Set<Subscription<AgentEvent>>
  status: "starting" | "idle" | "generating" | "exited"
  lastActivityAt: number
  turnsCompleted: number
  currentTurn: string
  exitError: string
}

/** The agent as `GET /agents/{id}` returns it. */
export const snapshot = (agent: Agent) => ({
  id: agent.id,
  session_id: agent.sessionId,
  status: agent.status,
  created_at: GoTime.toNanos(agent.createdAt),
  last_activity_at: GoTime.toNanos(agent.lastActivityAt),
  idle_timeout_seconds: Math.floor(agent.idleTimeoutMillis / 1_000),
  ...(agent.idleTimeoutDisabled ? { idle_timeout_disabled: true } : {}),
  turns_completed: agent.turnsCompleted,
  ...(agent.exitError === "" ? {} : { exit_error: agent.exitError })
})

/** Sends an event to all subscribers, with its fields in the order of the wire. */
export const publish = (agent: Agent, now: number, event: Omit<AgentEvent, "at">): void => {
  const { content = "", error = "", turn_id = "", type } = event
  const published: AgentEvent = {
    type,
    ...(turn_id === "" ? {} : { turn_id }),
    ...(content === "" ? {} : { content }),
    ...(error === "" ? {} : { error }),
    at: GoTime.toNanos(now)
  }
  for (const subscription of agent.subscriptions) subscription.push(published)
}

/** Records the exit of the process, once, and ends all subscriptions. */
export const markExited = (agent: Agent, now: number, error: string): void => {
  if (agent.status === "exited") return
  agent.status = "exited"
  agent.exitError = error
  publish(agent, now, { type: "exited", error })
  for (const subscription of agent.subscriptions) subscription.close()
  agent.subscriptions.clear()
}
