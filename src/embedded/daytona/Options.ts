import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { BackgroundTask } from "./outcomes/BackgroundTask.js"
import type { MakeSandboxRuntime } from "./runtime/SandboxRuntime.js"

/** What an API key may do. Reading sandboxes and snapshots needs none of these. */
export type Permission =
  | "write:sandboxes"
  | "delete:sandboxes"
  | "write:snapshots"
  | "delete:snapshots"
  | "read:volumes"
  | "write:volumes"
  | "delete:volumes"

/** The names by which rate limits are told apart, as headers carry them. */
export type Throttler =
  | "anonymous"
  | "authenticated"
  | "sandbox-create"
  | "sandbox-lifecycle"
  | "sandbox-list"
  | "failed-auth"

/** The class of a sandbox: only `linux-vm` can be paused and forked. */
export type SandboxClass = "linux-vm" | "container" | "android" | "windows"

/** How the embedded server is set up; everything is optional. */
export interface Options {
  /**
   * The wire generation, default `current`, which is what the published specification describes. `0.190` knows no secrets, warm
   * pools, time to live, auto-pause, spot or signing keys, and leaves out what its answers lacked.
   */
  readonly generation?: "current" | "0.190"
  /** What `X-Daytona-Api-Version` and `/config` report. Default `0.218.0`; `0.190.0` for generation `0.190`. */
  readonly version?: string
  /** Absent: every request is let in, whatever it carries, as {@link OrganizationSeed} number one. */
  readonly auth?: AuthOptions
  /** The organizations there are. Default one, without quotas. */
  readonly organizations?: ReadonlyArray<OrganizationSeed>
  /** Absent: requests are not limited. */
  readonly rateLimits?: Readonly<Partial<Record<Throttler, RateLimit>>>
  /** How long things take: one duration for all of them, or some by name. `0` makes everything happen at once. */
  readonly durations?:
    | Duration.DurationInput
    | Readonly<Partial<Record<BackgroundTask | "pickUp" | "volumeTick", Duration.DurationInput>>>
  /** How long creating and starting hold the request open for the sandbox to be started. Default 30 seconds. */
  readonly startWait?: Duration.DurationInput
  /** How often intervals and times to live are looked after. Default 10 seconds. */
  readonly autoManagementInterval?: Duration.DurationInput
  /** How old answers may be. Default 0 for both; the real list lags, and the real `get` may by up to 10 seconds. */
  readonly staleness?: { readonly list?: Duration.DurationInput; readonly get?: Duration.DurationInput }
  /** The snapshots that everybody has. Default `daytona-small`, `-medium`, `-large`, and `daytona-vm` of class `linux-vm`. */
  readonly snapshots?: ReadonlyArray<SnapshotSeed>
  /** The snapshot of a sandbox that names none. Default the first of `snapshots`. */
  readonly defaultSnapshot?: string
  /** Where sandboxes can run. Default the shared regions `us` and `eu`; the first is everybody's default. */
  readonly regions?: ReadonlyArray<RegionSeed>
  /** The longest auto-archive interval in minutes, which is what 0 and anything longer come to. Default 43,200 (30 days). */
  readonly maxAutoArchiveInterval?: number
  /** Default true. When false `resize` answers 404, as for an organization without the feature. */
  readonly resize?: boolean
  /** Default `v2`, whose work is under way when the call returns. `v0` has resized the sandbox by then. */
  readonly runner?: "v0" | "v2"
  /** Default true. When false every request but `/config` answers 503. */
  readonly available?: boolean
  /** Where build contexts are stored. `false`: no object storage, so whatever needs it answers 503. */
  readonly objectStorage?: ObjectStorageOptions | false
  /** The base URL of the proxy in front of the sandboxes. Default `/proxy` on the server's own origin. */
  readonly proxyUrl?: string
  /** What `/config` names as the analytics service. Default none. */
  readonly analyticsApiUrl?: string
  /**
   * What runs inside a sandbox. Default `localRuntime()`: directories and real processes of this user, of which there are none
   * until a toolbox is asked for something. With `emptyRuntime` nothing runs, and every request to a toolbox answers 501.
   */
  readonly runtime?: MakeSandboxRuntime
}

/** Who may call the server. */
export interface AuthOptions {
  /** API keys: the key alone, which may do everything in the first organization, or with its limits. */
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
  /** The organizations of each subject. Default: everybody belongs to all. */
  readonly members?: Readonly<Record<string, ReadonlyArray<string>>>
}

/** An organization and what it may use. */
export interface OrganizationSeed {
  readonly id: string
  /** Present: nothing can be created or started. An empty string is a suspension without a reason. */
  readonly suspended?: string
  /** The default region. Default the first one; `null` for none. */
  readonly defaultRegion?: string | null
  /** Default false. When true its network settings cannot be changed. */
  readonly restrictedEgress?: boolean
  /** What is absent is unlimited. */
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
  /** How many sandboxes the runners hold. */
  readonly sandboxes?: number
}

/** So many requests of an organization in so many seconds. */
export interface RateLimit {
  readonly limit: number
  /** Seconds. */
  readonly ttl: number
}

/** A snapshot that is there from the start. */
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
  /** The one organization that has it. Default all. */
  readonly organizationId?: string
  /** The classes of sandboxes it takes. Default all. */
  readonly sandboxClasses?: ReadonlyArray<SandboxClass>
  /** The base URL of a proxy of its own. */
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
  /** How far the date of a signature may be off. Default: it is not looked at, because tests have clocks of their own. */
  readonly clockSkew?: Duration.DurationInput
}
