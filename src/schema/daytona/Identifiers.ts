/** The names of things, kept apart by type. `SandboxId.make("…")` turns a string into one; the server checks the rest. */
import * as Schema from "effect/Schema"

/** One sandbox: a UUID. */
export const SandboxId = Schema.String.pipe(Schema.brand("SandboxId"))
export type SandboxId = typeof SandboxId.Type

/** What a sandbox is called, unique in its organization; without one it is called by its id. */
export const SandboxName = Schema.String.pipe(Schema.brand("SandboxName"))
export type SandboxName = typeof SandboxName.Type

/** A sandbox, by id or by name. Where a name looks like the id of another sandbox, the id wins. */
export type SandboxRef = SandboxId | SandboxName

/** A UUID. */
export const OrganizationId = Schema.String.pipe(Schema.brand("OrganizationId"))
export type OrganizationId = typeof OrganizationId.Type

/** A region of servers, such as `us`. */
export const RegionId = Schema.String.pipe(Schema.brand("RegionId"))
export type RegionId = typeof RegionId.Type

/** One volume: a UUID. */
export const VolumeId = Schema.String.pipe(Schema.brand("VolumeId"))
export type VolumeId = typeof VolumeId.Type

/** What a volume is called, unique in its organization. */
export const VolumeName = Schema.String.pipe(Schema.brand("VolumeName"))
export type VolumeName = typeof VolumeName.Type

/** One secret of the vault: a UUID. */
export const SecretId = Schema.String.pipe(Schema.brand("SecretId"))
export type SecretId = typeof SecretId.Type

/** What a secret of the vault is called: a letter or `_`, then letters, digits, `_` and `-`. */
export const SecretName = Schema.String.pipe(Schema.brand("SecretName"))
export type SecretName = typeof SecretName.Type

/** One pool of warm sandboxes: a UUID. */
export const WarmPoolId = Schema.String.pipe(Schema.brand("WarmPoolId"))
export type WarmPoolId = typeof WarmPoolId.Type

/** One snapshot: a UUID. */
export const SnapshotId = Schema.String.pipe(Schema.brand("SnapshotId"))
export type SnapshotId = typeof SnapshotId.Type

/** What a snapshot is called, unique in its organization: like the name of an image, with or without a tag. */
export const SnapshotName = Schema.String.pipe(Schema.brand("SnapshotName"))
export type SnapshotName = typeof SnapshotName.Type

/** A snapshot, by id or by name. */
export type SnapshotRef = SnapshotId | SnapshotName
