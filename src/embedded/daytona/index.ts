/**
 * A Daytona server in this process, for tests and for development without an account: {@link EmbeddedDaytona}, with
 * {@link Fault} for failures on the wire and {@link Outcome} for those of background tasks. Its sandboxes are
 * directories of this computer with real processes ({@link localRuntime}).
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Daytona, Sandboxes } from "effect-sandboxes/daytona"
 * import { EmbeddedDaytona, localRuntime } from "effect-sandboxes/embedded/daytona"
 *
 * const test = Effect.gen(function* () {
 *   const sandboxes = yield* Sandboxes
 *   const sandbox = yield* sandboxes.scoped()
 *   return (yield* sandbox.process.execute("echo hello")).stdout
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(Daytona.layer({ apiKey: Redacted.make("test"), apiUrl: "http://daytona.test/api" })),
 *   Effect.provide(EmbeddedDaytona.layerHttpClient({ runtime: localRuntime() }))
 * )
 * ```
 */
export { ConnectionFault, type SocketError } from "../ConnectionFault.js"
export * as Fault from "../faults/Fault.js"
export type { Faults, Injection } from "../faults/Faults.js"
export { ListenError, type ListenOptions } from "../loopbackServer.js"
export type { RecordedRequest } from "../RequestLog.js"
export { EmbeddedDaytona, type EmbeddedDaytonaService } from "./EmbeddedDaytona.js"
export { type Route, type RouteName, routes } from "./http/routes.js"
export type {
  ApiKeySeed,
  AuthOptions,
  JwtOptions,
  ObjectStorageOptions,
  Options,
  OrganizationSeed,
  Permission,
  Quotas,
  RateLimit,
  RegionSeed,
  SandboxClass,
  SnapshotSeed,
  Throttler
} from "./Options.js"
export type { Volume, VolumeState } from "./organization/Volumes.js"
export type { BackgroundTask } from "./outcomes/BackgroundTask.js"
export * as Outcome from "./outcomes/Outcome.js"
export type { Injection as OutcomeInjection, Outcomes } from "./outcomes/Outcomes.js"
export { type LocalRuntimeOptions, localRuntime } from "./runtime/localRuntime.js"
export {
  emptyRuntime,
  type MakeSandboxRuntime,
  type RuntimeSandbox,
  type SandboxRuntime
} from "./runtime/SandboxRuntime.js"
export { defaultOrganizationId } from "./Settings.js"
export type { BuildInfo, Sandbox, VolumeMount } from "./sandbox/Sandbox.js"
export type { DesiredState, SandboxState } from "./sandbox/state.js"
export type { Snapshot, SnapshotState } from "./snapshot/Snapshots.js"
export type { StoredObject } from "./storage/ObjectStorage.js"
export type { Desktop, Point } from "./toolbox/computerUse/Desktop.js"
export type { ComputerUseOptions } from "./toolbox/computerUse/routes.js"
export { type SimulatedDesktopOptions, simulatedDesktop } from "./toolbox/computerUse/simulatedDesktop.js"
export type { Machine } from "./toolbox/Machine.js"
export type { Refusal } from "./toolbox/Refusal.js"
