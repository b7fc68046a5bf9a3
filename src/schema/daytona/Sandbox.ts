/** Sandboxes as the server describes them. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId, SandboxId, SandboxName, WarmPoolId } from "./Identifiers.js"
import { AutoArchive, AutoDelete, AutoPause, AutoStop } from "./intervals.js"
import { GpuType, SandboxClass } from "./Machine.js"

/** What a sandbox is doing. Servers may know states that this list does not. */
export const SandboxState = openLiteral(
  "creating",
  "restoring",
  "destroyed",
  "destroying",
  "started",
  "stopped",
  "starting",
  "stopping",
  "error",
  "build_failed",
  "pending_build",
  "building_snapshot",
  "unknown",
  "pulling_snapshot",
  "archived",
  "archiving",
  "resizing",
  "snapshotting",
  "forking",
  "pausing",
  "paused",
  "resuming"
)
export type SandboxState = typeof SandboxState.Type

/** What a sandbox is on its way to. */
export const SandboxDesiredState = openLiteral("destroyed", "started", "stopped", "resized", "archived", "paused")
export type SandboxDesiredState = typeof SandboxDesiredState.Type

const volumeMountFields = {
  /** The volume, by id; when creating, also by name. */
  volumeId: Schema.String,
  /** An absolute path; not `/`, and not below `/proc`, `/sys`, `/dev`, `/boot`, `/etc`, `/bin`, `/sbin` or `/lib`. */
  mountPath: Schema.String,
  /** A directory of the volume, to mount that alone; relative, without `..`. */
  subpath: Schema.optional(Schema.String)
}

/** A volume in a sandbox. */
export interface VolumeMount extends Schema.Struct.Type<typeof volumeMountFields> {}
export const VolumeMount = wireStruct(volumeMountFields)

const buildInfoFields = {
  dockerfileContent: Schema.optional(Schema.String),
  contextHashes: Schema.optional(Schema.Array(Schema.String)),
  createdAt: Schema.String,
  updatedAt: Schema.String,
  /** The name of the built image; equal builds have equal names. */
  snapshotRef: Schema.String
}

/** What an image was built from. */
export interface BuildInfo extends Schema.Struct.Type<typeof buildInfoFields> {}
export const BuildInfo = wireStruct(buildInfoFields)

/** A list that is one string on the wire, with commas. */
export const CommaSeparated = Schema.transform(Schema.String, Schema.Array(Schema.String), {
  strict: true,
  decode: (text) =>
    text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  encode: (list) => list.join(",")
})

const sharedFields = {
  id: SandboxId,
  organizationId: OrganizationId,
  name: SandboxName,
  /** The region that it runs in. */
  target: RegionId,
  /** The user that processes run as. */
  user: Schema.String,
  labels: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** What it is doing; `unknown` also where the server does not say. */
  state: SandboxState,
  desiredState: Schema.optional(SandboxDesiredState),
  /** Why its state is `error` or `build_failed`. */
  errorReason: Schema.optional(Schema.String),
  /** `Sandboxes.recover` may bring it back. */
  recoverable: Schema.optional(Schema.Boolean),
  /** The snapshot that it was made from. */
  snapshot: Schema.optional(Schema.String),
  sandboxClass: Schema.optional(SandboxClass),
  /** Cores. */
  cpu: Schema.Number,
  gpu: Schema.Number,
  gpuType: Schema.optional(GpuType),
  /** GiB. */
  memory: Schema.Number,
  /** GiB. */
  disk: Schema.Number,
  /** Its previews are open to everyone. */
  public: Schema.Boolean,
  networkBlockAll: Schema.Boolean,
  /** The only networks that it reaches, as IPv4 CIDRs. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** The only domains that it reaches. */
  domainAllowList: Schema.optional(CommaSeparated),
  /** It runs on capacity that may be taken away. */
  spot: Schema.Boolean,
  /** ISO 8601: when that happened. */
  spotEvictedAt: Schema.optional(Schema.String),
  warmPoolId: Schema.optional(WarmPoolId),
  autoStop: Schema.optional(AutoStop.received),
  autoPause: Schema.optional(AutoPause.received),
  autoArchive: Schema.optional(AutoArchive.received),
  autoDelete: Schema.optional(AutoDelete.received),
  /** ISO 8601: when its time to live is over. */
  autoDestroyAt: Schema.optional(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.optional(Schema.String),
  /** ISO 8601. */
  updatedAt: Schema.optional(Schema.String),
  /** ISO 8601; `autoStop` and `autoPause` count from here. */
  lastActivityAt: Schema.optional(Schema.String),
  /** Deprecated by the server. */
  backupState: Schema.optional(openLiteral("None", "Pending", "InProgress", "Completed", "Error")),
  daemonVersion: Schema.optional(Schema.String),
  runnerId: Schema.optional(Schema.String),
  /** Where its toolbox is reached; older servers leave it out. */
  toolboxProxyUrl: Schema.optional(Schema.String)
}

const wire = {
  wireNames: {
    autoStop: "autoStopInterval",
    autoPause: "autoPauseInterval",
    autoArchive: "autoArchiveInterval",
    autoDelete: "autoDeleteInterval"
  },
  absent: { state: "unknown", labels: {}, gpu: 0, public: false, networkBlockAll: false, spot: false }
} as const

const sandboxFields = {
  ...sharedFields,
  /** Environment variables. They often hold keys. */
  env: Schema.Redacted(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** Its guest has `/dev/kvm`. */
  kvm: Schema.optional(Schema.Boolean),
  volumes: Schema.optional(Schema.Array(VolumeMount)),
  buildInfo: Schema.optional(BuildInfo),
  /** ISO 8601. Deprecated by the server. */
  backupCreatedAt: Schema.optional(Schema.String),
  /** Deleted together with that sandbox. */
  linkedSandboxId: Schema.optional(SandboxId),
  /** A proxy for all that it sends; such URLs often hold a password. */
  outboundProxyUrl: Schema.optional(Schema.Redacted(Schema.String)),
  otelEndpointOverride: Schema.optional(Schema.String)
}

/** A sandbox. */
export interface Sandbox extends Schema.Struct.Type<typeof sandboxFields> {}
export const Sandbox = wireStruct(sandboxFields, { ...wire, absent: { ...wire.absent, env: {} } })

/** A sandbox in a list, which leaves out its environment, volumes and build. */
export interface SandboxListItem extends Schema.Struct.Type<typeof sharedFields> {}
export const SandboxListItem = wireStruct(sharedFields, wire)

const has =
  (...states: ReadonlyArray<SandboxState>) =>
  (sandbox: { readonly state: SandboxState }): boolean =>
    states.includes(sandbox.state)

/** It runs. */
export const isStarted = has("started")
/** It is stopped; its disk is kept. */
export const isStopped = has("stopped")
/** It is archived; its disk is kept elsewhere, and starting it takes longer. */
export const isArchived = has("archived")
/** It is paused: `Sandboxes.resume` goes on where it was. */
export const isPaused = has("paused")
/** It is gone. */
export const isDestroyed = has("destroyed")

/** It will not get anywhere by itself: `error` or `build_failed`. */
export const isFailed = has("error", "build_failed")
