/** A sandbox as the server stores it. */
import type { SandboxClass } from "../Options.js"
import type { DesiredState, SandboxState } from "./state.js"

/** A sandbox as stored. Times are milliseconds since 1970; memory and disk are GiB; intervals are minutes. */
export interface Sandbox {
  readonly id: string
  readonly organizationId: string
  /** `DESTROYED_<name>_<ms>` once it is being deleted, so that the name is available again. */
  readonly name: string
  readonly snapshot: string | null
  readonly user: string
  /** As it was sent; values may be of any type. */
  readonly env: Readonly<Record<string, unknown>>
  /** As it was sent when it was last set, and so usually an object. */
  readonly labels: unknown
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
  readonly kvm: boolean
  /** What its snapshot runs when it starts. */
  readonly entrypoint: ReadonlyArray<string> | null
  /** The stored state, which may differ from the one that responses show. */
  readonly state: SandboxState
  readonly desiredState: DesiredState
  /** A state change was requested and has not completed. */
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
  /** The preview token; replaced on every start. */
  readonly authToken: string
  readonly signingKey: string
}

/** A volume mounted in a sandbox. */
export interface VolumeMount {
  readonly volumeId: string
  readonly mountPath: string
  readonly subpath: string | undefined
}

/** What an image is built from. Sandboxes and snapshots with the same hash share one build. */
export interface BuildInfo {
  readonly dockerfileContent: string
  /** `undefined`: the request had none. */
  readonly contextHashes: ReadonlyArray<string> | undefined
  readonly snapshotRef: string
  readonly createdAt: number
}

/** Whether requests can still find it: not once it is destroyed, nor when it is in error and being deleted. */
export const isVisible = ({ desiredState, state }: Sandbox): boolean =>
  state !== "destroyed" && !(desiredState === "destroyed" && (state === "error" || state === "build_failed"))

/** Whether stopping deletes it. */
export const isEphemeral = ({ autoDeleteInterval }: Sandbox): boolean => autoDeleteInterval === 0
