/**
 * Runs of agents that survive machines, on the engines of `@effect/workflow` and `@effect/cluster`: on one laptop with
 * SQLite, or on a fleet with Postgres.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { NodeTransport } from "effect-sandboxes/node"
 * import { Stromboli } from "effect-sandboxes/stromboli"
 * import { AgentRuns, Engine, RunOutcome } from "effect-sandboxes/workflow"
 *
 * const program = Effect.gen(function* () {
 *   const runs = yield* AgentRuns
 *   yield* runs.submit({ key: "haiku", prompt: "Write a haiku about types" })
 *   return yield* RunOutcome.text(yield* runs.result("haiku"))
 * })
 *
 * const RunsLive = Layer.merge(AgentRuns.layer, AgentRuns.layerWorker()).pipe(
 *   Layer.provide(Engine.layerSingleProcess()),
 *   Layer.provideMerge(Stromboli.layer({ baseUrl: "http://localhost:8585" })),
 *   Layer.provide(NodeTransport.layer)
 * )
 * ```
 */
export { AgentRunProgress } from "./AgentRunProgress.js"
export { AgentRuns } from "./AgentRuns.js"
export * as Approval from "./Approval.js"
export * as DurableCommand from "./DurableCommand.js"
export * as DurableConversation from "./DurableConversation.js"
export * as DurableRun from "./DurableRun.js"
export * as DurableSandbox from "./DurableSandbox.js"
export { DurableStore } from "./DurableStore.js"
export * as Engine from "./Engine.js"
export * from "./failures.js"
export type { Polls } from "./pauses.js"
export * as RunOutcome from "./RunOutcome.js"
export { RunPolicy } from "./runPolicy.js"
export * as Singletons from "./Singletons.js"
export { step } from "./step.js"
