/**
 * Stromboli: Claude Code agents in Podman containers. `Stromboli.layer` provides all services; each one can also be
 * built and replaced on its own.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { Execution, Stromboli } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const execution = yield* Execution
 *   return (yield* execution.run({ prompt: "Write a haiku about types" })).output
 * })
 *
 * const runnable = program.pipe(
 *   Effect.provide(Stromboli.layer({ baseUrl: "http://localhost:8585" })),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export * from "./errors/ApiError.js"
export type { Admitted } from "./errors/RequestFailure.js"
export * from "./errors/stromboli/failures.js"
export type { PollOptions } from "./internal/poll.js"
export { type ClientOptions, RequestOptions, type RequestPolicy, withRequestOptions } from "./RequestOptions.js"
export type { DurationWithUnit } from "./schema/refused.js"
export { Agent, type AgentRequest, type AgentStatus } from "./schema/stromboli/Agent.js"
export {
  AgentEvent,
  AgentExit,
  AgentOutput,
  AgentStderr,
  TurnEnded,
  TurnStarted,
  UnaskedTurnEnded,
  UnknownAgentEvent
} from "./schema/stromboli/AgentEvent.js"
export * as ClaudeMessage from "./schema/stromboli/ClaudeMessage.js"
export type { ClaudeOptions, Model } from "./schema/stromboli/ClaudeOptions.js"
export { AgentHandle, SessionHandle } from "./schema/stromboli/Handles.js"
export * from "./schema/stromboli/Identifiers.js"
export {
  FoundImage,
  ImageDetail,
  ImageInfo,
  ImageName,
  type ImagePullRequest,
  PulledImage
} from "./schema/stromboli/Image.js"
export * as Job from "./schema/stromboli/Job.js"
export { KeyedJob, type KeyedRunRequest } from "./schema/stromboli/KeyedRun.js"
export * as Message from "./schema/stromboli/Message.js"
export type { EnvironmentConfig, LifecycleHooks, PodmanOptions } from "./schema/stromboli/PodmanOptions.js"
export {
  type AsyncRunRequest,
  CompletedRun,
  CrashedRun,
  CrashInfo,
  RunDone,
  RunEvent,
  RunOutput,
  type RunRequest,
  RunResult,
  StartedJob,
  type StreamRequest,
  StructuredRun,
  UnknownRunEvent,
  Usage
} from "./schema/stromboli/Run.js"
export { Secret } from "./schema/stromboli/Secret.js"
export { MessagePage, SessionInfo } from "./schema/stromboli/Session.js"
export { ClaudeStatus, ComponentHealth, Health, isHealthy } from "./schema/stromboli/System.js"
export { TokenPair, TokenValidation } from "./schema/stromboli/Token.js"
export { WebhookPayload } from "./schema/stromboli/Webhook.js"
export { Agents } from "./services/stromboli/agents/Agents.js"
export type { Conversation } from "./services/stromboli/agents/conversation.js"
export { Auth } from "./services/stromboli/auth/Auth.js"
export * as Compatibility from "./services/stromboli/Compatibility.js"
export { Execution } from "./services/stromboli/execution/Execution.js"
export { Images } from "./services/stromboli/Images.js"
export { Jobs } from "./services/stromboli/Jobs.js"
export { Secrets } from "./services/stromboli/Secrets.js"
export * as Stromboli from "./services/stromboli/Stromboli.js"
export { layer, layerCompatible, layerConfig } from "./services/stromboli/Stromboli.js"
export { StromboliClient } from "./services/stromboli/StromboliClient.js"
export { System } from "./services/stromboli/System.js"
export * as Session from "./services/stromboli/sessions/Session.js"
export { Sessions } from "./services/stromboli/sessions/Sessions.js"
export { Webhooks } from "./services/stromboli/Webhooks.js"
