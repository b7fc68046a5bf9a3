/** The options of the embedded Daytona, normalized. */
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type {
  ApiKeySeed,
  AuthOptions,
  ObjectStorageOptions,
  Options,
  OrganizationSeed,
  Permission,
  Quotas,
  RateLimit,
  RegionSeed,
  SandboxClass,
  SnapshotSeed,
  Throttler
} from "./Options.js"
import { type BackgroundTask, defaultDurations } from "./outcomes/BackgroundTask.js"
import { localRuntime } from "./runtime/localRuntime.js"
import type { MakeSandboxRuntime } from "./runtime/SandboxRuntime.js"

/** The options with every default filled in. */
export interface Settings {
  readonly generation: "current" | "0.190"
  readonly version: string
  readonly auth: AuthSettings | undefined
  readonly organizations: ReadonlyArray<Organization>
  readonly firstOrganization: Organization
  readonly rateLimits: Readonly<Partial<Record<Throttler, RateLimit>>>
  readonly duration: (work: BackgroundTask | "pickUp" | "volumeTick") => Duration.Duration
  readonly startWait: Duration.Duration
  readonly autoManagementInterval: Duration.Duration
  readonly listStaleness: number
  readonly getStaleness: number
  readonly snapshots: ReadonlyArray<SnapshotSeed>
  readonly defaultSnapshot: string
  readonly regions: ReadonlyArray<Region>
  readonly maxAutoArchiveInterval: number
  readonly resize: boolean
  readonly runner: "v0" | "v2"
  readonly available: boolean
  readonly objectStorage: ObjectStorageSettings | undefined
  readonly proxyUrl: string | undefined
  readonly analyticsApiUrl: string | undefined
  readonly runtime: MakeSandboxRuntime
}

/** {@link AuthOptions}, indexed for look-ups. */
export interface AuthSettings {
  readonly apiKeys: ReadonlyMap<string, ApiKey>
  readonly jwtSecret: string | undefined
  /** `undefined`: everyone belongs to all organizations. */
  readonly members: Readonly<Record<string, ReadonlyArray<string>>> | undefined
}

/** The scope of an API key. */
export interface ApiKey {
  readonly organizationId: string
  /** `undefined`: all of them. */
  readonly permissions: ReadonlySet<Permission> | undefined
  readonly expiresAt: number
}

/** An organization with every default filled in. */
export interface Organization {
  readonly id: string
  readonly suspended: string | undefined
  readonly defaultRegion: string | null
  readonly restrictedEgress: boolean
  readonly quotas: Quotas
  /** For error messages. Every request has its own, by the address it was sent to. */
  readonly dashboardUrl: string
}

/** A region with every default filled in. */
export interface Region {
  readonly id: string
  readonly name: string
  readonly regionType: "shared" | "dedicated" | "custom"
  readonly organizationId: string | undefined
  readonly sandboxClasses: ReadonlyArray<SandboxClass> | undefined
  readonly proxyUrl: string | undefined
}

/** The object storage with every default filled in. */
export interface ObjectStorageSettings {
  readonly url: string | undefined
  readonly bucket: string
  readonly region: string
  readonly clockSkew: Duration.Duration | undefined
}

/** The organization of a server that was configured without one. */
export const defaultOrganizationId = "00000000-0000-4000-8000-000000000001"

/** Fills in every default. */
export const settingsOf = (options: Options): Settings => {
  const regions = (options.regions ?? [{ id: "us" }, { id: "eu" }]).map(toRegion)
  const defaultRegion = regions[0]?.id ?? null
  const fallback = toOrganization({ id: defaultOrganizationId }, defaultRegion)
  const organizations = options.organizations?.map((seed) => toOrganization(seed, defaultRegion)) ?? [fallback]
  const firstOrganization = organizations[0] ?? fallback
  const snapshots = options.snapshots ?? defaultSnapshots
  const generation = options.generation ?? "current"
  return {
    generation,
    version: options.version ?? (generation === "current" ? "0.218.0" : "0.190.0"),
    auth: options.auth === undefined ? undefined : authSettingsOf(options.auth, firstOrganization.id),
    organizations,
    firstOrganization,
    rateLimits: options.rateLimits ?? {},
    duration: durationOf(options.durations),
    startWait: Duration.decode(options.startWait ?? "30 seconds"),
    autoManagementInterval: Duration.decode(options.autoManagementInterval ?? "10 seconds"),
    listStaleness: Duration.toMillis(options.staleness?.list ?? 0),
    getStaleness: Duration.toMillis(options.staleness?.get ?? 0),
    snapshots,
    defaultSnapshot: options.defaultSnapshot ?? snapshots[0]?.name ?? "",
    regions,
    maxAutoArchiveInterval: options.maxAutoArchiveInterval ?? 43_200,
    resize: options.resize ?? true,
    runner: options.runner ?? "v2",
    available: options.available ?? true,
    objectStorage: options.objectStorage === false ? undefined : objectStorageSettingsOf(options.objectStorage ?? {}),
    proxyUrl: withoutSlash(options.proxyUrl),
    analyticsApiUrl: options.analyticsApiUrl,
    runtime: options.runtime ?? localRuntime()
  }
}

const reveal = (secret: string | Redacted.Redacted): string =>
  typeof secret === "string" ? secret : Redacted.value(secret)

const withoutSlash = (url: string | undefined) => url?.replace(/\/+$/, "")

const durationOf = (given: Options["durations"]): Settings["duration"] => {
  if (Predicate.isRecord(given) && !Duration.isDuration(given)) {
    return (work) => Duration.decode(given[work] ?? defaultDurations[work])
  }
  const same = given === undefined ? undefined : Duration.decode(given)
  return (work) => same ?? Duration.millis(defaultDurations[work])
}

const authSettingsOf = (auth: AuthOptions, organizationId: string): AuthSettings => ({
  apiKeys: new Map(
    (auth.apiKeys ?? []).map((seed): readonly [string, ApiKey] => {
      const { expiresAt, key, ...rest }: ApiKeySeed =
        typeof seed === "string" || Redacted.isRedacted(seed) ? { key: seed } : seed
      return [
        reveal(key),
        {
          organizationId: rest.organizationId ?? organizationId,
          permissions: rest.permissions === undefined ? undefined : new Set(rest.permissions),
          expiresAt: expiresAt ?? Number.POSITIVE_INFINITY
        }
      ]
    })
  ),
  jwtSecret: auth.jwt === undefined ? undefined : reveal(auth.jwt.secret),
  members: auth.jwt?.members
})

const toOrganization = (seed: OrganizationSeed, defaultRegion: string | null): Organization => ({
  id: seed.id,
  suspended: seed.suspended,
  defaultRegion: seed.defaultRegion === undefined ? defaultRegion : seed.defaultRegion,
  restrictedEgress: seed.restrictedEgress ?? false,
  quotas: seed.quotas ?? {},
  dashboardUrl: "http://localhost/dashboard"
})

const toRegion = (seed: RegionSeed): Region => ({
  id: seed.id,
  name: seed.name ?? seed.id,
  regionType: seed.regionType ?? "shared",
  organizationId: seed.organizationId,
  sandboxClasses: seed.sandboxClasses,
  proxyUrl: withoutSlash(seed.proxyUrl)
})

const objectStorageSettingsOf = (options: ObjectStorageOptions): ObjectStorageSettings => ({
  url: withoutSlash(options.url),
  bucket: options.bucket ?? "daytona-volume-builds",
  region: options.region ?? "us-east-1",
  clockSkew: options.clockSkew === undefined ? undefined : Duration.decode(options.clockSkew)
})

const defaultSnapshots: ReadonlyArray<SnapshotSeed> = [
  { name: "daytona-small", cpu: 1, memory: 1, disk: 3 },
  { name: "daytona-medium", cpu: 2, memory: 4, disk: 8 },
  { name: "daytona-large", cpu: 4, memory: 8, disk: 10 },
  { name: "daytona-vm", cpu: 1, memory: 1, disk: 3, sandboxClass: "linux-vm" }
]
