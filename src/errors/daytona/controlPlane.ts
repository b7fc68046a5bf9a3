/** Failures that only Daytona has. */
import * as Schema from "effect/Schema"
import { SandboxId, VolumeId, VolumeName } from "../../schema/daytona/Identifiers.js"
import { Admitted, constant, System } from "../RequestFailure.js"

/**
 * A sandbox is not what was waited for, and will not be: it is in an error state, or was destroyed meanwhile. It still
 * exists unless its state says otherwise.
 */
export class SandboxFailed extends Schema.TaggedError<SandboxFailed>("effect-sandboxes/SandboxFailed")(
  "SandboxFailed",
  {
    code: constant("SANDBOX_FAILED"),
    system: System,
    /** The operation as the SDK names it, for example `Sandboxes.create`. */
    operation: Schema.String,
    sandboxId: SandboxId,
    /** The state that it was last seen in. */
    state: Schema.String,
    /** The server's own words. */
    reason: Schema.optional(Schema.String),
    /** Whether `Sandboxes.recover` may help, where the server says so. */
    recoverable: Schema.optional(Schema.Boolean),
    message: Schema.String,
    retryable: constant(false),
    admitted: constant("yes")
  }
) {}

/** A sandbox was not in the state that was waited for when the time was up. It goes on, and can be awaited again. */
export class SandboxWaitTimeout extends Schema.TaggedError<SandboxWaitTimeout>("effect-sandboxes/SandboxWaitTimeout")(
  "SandboxWaitTimeout",
  {
    code: constant("SANDBOX_WAIT_TIMEOUT"),
    system: System,
    operation: Schema.String,
    sandboxId: SandboxId,
    /** The state that it was last seen in. */
    lastState: Schema.String,
    message: Schema.String,
    retryable: constant(true),
    admitted: constant("yes")
  }
) {}

/** A volume is not ready and will not be: it is in error, or being deleted. */
export class VolumeFailed extends Schema.TaggedError<VolumeFailed>("effect-sandboxes/VolumeFailed")("VolumeFailed", {
  code: constant("VOLUME_FAILED"),
  volumeId: VolumeId,
  name: VolumeName,
  state: Schema.String,
  /** The server's own words. */
  reason: Schema.optional(Schema.String),
  message: Schema.String,
  retryable: constant(false)
}) {}

/** A volume was not ready when the time was up. It can be awaited again. */
export class VolumeWaitTimeout extends Schema.TaggedError<VolumeWaitTimeout>("effect-sandboxes/VolumeWaitTimeout")(
  "VolumeWaitTimeout",
  {
    code: constant("VOLUME_WAIT_TIMEOUT"),
    /** By the id or name that it was awaited by. */
    volume: Schema.String,
    lastState: Schema.String,
    message: Schema.String,
    retryable: constant(true)
  }
) {}

/**
 * A snapshot cannot be used, and will not become usable by waiting: its build failed, or its image could not be fetched, or
 * it was removed or put out of use meanwhile. Also when a sandbox was to be built from an image, from its build log.
 */
export class BuildFailed extends Schema.TaggedError<BuildFailed>("effect-sandboxes/BuildFailed")("BuildFailed", {
  code: constant("BUILD_FAILED"),
  system: System,
  /** The operation as the SDK names it, for example `Snapshots.create`. */
  operation: Schema.String,
  /** What was built, by id: a snapshot or a sandbox. */
  id: Schema.String,
  /** The state that it was last seen in. */
  state: Schema.String,
  /** The server's own words. The log of the build usually says more. */
  reason: Schema.optional(Schema.String),
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A snapshot was not usable when the time was up. The server goes on, and it can be awaited again. */
export class SnapshotWaitTimeout extends Schema.TaggedError<SnapshotWaitTimeout>(
  "effect-sandboxes/SnapshotWaitTimeout"
)("SnapshotWaitTimeout", {
  code: constant("SNAPSHOT_WAIT_TIMEOUT"),
  system: System,
  operation: Schema.String,
  /** By the id or name that it was awaited by. */
  snapshot: Schema.String,
  /** The state that it was last seen in. */
  lastState: Schema.String,
  message: Schema.String,
  retryable: constant(true),
  /** `unknown`: the request for it was still on its way. */
  admitted: Admitted
}) {}
