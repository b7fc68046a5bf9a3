/** What a new sandbox is to be like. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { RegionId, SandboxId, SandboxName, SecretName } from "./Identifiers.js"
import type { Image } from "./image/Image.js"
import { AutoArchive, AutoDelete, AutoPause, AutoStop, TimeToLive } from "./intervals.js"
import { Gpus, GpuType, resourceFields } from "./Machine.js"
import { CommaSeparated, VolumeMount } from "./Sandbox.js"

/** The language of `Process.codeRun`. */
export const Language = Schema.Literal("python", "typescript", "javascript")
export type Language = typeof Language.Type

/** The label that tells the toolbox the language. */
export const languageLabel = "code-toolbox-language"

const PlainOrRedacted = Schema.Union(Schema.String, Schema.Redacted(Schema.String))

const Labels = Schema.Record({ key: Schema.String, value: Schema.String })

/** Names of environment variables and the secrets of the vault that they stand for; on the wire, one object for each. */
export const MountedSecrets = Schema.transform(
  Schema.Array(Schema.Record({ key: Schema.String, value: SecretName })),
  Schema.Record({ key: Schema.String, value: Schema.typeSchema(SecretName) }),
  {
    strict: true,
    decode: (entries) => Object.assign({}, ...entries),
    encode: (secrets) => Object.entries(secrets).map(([variable, name]) => ({ [variable]: name }))
  }
)

/** The rules that the server has for names. */
const acceptableName = SandboxName.pipe(
  Schema.filter(
    (name) =>
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      (name !== "" && !/[\u0000-\u001f\u007f<>]|:\/\//.test(name)) ||
      "must not be empty, nor contain HTML tags, URLs or control characters"
  )
)

const settingFields = {
  /** Unique in the organization; default: the id. A second sandbox of that name fails with `Conflict`. */
  name: Schema.optional(acceptableName),
  /** The user that processes run as; default `daytona`. */
  user: Schema.optional(Schema.String),
  /** Environment variables; redacted values stay out of errors and logs. */
  env: Schema.optional(Schema.Record({ key: Schema.String, value: PlainOrRedacted })),
  labels: Schema.optional(Labels),
  /** Open its previews to everyone; default `false`. */
  public: Schema.optional(Schema.Boolean),
  /** Cut it off from the network; default `false`. */
  networkBlockAll: Schema.optional(Schema.Boolean),
  /** The only networks that it may reach: at most 10 IPv4 CIDRs. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** The only domains that it may reach: at most 10, each also as `*.example.com`. */
  domainAllowList: Schema.optional(CommaSeparated),
  /** A proxy for all that it sends. */
  outboundProxyUrl: Schema.optional(PlainOrRedacted),
  otelEndpointOverride: Schema.optional(Schema.String),
  /** The region; default: the `target` of the layer, else the organization's own. */
  target: Schema.optional(RegionId),
  /** Use capacity that may be taken away. */
  spot: Schema.optional(Schema.Boolean),
  /** Give its guest `/dev/kvm`. Only from the snapshot of a Linux virtual machine, in organizations that may. */
  kvm: Schema.optional(Schema.Boolean),
  /** Default 15 minutes. */
  autoStop: Schema.optional(AutoStop.sent),
  /** Only for virtual machines, instead of `autoStop`; default for those: 60 minutes. */
  autoPause: Schema.optional(AutoPause.sent),
  /** Default 7 days. */
  autoArchive: Schema.optional(AutoArchive.sent),
  /** Default `disabled`. `on-stop` makes the sandbox ephemeral, which sandboxes with a GPU must be. */
  autoDelete: Schema.optional(AutoDelete.sent),
  /** The end of it, counted from its creation; default `disabled`. */
  ttl: Schema.optional(TimeToLive.sent),
  volumes: Schema.optional(Schema.Array(VolumeMount)),
  /** Names of environment variables, and the secrets of the vault that they stand for. */
  secrets: Schema.optional(MountedSecrets),
  /** Delete this sandbox together with that one. Only from a snapshot. */
  linkedSandbox: Schema.optional(SandboxId)
}

/** What can be said about every new sandbox. */
export interface NewSandboxSettings extends Schema.Struct.Type<typeof settingFields> {
  /** The language of `Process.codeRun`, kept as a label. Without one, `python` is assumed. */
  readonly language?: Language | undefined
}

const sizeFields = {
  ...resourceFields,
  gpu: Schema.optional(Gpus),
  /** Types of GPU, the preferred first. */
  gpuType: Schema.optional(Schema.Array(GpuType))
}

/** How large a sandbox from an image is to be. One from a snapshot is as large as that says. */
export interface SandboxSize extends Schema.Struct.Type<typeof sizeFields> {}

const buildFields = {
  dockerfileContent: Schema.String,
  contextHashes: Schema.optional(Schema.Array(Schema.String))
}

/** What the server builds an image from. */
export interface CreateBuildInfo extends Schema.Struct.Type<typeof buildFields> {}
export const CreateBuildInfo = wireStruct(buildFields)

/** A new sandbox from a snapshot, which says how large it is. */
export interface FromSnapshot extends NewSandboxSettings {
  /** By id or name; default: the server's own. One that does not exist is `BadRequest`, not `NotFound`. */
  readonly snapshot?: string | undefined
  readonly image?: undefined
}

/** A new sandbox from an image. The first from an image waits until it is built. */
export interface FromImage<out R = never> extends NewSandboxSettings, SandboxSize {
  /** A reference such as `python:3.12`, or what to build. */
  readonly image: string | Image<R>
  readonly snapshot?: undefined
}

/** What a new sandbox is to be like. `R`: what its image needs from this machine. */
export type CreateSandbox<R = never> = FromSnapshot | FromImage<R>

const isZero = (interval: unknown): boolean => interval === "disabled"

/** The body of `POST /sandbox`. */
export const CreateSandboxBody = wireStruct(
  {
    ...settingFields,
    ...sizeFields,
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
    if (autoPause === undefined || isZero(autoPause)) return undefined
    const path = ["autoPause"]
    if (autoStop !== undefined && !isZero(autoStop)) return { path, message: "cannot be combined with `autoStop`" }
    if (autoDelete === "on-stop") return { path, message: 'cannot be combined with `autoDelete: "on-stop"`' }
    return undefined
  })
)
