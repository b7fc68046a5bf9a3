/**
 * Daytona: sandboxes in the cloud. `Daytona.layer` provides the services of the control plane, `Sandbox.layer` those
 * inside one sandbox. Each service can also be built or replaced separately.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Daytona, Sandboxes } from "effect-sandboxes/daytona"
 * import { NodeTransport } from "effect-sandboxes/node"
 *
 * const program = Effect.gen(function* () {
 *   const sandboxes = yield* Sandboxes
 *   const sandbox = yield* sandboxes.scoped({ image: "python:3.12" })
 *   return (yield* sandbox.process.execute("python3 --version")).stdout
 * }).pipe(Effect.scoped)
 *
 * const runnable = program.pipe(Effect.provide(Daytona.layerConfig()), Effect.provide(NodeTransport.layer))
 * ```
 */
export * from "./errors/ApiError.js"
export * from "./errors/daytona/controlPlane.js"
export * from "./errors/daytona/toolbox.js"
export type { Admitted } from "./errors/RequestFailure.js"
export type { PollOptions } from "./internal/poll.js"
export { type ClientOptions, RequestOptions, type RequestPolicy, withRequestOptions } from "./RequestOptions.js"
export { Configuration } from "./schema/daytona/Configuration.js"
export type {
  CreateBuildInfo,
  CreateKeyedSandbox,
  CreateSandbox,
  CreateSandboxBase,
  CreateSandboxFromImage,
  CreateSandboxFromSnapshot,
  Language,
  SandboxResources
} from "./schema/daytona/CreateSandbox.js"
export type { CreateSnapshot } from "./schema/daytona/CreateSnapshot.js"
export { CommandHandle, SandboxHandle, TerminalHandle } from "./schema/daytona/Handles.js"
export * from "./schema/daytona/Identifiers.js"
export type { AutoArchive, AutoDelete, AutoPause, AutoStop, TimeToLive } from "./schema/daytona/Intervals.js"
export { PoolStatus } from "./schema/daytona/PoolStatus.js"
export { ReaperReport, Removal } from "./schema/daytona/ReaperReport.js"
export { Region } from "./schema/daytona/Region.js"
export type { GpuType, SandboxClass } from "./schema/daytona/Resources.js"
export { PreviewLink, SignedPreviewUrl, SshAccess, SshAccessValidation } from "./schema/daytona/SandboxAccess.js"
export { SandboxMetrics, type TimeRange } from "./schema/daytona/SandboxMetrics.js"
export type { SandboxFilter } from "./schema/daytona/SandboxQuery.js"
export type { NetworkSettings, ResizeSandbox } from "./schema/daytona/SandboxUpdate.js"
export { type CreateSecret, Secret, type SecretFilter, type UpdateSecret } from "./schema/daytona/Secret.js"
export * as Snapshot from "./schema/daytona/Snapshot.js"
export { SnapshotEvent } from "./schema/daytona/SnapshotEvent.js"
export { Chart, ChartElement, type ChartType } from "./schema/daytona/toolbox/Chart.js"
export {
  CodeRunResult,
  CommandExit,
  ExecuteResult,
  LogChunk,
  LogText,
  MergedResult,
  ProcessEvent,
  SessionResult
} from "./schema/daytona/toolbox/CommandResult.js"
export {
  AccessibilityMatches,
  AccessibilityNode,
  AccessibilityNodeId,
  type AccessibilitySearch,
  AccessibilityTree
} from "./schema/daytona/toolbox/computerUse/accessibility.js"
export {
  DesktopChange,
  DesktopProcess,
  type DesktopProcessName,
  DesktopStatus
} from "./schema/daytona/toolbox/computerUse/ComputerUse.js"
export { DesktopWindow, Display } from "./schema/daytona/toolbox/computerUse/display.js"
export {
  type KeyModifier,
  type MouseClick,
  type MouseDrag,
  type MouseScroll,
  ScreenPosition
} from "./schema/daytona/toolbox/computerUse/input.js"
export { Recording, RecordingId } from "./schema/daytona/toolbox/computerUse/recording.js"
export { type ScreenRegion, Screenshot } from "./schema/daytona/toolbox/computerUse/screenshot.js"
export { FileInfo, TextMatch, WrittenFile } from "./schema/daytona/toolbox/File.js"
export { DownloadedFile, ReplacedFile } from "./schema/daytona/toolbox/FileResult.js"
export {
  GitBranches,
  GitCommit,
  type GitConfigScope,
  type GitFileState,
  GitFileStatus,
  GitRemote,
  type GitResetMode,
  GitStatus
} from "./schema/daytona/toolbox/Git.js"
export {
  ContextId,
  InterpreterContext,
  InterpreterEvent,
  InterpreterResult,
  PythonException
} from "./schema/daytona/toolbox/Interpreter.js"
export {
  CodeSymbol,
  type CompletionContext,
  CompletionItem,
  Completions,
  type ServedLanguage,
  TextPosition,
  TextRange
} from "./schema/daytona/toolbox/LanguageServer.js"
export { PtyExit, PtyId, PtySession, PtySize } from "./schema/daytona/toolbox/Pty.js"
export {
  CommandId,
  CommandLogs,
  ProcessSession,
  ProcessSessionId,
  SessionCommand
} from "./schema/daytona/toolbox/Session.js"
export { TerminalEvent } from "./schema/daytona/toolbox/TerminalEvent.js"
export { type EnvironmentChange, WorkspaceMetrics } from "./schema/daytona/toolbox/Workspace.js"
export { Volume, type VolumeState } from "./schema/daytona/Volume.js"
export { type CreateWarmPool, WarmPool } from "./schema/daytona/WarmPool.js"
export type { DurationWithUnit, Refused } from "./schema/refused.js"
export * as Daytona from "./services/daytona/Daytona.js"
export { layer, layerConfig } from "./services/daytona/Daytona.js"
export { DaytonaClient } from "./services/daytona/DaytonaClient.js"
export * as Image from "./services/daytona/image/Image.js"
export { ObjectStorage } from "./services/daytona/objectStorage/ObjectStorage.js"
export { SandboxPool } from "./services/daytona/pool/SandboxPool.js"
export { Regions } from "./services/daytona/Regions.js"
export { Reaper } from "./services/daytona/reaper/Reaper.js"
export { Secrets } from "./services/daytona/Secrets.js"
export * as Sandbox from "./services/daytona/sandboxes/Sandbox.js"
export { SandboxChanges } from "./services/daytona/sandboxes/SandboxChanges.js"
export { Sandboxes } from "./services/daytona/sandboxes/Sandboxes.js"
export { Snapshots } from "./services/daytona/snapshots/Snapshots.js"
export { ComputerUse } from "./services/daytona/toolbox/computerUse/ComputerUse.js"
export { Files } from "./services/daytona/toolbox/files/Files.js"
export { Git } from "./services/daytona/toolbox/git/Git.js"
export { CodeInterpreter } from "./services/daytona/toolbox/interpreter/CodeInterpreter.js"
export { LanguageServer } from "./services/daytona/toolbox/languageServer/LanguageServer.js"
export { Ports } from "./services/daytona/toolbox/Ports.js"
export { Process } from "./services/daytona/toolbox/process/Process.js"
export { Pty } from "./services/daytona/toolbox/pty/Pty.js"
export { ProcessSessions } from "./services/daytona/toolbox/sessions/ProcessSessions.js"
export { Toolbox } from "./services/daytona/toolbox/Toolbox.js"
export { Workspace } from "./services/daytona/toolbox/Workspace.js"
export { Volumes } from "./services/daytona/Volumes.js"
export { WarmPools } from "./services/daytona/WarmPools.js"
export type {
  Connection,
  Handshake,
  WebSocketClosed,
  WebSocketFailed,
  WebSocketOpener
} from "./stream/WebSocket.js"
export { WebSockets } from "./stream/WebSockets.js"
