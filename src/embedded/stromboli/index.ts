/**
 * A Stromboli server in this process, for tests and for development without one: {@link EmbeddedStromboli}, with {@link
 * Claude} to answer its prompts and {@link Fault} to make it fail.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
 * import { Execution, Stromboli } from "effect-sandboxes/stromboli"
 *
 * const server = EmbeddedStromboli.layerHttpClient().pipe(Layer.provide(Claude.layerDemo()))
 *
 * const test = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Count to ten" })).pipe(
 *   Effect.provide(Stromboli.layer({ baseUrl: "http://stromboli.test" })),
 *   Effect.provide(server)
 * )
 * ```
 */
export { ConnectionFault, type SocketError } from "../ConnectionFault.js"
export * as Fault from "../faults/Fault.js"
export type { Faults, Injection } from "../faults/Faults.js"
export { ListenError, type ListenOptions } from "../loopbackServer.js"
export type { RecordedRequest } from "../RequestLog.js"
export { Claude, type ClaudeService } from "./claude/Claude.js"
export {
  type AgentInput,
  type AgentLine,
  type AgentProcess,
  AgentWriteFailed,
  type Run,
  type RunInput,
  SpawnFailed,
  type StartAgent,
  type Turn
} from "./claude/ClaudeProcess.js"
export type { DemoOptions } from "./claude/demoAgent.js"
export * as ProcessFailed from "./claude/ProcessFailed.js"
export * as Script from "./claude/Script.js"
export * as StreamJson from "./claude/StreamJson.js"
export { EmbeddedStromboli, type EmbeddedStromboliService } from "./EmbeddedStromboli.js"
export type { AuthOptions, ImageSeed, Options, RateLimitOptions, RegistrySeed } from "./Options.js"
export { type Route, type RouteName, routes } from "./routes.js"
export type { Message } from "./transcript.js"
export type { ClaudeOptions, PodmanOptions } from "./wire.js"
