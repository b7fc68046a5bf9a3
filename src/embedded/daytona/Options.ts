/** How to configure the embedded Daytona. */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { BackgroundTask } from "./outcomes/BackgroundTask.js"
import type { MakeSandboxRuntime } from "./runtime/SandboxRuntime.js"

/** A permission of an API key. Reading sandboxes and snapshots requires none. */
export type Permission =
  | "write:sandboxes"
  | "delete:sandboxes"
  | "write:snapshots"
  | "delete:snapshots"
  | "read:volumes"
  | "write:volumes"
  | "delete:volumes"

/** The names of the rate limits, as they appear in headers. */
export type Throttler =
  | "anonymous"
  | "authenticated"
  | "sandbox-create"
  | "sandbox-lifecycle"
  | "sandbox-list"
  | "failed-auth"

/** The class of a sandbox: only `linux-vm` can be paused and forked. */
export type SandboxClass = "linux-vm" | "container" | "android" | "windows"

/** Configures the embedded server. All options are optional. */
export interface Options {
  /**
   * The wire generation, default `current`, which the published specification describes. `0.190` has no secrets, warm
   * pools, time to live, auto-pause, spot instances or signing keys, and omits their fields from responses.
   */
  readonly generation?: "current" | "0.190"
  /** What `X-Daytona-Api-Version` and `/config` report. Default `0.218.0`; `0.190.0` for generation `0.190`. */
  readonly version?: string
  /**
   * Absent: every request is accepted, with any credentials or none, on behalf of the first {@link OrganizationSeed}.
   */
  readonly auth?: AuthOptions
  /** The organizations. Default: one, without quotas. */
  readonly organizations?: ReadonlyArray<OrganizationSeed>
  /** Absent: requests are not limited. */
  readonly rateLimits?: Readonly<Partial<Record<Throttler, RateLimit>>>
  /**
   * How long background tasks take: one duration for all of them, or some by name. With `0` everything completes
   * immediately.
   */
  readonly durations?:
    | Duration.DurationInput
    | Readonly<Partial<Record<BackgroundTask | "pickUp" | "volumeTick", Duration.DurationInput>>>
  /** How long create and start requests wait for the sandbox to be started. Default 30 seconds. */
  readonly startWait?: Duration.DurationInput
  /** How often intervals and times to live are checked. Default 10 seconds. */
  readonly autoManagementInterval?: Duration.DurationInput
  /** How stale responses are. Default 0 for both. The real list lags, and the real `get` can by up to 10 seconds. */
  readonly staleness?: { readonly list?: Duration.DurationInput; readonly get?: Duration.DurationInput }
  /**
   * The snapshots that every organization has. Default `daytona-small`, `-medium`, `-large`, and `daytona-vm` of class
   * `linux-vm`.
   */
  readonly snapshots?: ReadonlyArray<SnapshotSeed>
  /** The snapshot of a sandbox that is created without naming one. Default: the first of `snapshots`. */
  readonly defaultSnapshot?: string
  /**
   * The regions in which sandboxes can run. Default: the shared regions `us` and `eu`, of which the first is the
   * default region.
   */
  readonly regions?: ReadonlyArray<RegionSeed>
  /** The longest auto-archive interval, in minutes. 0 and anything longer are set to it. Default 43,200 (30 days). */
  readonly maxAutoArchiveInterval?: number
  /** Default true. When false, `resize` responds 404, as for an organization without the feature. */
  readonly resize?: boolean
  /** Default `v2`, which is still resizing when the call returns. With `v0` the resize has completed by then. */
  readonly runner?: "v0" | "v2"
  /** Default true. When false, every request but `/config` receives 503. */
  readonly available?: boolean
  /** Where build contexts are stored. `false`: no object storage; everything that needs it responds 503. */
  readonly objectStorage?: ObjectStorageOptions | false
  /** The base URL of the proxy in front of the sandboxes. Default `/proxy` on the server's own origin. */
  readonly proxyUrl?: string
  /** The analytics service that `/config` names. Default none. */
  readonly analyticsApiUrl?: string
  /**
   * What runs inside a sandbox. Default `localRuntime()`: directories and real processes of the current user, created
   * on the first request to a toolbox. With `emptyRuntime` nothing runs, and every request to a toolbox receives 501.
   */
  readonly runtime?: MakeSandboxRuntime
}

/** Who may call the server. */
export interface AuthOptions {
  /** API keys. A plain string is a key with all permissions in the first organization. */
  readonly apiKeys?: ReadonlyArray<string | Redacted.Redacted | ApiKeySeed>
  /** Absent: no JWT is accepted. */
  readonly jwt?: JwtOptions
}

/** An API key. */
export interface ApiKeySeed {
  readonly key: string | Redacted.Redacted
  /** Default the first organization. */
  readonly organizationId?: string
  /** Default all. */
  readonly permissions?: ReadonlyArray<Permission>
  /** Milliseconds since 1970. Default never. */
  readonly expiresAt?: number
}

/** JSON Web Tokens, signed with HS256. */
export interface JwtOptions {
  /** What tokens are signed with. */
  readonly secret: string | Redacted.Redacted
  /** The organizations that each subject belongs to. Default: everyone belongs to all. */
  readonly members?: Readonly<Record<string, ReadonlyArray<string>>>
}

/** An organization and its limits. */
export interface OrganizationSeed {
  readonly id: string
  /**
   * Present: the organization is suspended for this reason, and can neither create nor start anything. May be empty.
   */
  readonly suspended?: string
  /** Default: the first region. `null` for no default region. */
  readonly defaultRegion?: string | null
  /** Default false. When true, the network settings of its sandboxes cannot be changed. */
  readonly restrictedEgress?: boolean
  /** Absent limits are unlimited. */
  readonly quotas?: Quotas
}

/** The limits of an organization: cores, GiB and counts. */
export interface Quotas {
  readonly cpuPerSandbox?: number
  readonly memoryPerSandbox?: number
  readonly diskPerSandbox?: number
  readonly totalCpu?: number
  readonly totalMemory?: number
  readonly totalDisk?: number
  readonly totalGpu?: number
  readonly snapshots?: number
  readonly volumes?: number
  /** How many sandboxes the runners can hold. */
  readonly sandboxes?: number
}

/** How many requests an organization may send in a period. */
export interface RateLimit {
  readonly limit: number
  /** The length of the period, in seconds. */
  readonly ttl: number
}

/** A snapshot that exists from the start. */
export interface SnapshotSeed {
  readonly name: string
  /** Default 1. */
  readonly cpu?: number
  /** GiB. Default 1. */
  readonly memory?: number
  /** GiB. Default 3. */
  readonly disk?: number
  /** Default 0. */
  readonly gpu?: number
  readonly gpuType?: string
  /** Default `container`. */
  readonly sandboxClass?: SandboxClass
  /** Default: a general snapshot that every organization sees. */
  readonly organizationId?: string
  /** Default `active`. */
  readonly state?: "active" | "inactive" | "error"
  /** Default all. */
  readonly regions?: ReadonlyArray<string>
}

/** A region. */
export interface RegionSeed {
  readonly id: string
  /** Default the id. */
  readonly name?: string
  /** Default `shared`. */
  readonly regionType?: "shared" | "dedicated" | "custom"
  /** The only organization that may use it. Default all. */
  readonly organizationId?: string
  /** The sandbox classes it supports. Default all. */
  readonly sandboxClasses?: ReadonlyArray<SandboxClass>
  /** The base URL of its own proxy. */
  readonly proxyUrl?: string
}

/** The object storage. */
export interface ObjectStorageOptions {
  /** The base URL of the storage. Default `/storage` on the server's own origin. */
  readonly url?: string
  /** Default `daytona-volume-builds`. */
  readonly bucket?: string
  /** Default `us-east-1`. */
  readonly region?: string
  /**
   * How far the date of a signature may differ from the server's. Default: it is not checked, because tests use clocks
   * of their own.
   */
  readonly clockSkew?: Duration.DurationInput
}
