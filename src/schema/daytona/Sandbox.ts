/** Sandboxes as the server describes them. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId, SandboxId, SandboxName, WarmPoolId } from "./Identifiers.js"
import { AutoArchive, AutoDelete, AutoPause, AutoStop } from "./Intervals.js"
import { GpuType, SandboxClass } from "./Resources.js"
import { Texts, tolerantFields } from "./Tolerant.js"

/** The state of a sandbox. A server may report states that are not listed here. */
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

/** The state that a sandbox is moving to. */
export const SandboxDesiredState = openLiteral("destroyed", "started", "stopped", "resized", "archived", "paused")
export type SandboxDesiredState = typeof SandboxDesiredState.Type

const volumeMountFields = {
  /** The volume, by id; in a request, also by name. */
  volumeId: Schema.String,
  /** An absolute path; not `/`, and not below `/proc`, `/sys`, `/dev`, `/boot`, `/etc`, `/bin`, `/sbin` or `/lib`. */
  mountPath: Schema.String,
  /** Mount only this directory of the volume: a relative path without `..`. */
  subpath: Schema.optional(Schema.String)
}

/** A volume mounted in a sandbox. */
export interface VolumeMount extends Schema.Struct.Type<typeof volumeMountFields> {}
export const VolumeMount = wireStruct(volumeMountFields)

const buildInfoFields = {
  ...tolerantFields,
  dockerfileContent: Schema.optional(Schema.String),
  contextHashes: Schema.optional(Schema.Array(Schema.String)),
  createdAt: Schema.String,
  updatedAt: Schema.String,
  /** The name of the built image; identical builds have the same name. */
  snapshotRef: Schema.String
}

/** What an image was built from. */
export interface BuildInfo extends Schema.Struct.Type<typeof buildInfoFields> {}
export const BuildInfo = wireStruct(buildInfoFields, {
  absent: { createdAt: "", updatedAt: "" },
  essential: ["snapshotRef"]
})

/** Texts without commas. */
const Listed = Schema.Array(Schema.String).annotations({ arbitrary: () => (fc) => fc.array(fc.domain()) })

/** A list that is a comma-separated string on the wire. */
export const CommaSeparated = Schema.transform(Schema.String, Listed, {
  strict: true,
  decode: (text) =>
    text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  encode: (list) => list.join(",")
})

const sharedFields = {
  ...tolerantFields,
  id: SandboxId,
  organizationId: OrganizationId,
  name: SandboxName,
  /** The region it runs in. */
  target: RegionId,
  /** The user that processes run as. */
  user: Schema.String,
  /** A value that is not a string is given as JSON; the server takes them from other clients. */
  labels: Texts,
  /** Its state; `unknown` also when the server sends none. */
  state: SandboxState,
  desiredState: Schema.optional(SandboxDesiredState),
  /** Why its state is `error` or `build_failed`. */
  errorReason: Schema.optional(Schema.String),
  /** Whether `Sandboxes.recover` may restore it. */
  recoverable: Schema.optional(Schema.Boolean),
  /** The snapshot it was created from. */
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
  /** Whether its previews are open to everyone. */
  public: Schema.Boolean,
  networkBlockAll: Schema.Boolean,
  /** The only networks it may reach, as IPv4 CIDRs. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** The only domains it may reach. */
  domainAllowList: Schema.optional(CommaSeparated),
  /** Whether it runs on spot capacity, from which it can be evicted. */
  spot: Schema.Boolean,
  /** ISO 8601: when it was evicted. */
  spotEvictedAt: Schema.optional(Schema.String),
  warmPoolId: Schema.optional(WarmPoolId),
  autoStop: Schema.optional(AutoStop.received),
  autoPause: Schema.optional(AutoPause.received),
  autoArchive: Schema.optional(AutoArchive.received),
  autoDelete: Schema.optional(AutoDelete.received),
  /** ISO 8601: when its time to live ends. */
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
  /** The address of its toolbox; absent from older servers. */
  toolboxProxyUrl: Schema.optional(Schema.String)
}

const wire = {
  wireNames: {
    autoStop: "autoStopInterval",
    autoPause: "autoPauseInterval",
    autoArchive: "autoArchiveInterval",
    autoDelete: "autoDeleteInterval"
  },
  absent: {
    state: "unknown",
    organizationId: "",
    name: "",
    target: "",
    user: "",
    labels: {},
    cpu: 0,
    gpu: 0,
    memory: 0,
    disk: 0,
    public: false,
    networkBlockAll: false,
    spot: false
  },
  essential: ["id", "state"]
} as const

const sandboxFields = {
  ...sharedFields,
  /** Environment variables, redacted since they often hold keys. */
  env: Schema.Redacted(Texts),
  /** Whether the guest has `/dev/kvm`. */
  kvm: Schema.optional(Schema.Boolean),
  volumes: Schema.optional(Schema.Array(VolumeMount)),
  buildInfo: Schema.optional(BuildInfo),
  /** ISO 8601. Deprecated by the server. */
  backupCreatedAt: Schema.optional(Schema.String),
  /** It is deleted together with that sandbox. */
  linkedSandboxId: Schema.optional(SandboxId),
  /** The proxy for all its outbound traffic; redacted since such URLs often hold a password. */
  outboundProxyUrl: Schema.optional(Schema.Redacted(Schema.String)),
  otelEndpointOverride: Schema.optional(Schema.String)
}

/** A sandbox. */
export interface Sandbox extends Schema.Struct.Type<typeof sandboxFields> {}
export const Sandbox = wireStruct(sandboxFields, { ...wire, absent: { ...wire.absent, env: {} } })

/** A sandbox in a list, without its environment, volumes and build. */
export interface SandboxListItem extends Schema.Struct.Type<typeof sharedFields> {}
export const SandboxListItem = wireStruct(sharedFields, wire)

const pageFields = {
  /** May be empty even if there are further pages. */
  items: Schema.Array(SandboxListItem),
  /** The cursor of the next page, for the same filter; absent on the last page. */
  nextCursor: Schema.optional(Schema.String)
}

/** A page of sandboxes. */
export interface SandboxPage extends Schema.Struct.Type<typeof pageFields> {}
export const SandboxPage = Schema.Struct(pageFields)

const has =
  (...states: ReadonlyArray<SandboxState>) =>
  (sandbox: { readonly state: SandboxState }): boolean =>
    states.includes(sandbox.state)

/** Whether it runs. */
export const isStarted = has("started")
/** Whether it is stopped; its disk is kept. */
export const isStopped = has("stopped")
/** Whether it is archived; its disk is in cheaper storage, so starting it takes longer. */
export const isArchived = has("archived")
/** Whether it is paused; `Sandboxes.resume` continues it. */
export const isPaused = has("paused")
/** Whether it is destroyed. */
export const isDestroyed = has("destroyed")

/** Whether it is in `error` or `build_failed`, which it does not leave by itself. */
export const isFailed = has("error", "build_failed")
