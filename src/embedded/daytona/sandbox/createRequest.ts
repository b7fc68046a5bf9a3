/** Reads and validates the body of `POST /sandbox`. */
import * as Effect from "effect/Effect"
import type { BodyFields } from "../http/BodyFields.js"
import { badRequest, type HttpError } from "../http/HttpError.js"
import * as networkRules from "./networkRules.js"
import * as volumeRules from "./volumeRules.js"

/** The validated body of `POST /sandbox`. Absent members are `undefined`; unknown ones are dropped. */
export type CreateRequest = Effect.Effect.Success<ReturnType<typeof read>>

const gpuTypes = ["H100", "H200", "RTX-PRO-6000", "RTX-4090", "RTX-5090"]

/** Reads the body of `POST /sandbox`. */
export const read = (fields: BodyFields) =>
  Effect.gen(function* () {
    const build = fields.object("buildInfo")
    const request = {
      name: filled(fields.text("name")),
      snapshot: filled(fields.text("snapshot")),
      user: filled(fields.text("user")),
      env: fields.map("env"),
      labels: fields.map("labels"),
      public: fields.flag("public"),
      networkBlockAll: fields.flag("networkBlockAll"),
      networkAllowList: fields.text("networkAllowList"),
      domainAllowList: fields.text("domainAllowList"),
      outboundProxyUrl: fields.text("outboundProxyUrl"),
      otelEndpointOverride: fields.text("otelEndpointOverride"),
      target: filled(fields.text("target")),
      cpu: fields.integer("cpu"),
      gpu: fields.integer("gpu"),
      gpuType: fields.choices("gpuType", gpuTypes),
      spot: fields.flag("spot"),
      kvm: fields.flag("kvm"),
      memory: fields.integer("memory"),
      disk: fields.integer("disk"),
      autoStopInterval: fields.integer("autoStopInterval"),
      autoPauseInterval: fields.integer("autoPauseInterval"),
      autoArchiveInterval: fields.integer("autoArchiveInterval"),
      autoDeleteInterval: fields.integer("autoDeleteInterval"),
      ttlMinutes: fields.integer("ttlMinutes"),
      volumes: fields.objects("volumes")?.map((volume) => ({
        volumeId: volume.requiredText("volumeId"),
        mountPath: volume.requiredText("mountPath"),
        subpath: volume.text("subpath")
      })),
      buildInfo:
        build === undefined
          ? undefined
          : {
              dockerfileContent: build.requiredText("dockerfileContent"),
              contextHashes: build.texts("contextHashes") ?? []
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
    yield* Effect.forEach(request.volumes ?? [], volumeRules.check, { discard: true })
    return request
  })

// An empty string counts as absent.
const filled = (text: string | undefined) => (text === "" ? undefined : text)

/**
 * Whether the server refuses a name because it could inject markup or links where it is displayed. A long name must not
 * take long: looking for `<[^>]*>` or `[a-z][a-z0-9+.-]*://` from every position would.
 */
export const isUnsafeName = (name: string): boolean => {
  const open = name.indexOf("<")
  return (
    (open !== -1 && name.includes(">", open)) ||
    /:\/\/(?<=[a-z][a-z0-9+.-]*:\/\/)|www\./i.test(name) ||
    [...name].some((character) => character < " " || character === "\u007f")
  )
}

/** Fails for a negative interval. */
export const nonNegative = (value: number | undefined, message: string): Effect.Effect<void, HttpError> =>
  value !== undefined && value < 0 ? badRequest(message) : Effect.void
