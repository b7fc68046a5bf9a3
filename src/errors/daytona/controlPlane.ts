/** Failures of sandboxes, volumes and snapshots, and of waiting for them. */
import * as Schema from "effect/Schema"
import { SandboxId, VolumeId, VolumeName } from "../../schema/daytona/Identifiers.js"
import { Admitted, constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/**
 * A sandbox cannot reach the expected state: it is in an error state, or was destroyed meanwhile. It still exists
 * unless its state says otherwise.
 */
export class SandboxFailed extends TaggedError<SandboxFailed>("effect-sandboxes/SandboxFailed")("SandboxFailed", {
  code: constant("SANDBOX_FAILED"),
  system: System,
  /** The operation, for example `Sandboxes.create`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  /** Its last known state. */
  state: Schema.String,
  /** The reason, as the server words it. */
  reason: Schema.optional(Schema.String),
  /** Whether `Sandboxes.recover` may help; absent when the server does not say. */
  recoverable: Schema.optional(Schema.Boolean),
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A sandbox did not reach the expected state in time. The server continues, and the sandbox can be awaited again. */
export class SandboxWaitTimeout extends TaggedError<SandboxWaitTimeout>("effect-sandboxes/SandboxWaitTimeout")(
  "SandboxWaitTimeout",
  {
    code: constant("SANDBOX_WAIT_TIMEOUT"),
    system: System,
    operation: Schema.String,
    sandboxId: SandboxId,
    /** Its last known state. */
    lastState: Schema.String,
    message: Schema.String,
    retryable: constant(true),
    admitted: constant("yes")
  }
) {}

/**
 * The server is too old for an option and ignores it. A sandbox that was created without the option has been deleted.
 */
export class UnsupportedByServer extends TaggedError<UnsupportedByServer>("effect-sandboxes/UnsupportedByServer")(
  "UnsupportedByServer",
  {
    code: constant("UNSUPPORTED_BY_SERVER"),
    /** The operation, for example `Sandboxes.create`. */
    operation: Schema.String,
    /** The ignored option, for example `ttl`. */
    field: Schema.String,
    /** The sandbox that was created and deleted; absent when nothing was sent. */
    sandboxId: Schema.optional(SandboxId),
    message: Schema.String,
    retryable: constant(false),
    /** `no`: nothing was sent. `yes`: a sandbox was created, and deleted. */
    admitted: Admitted
  }
) {}

/**
 * Something exists under the name of a key and cannot be used for it. It was not touched, and nothing was created. Use
 * another key; or, only if nobody needs what is there, delete it first.
 */
export class KeyConflict extends TaggedError<KeyConflict>("effect-sandboxes/KeyConflict")("KeyConflict", {
  code: constant("KEY_CONFLICT"),
  system: System,
  /** The operation, for example `Sandboxes.getOrCreate`. */
  operation: Schema.String,
  application: Schema.String,
  key: Schema.String,
  /**
   * `not-ours`: it has the name by chance, or lost its labels. `parameters`: it was created with this key, and with
   * other parameters.
   */
  reason: Schema.Literal("not-ours", "parameters"),
  /** The parameters that differ, where the server shows them: `env`, for example. Otherwise empty. */
  differing: Schema.Array(Schema.String),
  /** What exists. */
  kind: Schema.Literal("sandbox", "snapshot"),
  /** Its id. */
  id: Schema.String,
  /** Its name. */
  name: Schema.String,
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("no")
}) {}

/** A volume cannot become ready: it is in error, or being deleted. */
export class VolumeFailed extends TaggedError<VolumeFailed>("effect-sandboxes/VolumeFailed")("VolumeFailed", {
  code: constant("VOLUME_FAILED"),
  volumeId: VolumeId,
  name: VolumeName,
  state: Schema.String,
  /** The reason, as the server words it. */
  reason: Schema.optional(Schema.String),
  message: Schema.String,
  retryable: constant(false)
}) {}

/** A volume did not become ready in time. It can be awaited again. */
export class VolumeWaitTimeout extends TaggedError<VolumeWaitTimeout>("effect-sandboxes/VolumeWaitTimeout")(
  "VolumeWaitTimeout",
  {
    code: constant("VOLUME_WAIT_TIMEOUT"),
    /** The id or name that was passed. */
    volume: Schema.String,
    lastState: Schema.String,
    message: Schema.String,
    retryable: constant(true)
  }
) {}

/**
 * A snapshot cannot become active: its build failed, its image could not be pulled, or it was removed or deactivated
 * meanwhile. Also fails the build log of a sandbox whose image could not be built.
 */
export class BuildFailed extends TaggedError<BuildFailed>("effect-sandboxes/BuildFailed")("BuildFailed", {
  code: constant("BUILD_FAILED"),
  system: System,
  /** The operation, for example `Snapshots.create`. */
  operation: Schema.String,
  /** The id of the snapshot or sandbox that was built. */
  id: Schema.String,
  /** Its last known state. */
  state: Schema.String,
  /** The reason, as the server words it. The build log usually says more. */
  reason: Schema.optional(Schema.String),
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A snapshot did not become active in time. The server continues, and the snapshot can be awaited again. */
export class SnapshotWaitTimeout extends TaggedError<SnapshotWaitTimeout>("effect-sandboxes/SnapshotWaitTimeout")(
  "SnapshotWaitTimeout",
  {
    code: constant("SNAPSHOT_WAIT_TIMEOUT"),
    system: System,
    operation: Schema.String,
    /** The id or name that was passed. */
    snapshot: Schema.String,
    /** Its last known state. */
    lastState: Schema.String,
    message: Schema.String,
    retryable: constant(true),
    /** `unknown`: the request that creates it was still in progress. */
    admitted: Admitted
  }
) {}
