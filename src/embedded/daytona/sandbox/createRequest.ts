/** Reads and validates the body of `POST /sandbox`. */
import * as Effect from "effect/Effect"
import type { BodyFields } from "../http/BodyFields.js"
import { badRequest, type HttpError, unexpected } from "../http/HttpError.js"
import type { Settings } from "../Settings.js"
import * as networkRules from "./networkRules.js"

/** The validated body of `POST /sandbox`. Absent members are `undefined`; unknown ones are dropped. */
export type CreateRequest = Effect.Effect.Success<ReturnType<typeof read>>

/** The types of GPU that a generation knows. */
export const gpuTypesOf = (generation: Settings["generation"]): ReadonlyArray<string> =>
  generation === "0.190" ? ["H100", "RTX-PRO-6000"] : ["H100", "H200", "RTX-PRO-6000", "RTX-4090", "RTX-5090"]

/** Fails as the database does for a number that its column cannot hold. */
export const storable = (value: number | undefined): Effect.Effect<void, HttpError> =>
  value === undefined || (Number.isInteger(value) && Math.abs(value) <= 2_147_483_647) ? Effect.void : unexpected

/** Reads the body of `POST /sandbox`. */
export const read = (fields: BodyFields, generation: Settings["generation"]) =>
  Effect.gen(function* () {
    const build = fields.object("buildInfo")
    const request = {
      name: filled(fields.text("name")),
      snapshot: filled(fields.text("snapshot")),
      user: filled(fields.text("user")),
      env: fields.record("env"),
      labels: fields.record("labels"),
      public: fields.flag("public"),
      networkBlockAll: fields.flag("networkBlockAll"),
      networkAllowList: fields.text("networkAllowList"),
      domainAllowList: fields.text("domainAllowList"),
      outboundProxyUrl: fields.text("outboundProxyUrl"),
      otelEndpointOverride: fields.text("otelEndpointOverride"),
      target: filled(fields.text("target")),
      cpu: fields.number("cpu", { least: 0 }),
      gpu: fields.number("gpu", generation === "0.190" ? { least: 0, most: 1 } : { least: 0 }),
      gpuType: fields.choices("gpuType", gpuTypesOf(generation)),
      spot: fields.flag("spot"),
      kvm: fields.flag("kvm"),
      memory: fields.number("memory", { least: 0 }),
      disk: fields.number("disk", { least: 0 }),
      autoStopInterval: fields.number("autoStopInterval"),
      autoPauseInterval: fields.number("autoPauseInterval"),
      autoArchiveInterval: fields.number("autoArchiveInterval"),
      autoDeleteInterval: fields.number("autoDeleteInterval"),
      ttlMinutes: fields.number("ttlMinutes"),
      volumes: fields.objects("volumes")?.map((volume) => ({
        volumeId: volume.requiredText("volumeId"),
        mountPath: volume.requiredText("mountPath"),
        subpath: volume.text("subpath")
      })),
      buildInfo:
        build === undefined
          ? undefined
          : {
              // Not validated: `{}` is a build of nothing.
              dockerfileContent: build.text("dockerfileContent") ?? "",
              contextHashes: build.texts("contextHashes")
            },
      linkedSandbox: fields.text("linkedSandbox"),
      secrets: fields.maps("secrets")
    }
    if (request.name !== undefined && isUnsafeName(request.name)) {
      fields.addProblem("name must not contain HTML tags, URLs, or control characters")
    }
    // No process could be started with it.
    if (Object.entries(request.env ?? {}).some(([name, value]) => `${name}${value}`.includes("\0"))) {
      fields.addProblem("env must not contain NUL characters")
    }
    yield* fields.problems
    yield* nonNegative(request.autoStopInterval, "Auto-stop interval must be non-negative")
    yield* nonNegative(request.autoPauseInterval, "Auto-pause interval must be non-negative")
    yield* nonNegative(request.autoArchiveInterval, "Auto-archive interval must be non-negative")
    yield* nonNegative(request.ttlMinutes, "TTL must be non-negative")
    yield* networkRules.checkNetworks(request.networkAllowList)
    yield* networkRules.checkDomains(request.domainAllowList)
    const { autoArchiveInterval, autoDeleteInterval, autoPauseInterval, autoStopInterval, cpu, disk, gpu, memory } =
      request
    const stored = [
      autoArchiveInterval,
      autoDeleteInterval,
      autoPauseInterval,
      autoStopInterval,
      cpu,
      disk,
      gpu,
      memory
    ]
    yield* Effect.forEach([...stored, request.ttlMinutes], storable, { discard: true })
    return request
  })

// An empty string counts as absent.
const filled = (text: string | undefined) => (text === "" ? undefined : text)

/** Whether the server refuses a name because it could inject markup or links where it is displayed. */
export const isUnsafeName = (name: string): boolean =>
  /<[a-z/]/i.test(name) ||
  /(https?|ftps?|sftp|ssh|wss?|file|ldaps?):\/\/|javascript:|data:|mailto:|tel:|www\./i.test(name) ||
  [...name].some((character) => (character < " " && !"\t\n\r".includes(character)) || character === "\u007f")

/** Fails for a negative interval. */
export const nonNegative = (value: number | undefined, message: string): Effect.Effect<void, HttpError> =>
  value !== undefined && value < 0 ? badRequest(message) : Effect.void
