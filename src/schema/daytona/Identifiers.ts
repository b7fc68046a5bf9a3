/** Branded identifiers. `SandboxId.make("…")` brands a string; only the server validates it. */
import * as Schema from "effect/Schema"

/** The id of a sandbox: a UUID. */
export const SandboxId = Schema.String.pipe(Schema.brand("SandboxId"))
export type SandboxId = typeof SandboxId.Type

/** The name of a sandbox, unique in its organization; default: its id. */
export const SandboxName = Schema.String.pipe(Schema.brand("SandboxName"))
export type SandboxName = typeof SandboxName.Type

/** A sandbox, by id or by name. When a name equals the id of another sandbox, the id takes precedence. */
export type SandboxRef = SandboxId | SandboxName

/** The id of an organization: a UUID. */
export const OrganizationId = Schema.String.pipe(Schema.brand("OrganizationId"))
export type OrganizationId = typeof OrganizationId.Type

/** The id of a region, such as `us`. */
export const RegionId = Schema.String.pipe(Schema.brand("RegionId"))
export type RegionId = typeof RegionId.Type

/** The id of a volume: a UUID. */
export const VolumeId = Schema.String.pipe(Schema.brand("VolumeId"))
export type VolumeId = typeof VolumeId.Type

/** The name of a volume, unique in its organization. */
export const VolumeName = Schema.String.pipe(Schema.brand("VolumeName"))
export type VolumeName = typeof VolumeName.Type

/** The id of a vault secret: a UUID. */
export const SecretId = Schema.String.pipe(Schema.brand("SecretId"))
export type SecretId = typeof SecretId.Type

/** The name of a vault secret: a letter or `_`, followed by letters, digits, `_` and `-`. */
export const SecretName = Schema.String.pipe(Schema.brand("SecretName"))
export type SecretName = typeof SecretName.Type

/** The id of a warm pool: a UUID. */
export const WarmPoolId = Schema.String.pipe(Schema.brand("WarmPoolId"))
export type WarmPoolId = typeof WarmPoolId.Type

/** The id of a snapshot: a UUID. */
export const SnapshotId = Schema.String.pipe(Schema.brand("SnapshotId"))
export type SnapshotId = typeof SnapshotId.Type

/** The name of a snapshot, unique in its organization: written like an image name, with or without a tag. */
export const SnapshotName = Schema.String.pipe(Schema.brand("SnapshotName"))
export type SnapshotName = typeof SnapshotName.Type

/** A snapshot, by id or by name. */
export type SnapshotRef = SnapshotId | SnapshotName
