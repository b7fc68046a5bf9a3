import type { SandboxClass } from "../Options.js"
import type { DesiredState, SandboxState } from "./state.js"

/** A sandbox as the server keeps it. Times are milliseconds since 1970; memory and disk are GiB; intervals are minutes. */
export interface Sandbox {
  readonly id: string
  readonly organizationId: string
  /** Once it is to be deleted: `DESTROYED_<name>_<ms>`, so that the name is free again. */
  readonly name: string
  readonly snapshot: string | null
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly public: boolean
  readonly networkBlockAll: boolean
  readonly networkAllowList: string | null
  readonly domainAllowList: string | null
  readonly outboundProxyUrl: string | undefined
  readonly otelEndpointOverride: string | undefined
  readonly target: string
  readonly cpu: number
  readonly gpu: number
  readonly gpuType: string | undefined
  readonly memory: number
  readonly disk: number
  readonly spot: boolean
  /** The stored state, which answers do not always show. */
  readonly state: SandboxState
  readonly desiredState: DesiredState
  /** A change of state has been asked for and has not ended. */
  readonly pending: boolean
  readonly errorReason: string | null
  readonly recoverable: boolean
  readonly warmPoolId: string | undefined
  readonly backupState: "None" | "Pending" | "InProgress" | "Completed" | "Error"
  readonly backupCreatedAt: number | undefined
  readonly autoStopInterval: number
  readonly autoPauseInterval: number
  readonly autoArchiveInterval: number
  readonly autoDeleteInterval: number
  readonly autoDestroyAt: number | undefined
  readonly volumes: ReadonlyArray<VolumeMount>
  readonly buildInfo: BuildInfo | undefined
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastActivityAt: number
  readonly sandboxClass: SandboxClass
  readonly daemonVersion: string | null
  readonly runnerId: string | null
  readonly linkedSandboxId: string | undefined
  /** The sandbox that it was forked from. */
  readonly parentId: string | undefined
  readonly secrets: ReadonlyArray<Readonly<Record<string, string>>>
  /** The preview token; a new one with every start. */
  readonly authToken: string
  readonly signingKey: string
}

/** A volume in a sandbox. */
export interface VolumeMount {
  readonly volumeId: string
  readonly mountPath: string
  readonly subpath: string | undefined
}

/** What an image is built from; sandboxes and snapshots with the same hash share one build. */
export interface BuildInfo {
  readonly dockerfileContent: string
  readonly contextHashes: ReadonlyArray<string>
  readonly snapshotRef: string
  readonly createdAt: number
}

/** Whether anybody still gets to see it: not once it is gone, nor when a broken one is to go. */
export const isVisible = ({ desiredState, state }: Sandbox): boolean =>
  state !== "destroyed" && !(desiredState === "destroyed" && (state === "error" || state === "build_failed"))

/** Whether stopping it deletes it. */
export const isEphemeral = ({ autoDeleteInterval }: Sandbox): boolean => autoDeleteInterval === 0
