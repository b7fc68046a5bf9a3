/** The request that creates a sandbox. */
import * as Schema from "effect/Schema"
import type { DurationWithUnit, Refused } from "../refused.js"
import { wireStruct } from "../wireStruct.js"
import { RegionId, SandboxId, SandboxName, SecretName } from "./Identifiers.js"
import { AutoArchive, AutoDelete, AutoPause, AutoStop, TimeToLive } from "./Intervals.js"
import type { Image } from "./image/Image.js"
import { Gpus, GpuType, resourceFields } from "./Resources.js"
import { CommaSeparated, VolumeMount } from "./Sandbox.js"

/** The language of `Process.codeRun`. */
export const Language = Schema.Literal("python", "typescript", "javascript")
export type Language = typeof Language.Type

/** The label that holds the language of a sandbox. */
export const languageLabel = "code-toolbox-language"

const PlainOrRedacted = Schema.Union(Schema.String, Schema.Redacted(Schema.String))

const Labels = Schema.Record({ key: Schema.String, value: Schema.String })

/** Environment variables and the vault secrets mounted in them. On the wire, a list with one object for each. */
export const MountedSecrets = Schema.transform(
  Schema.Array(Schema.Record({ key: Schema.String, value: SecretName })),
  Schema.Record({ key: Schema.String, value: Schema.typeSchema(SecretName) }),
  {
    strict: true,
    decode: (entries) => Object.assign({}, ...entries),
    encode: (secrets) => Object.entries(secrets).map(([variable, name]) => ({ [variable]: name }))
  }
)

const tag = /<[a-zA-Z/]/
const url = /(https?|ftps?|sftp|ssh|wss?|file|ldaps?):\/\/|javascript:|data:|mailto:|tel:|www\./i
/** Those of ASCII, without tabs and line ends. */
const control = /(?![\t\n\r\u0080-\u009f])\p{Cc}/u

/** The server's rules for names, and ours: it creates a sandbox named `.` or `..`, which no path can name. */
export const NewSandboxName = SandboxName.pipe(
  Schema.filter((name) => {
    if (name === "" || name === "." || name === "..") return "must not be empty, `.` or `..`"
    return (
      ![tag, url, control].some((pattern) => pattern.test(name)) ||
      "must not contain HTML tags, URLs or control characters"
    )
  })
)

const baseFields = {
  /** Unique in the organization; default: the id. A name that is taken fails with `Conflict`. */
  name: Schema.optional(NewSandboxName),
  /** The user that processes run as; default `daytona`. */
  user: Schema.optional(Schema.String),
  /** Environment variables; redacted values stay out of errors and logs. */
  env: Schema.optional(Schema.Record({ key: Schema.String, value: PlainOrRedacted })),
  labels: Schema.optional(Labels),
  /** Whether its previews are open to everyone; default `false`. */
  public: Schema.optional(Schema.Boolean),
  /** Block all network access; default `false`. */
  networkBlockAll: Schema.optional(Schema.Boolean),
  /** The only networks it may reach: at most 10 IPv4 CIDRs. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** The only domains it may reach: at most 10, wildcards such as `*.example.com` included. */
  domainAllowList: Schema.optional(CommaSeparated),
  /** The proxy for all its outbound traffic. */
  outboundProxyUrl: Schema.optional(PlainOrRedacted),
  otelEndpointOverride: Schema.optional(Schema.String),
  /** The region; default: the `target` of the layer, otherwise the organization's default. */
  target: Schema.optional(RegionId),
  /** Run it on spot capacity, from which it can be evicted. */
  spot: Schema.optional(Schema.Boolean),
  /** Expose `/dev/kvm` to the guest. Needs the snapshot of a Linux virtual machine, and an organization with access. */
  kvm: Schema.optional(Schema.Boolean),
  /** Default 15 minutes. */
  autoStop: Schema.optional(AutoStop.sent),
  /** For virtual machines, instead of `autoStop`; default 60 minutes. */
  autoPause: Schema.optional(AutoPause.sent),
  /** Default 7 days. */
  autoArchive: Schema.optional(AutoArchive.sent),
  /** Default `disabled`. `on-stop` makes the sandbox ephemeral, which is required for sandboxes with a GPU. */
  autoDelete: Schema.optional(AutoDelete.sent),
  /** Destroy it this long after its creation; default `disabled`. */
  ttl: Schema.optional(TimeToLive.sent),
  volumes: Schema.optional(Schema.Array(VolumeMount)),
  /** Environment variables, and the vault secrets to mount in them. */
  secrets: Schema.optional(MountedSecrets),
  /** Delete this sandbox together with that one. Only for sandboxes created from a snapshot. */
  linkedSandbox: Schema.optional(SandboxId)
}

/** The options of every new sandbox. */
export interface CreateSandboxBase extends Schema.Struct.Type<typeof baseFields> {
  /**
   * Names what the sandbox is for: the same key of the same application gives the same sandbox, from any process and
   * as often as it is asked for, until the sandbox is deleted. Takes the place of `name`. At most 256 bytes of UTF-8;
   * it is not a secret. See `Sandboxes.getOrCreate`.
   */
  readonly key?: string | undefined
  /**
   * For how long it is wanted, from its creation on. Only a note for whoever cleans up, in the label
   * `effect-sandboxes-until`: the server ignores it, and nothing extends it later. Default: no such note.
   */
  readonly wantedFor?: DurationWithUnit | undefined
  /** The language of `Process.codeRun`, stored as a label; default `python`. */
  readonly language?: Language | undefined
}

const sizedFields = {
  ...resourceFields,
  gpu: Schema.optional(Gpus),
  /** Types of GPU, in order of preference. */
  gpuType: Schema.optional(Schema.Array(GpuType))
}

/** The resources of a sandbox created from an image. A snapshot determines those of its sandboxes itself. */
export interface SandboxResources extends Schema.Struct.Type<typeof sizedFields> {}

const buildFields = {
  dockerfileContent: Schema.String,
  contextHashes: Schema.optional(Schema.Array(Schema.String))
}

/** What the server builds an image from: a Dockerfile, and the hashes of the uploaded build contexts. */
export interface CreateBuildInfo extends Schema.Struct.Type<typeof buildFields> {}
export const CreateBuildInfo = wireStruct(buildFields)

type NotBoth = Refused<"use either `image` or `snapshot`, not both">

/** A new sandbox from a snapshot, which determines its resources. */
export interface CreateSandboxFromSnapshot extends CreateSandboxBase {
  /** By id or name; default: the server's default snapshot. An unknown one fails with `BadRequest`, not `NotFound`. */
  readonly snapshot?: string | undefined
  readonly image?: NotBoth | undefined
}

/** A new sandbox from an image. The first sandbox from an image waits for it to be built. */
export interface CreateSandboxFromImage<out R = never> extends CreateSandboxBase, SandboxResources {
  /** A reference such as `python:3.12`, or an image to build. */
  readonly image: string | Image<R>
  readonly snapshot?: NotBoth | undefined
}

interface Keyed<Key> {
  readonly key: Key
  readonly name?: Refused<"leave out `name`: the key becomes the name"> | undefined
}

/** A new sandbox, with a name, a key or neither. `R` is what building its image requires. */
export type CreateSandbox<R = never> = (CreateSandboxFromSnapshot | CreateSandboxFromImage<R>) &
  ({ readonly key?: undefined } | Partial<Keyed<string | undefined>>)

/** A new sandbox with a key, which becomes its name. */
export type CreateKeyedSandbox<R = never> = CreateSandbox<R> & Keyed<string>

const isDisabled = (interval: unknown): boolean => interval === "disabled"

/** The body of `POST /sandbox`. */
export const CreateSandboxBody = wireStruct(
  {
    ...baseFields,
    ...sizedFields,
    snapshot: Schema.optional(Schema.String),
    buildInfo: Schema.optional(CreateBuildInfo)
  },
  {
    wireNames: {
      autoStop: "autoStopInterval",
      autoPause: "autoPauseInterval",
      autoArchive: "autoArchiveInterval",
      autoDelete: "autoDeleteInterval",
      ttl: "ttlMinutes"
    }
  }
).pipe(
  Schema.filter(({ autoDelete, autoPause, autoStop }) => {
    if (autoPause === undefined || isDisabled(autoPause)) return undefined
    const path = ["autoPause"]
    if (autoStop !== undefined && !isDisabled(autoStop)) return { path, message: "cannot be combined with `autoStop`" }
    if (autoDelete === "on-stop") return { path, message: 'cannot be combined with `autoDelete: "on-stop"`' }
    return undefined
  })
)
