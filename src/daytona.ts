/**
 * Daytona: sandboxes in the cloud. `Daytona.layer` gives all services; each can also be built and replaced alone.
 */
export * from "./errors/ApiError.js"
export * from "./errors/Daytona.js"
export type { Admitted } from "./errors/RequestFailure.js"
export { RequestOptions, type RequestPolicy, withRequestOptions } from "./RequestOptions.js"
export type { Configuration } from "./schema/daytona/Configuration.js"
export type {
  CreateBuildInfo,
  CreateSandbox,
  FromImage,
  FromSnapshot,
  Language,
  NewSandboxSettings,
  SandboxSize
} from "./schema/daytona/CreateSandbox.js"
export * from "./schema/daytona/Identifiers.js"
export type { AutoArchive, AutoDelete, AutoPause, AutoStop, TimeToLive } from "./schema/daytona/intervals.js"
export type { GpuType, SandboxClass } from "./schema/daytona/Machine.js"
export type { Region } from "./schema/daytona/Region.js"
export * as Sandbox from "./schema/daytona/Sandbox.js"
export type {
  NetworkSettings,
  PreviewLink,
  Resize,
  SignedPreviewUrl,
  SshAccess,
  SshAccessValidation
} from "./schema/daytona/SandboxChange.js"
export type { SandboxMetrics, TimeRange } from "./schema/daytona/SandboxMetrics.js"
export type { SandboxFilter } from "./schema/daytona/SandboxQuery.js"
export type { NewSecret, Secret, SecretChange, SecretFilter } from "./schema/daytona/Secret.js"
export * as Snapshot from "./schema/daytona/Snapshot.js"
export type { Volume, VolumeState } from "./schema/daytona/Volume.js"
export type { NewWarmPool, WarmPool } from "./schema/daytona/WarmPool.js"
export * as Daytona from "./services/daytona/Daytona.js"
export { layer, layerConfig } from "./services/daytona/Daytona.js"
export { DaytonaClient } from "./services/daytona/DaytonaClient.js"
export * as Image from "./services/daytona/Image.js"
export { ObjectStorage } from "./services/daytona/ObjectStorage.js"
export { Regions } from "./services/daytona/Regions.js"
export { SandboxEvents } from "./services/daytona/SandboxEvents.js"
export { Sandboxes } from "./services/daytona/Sandboxes.js"
export { Secrets } from "./services/daytona/Secrets.js"
export { Snapshots } from "./services/daytona/Snapshots.js"
export type { CreateSnapshot, SnapshotEvent } from "./services/daytona/SnapshotsCreation.js"
export { Volumes } from "./services/daytona/Volumes.js"
export { WarmPools } from "./services/daytona/WarmPools.js"
