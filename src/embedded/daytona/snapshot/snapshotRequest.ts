/** Reads and validates the body of `POST /snapshots`. */
import * as Effect from "effect/Effect"
import type { BodyFields } from "../http/BodyFields.js"
import { badRequest, type HttpError } from "../http/HttpError.js"
import type { SandboxClass } from "../Options.js"
import type { Settings } from "../Settings.js"
import { gpuTypesOf } from "../sandbox/createRequest.js"

/** The validated body of `POST /snapshots`. */
export interface SnapshotRequest {
  readonly name: string
  readonly imageName: string | undefined
  readonly entrypoint: ReadonlyArray<string> | null
  readonly cpu: number
  readonly gpu: number
  readonly gpuType: string | undefined
  readonly memory: number
  readonly disk: number
  readonly buildInfo:
    | { readonly dockerfileContent: string; readonly contextHashes: ReadonlyArray<string> | undefined }
    | undefined
  readonly regionId: string | undefined
  readonly sandboxClass: SandboxClass
}

const classes: ReadonlyArray<SandboxClass> = ["linux-vm", "container", "android", "windows"]

/** Reads the body of `POST /snapshots`. */
export const read = (
  fields: BodyFields,
  generation: Settings["generation"]
): Effect.Effect<SnapshotRequest, HttpError> =>
  Effect.gen(function* () {
    const build = fields.object("buildInfo")
    const sandboxClass = fields.text("sandboxClass") ?? "container"
    const known = classes.find((candidate) => candidate === sandboxClass)
    const gpuType = fields.choices("gpuType", gpuTypesOf(generation))
    if (known === undefined) {
      fields.addProblem(`sandboxClass must be one of the following values: ${classes.join(", ")}`)
    }
    if (gpuType !== undefined && gpuType.length > 1) fields.addProblem("gpuType must contain no more than 1 elements")
    const entrypoint = fields.texts("entrypoint")
    const request: SnapshotRequest = {
      name: fields.requiredText("name"),
      imageName: fields.text("imageName"),
      entrypoint: entrypoint ?? null,
      // Zero means the default.
      cpu: fields.integer("cpu", { least: 0 }) || 1,
      gpu: fields.integer("gpu", { least: 0, most: 1 }) ?? 0,
      gpuType: gpuType?.[0],
      memory: fields.integer("memory", { least: 0 }) || 1,
      disk: fields.integer("disk", { least: 0 }) || 3,
      buildInfo:
        build === undefined
          ? undefined
          : {
              dockerfileContent: build.requiredText("dockerfileContent"),
              contextHashes: build.texts("contextHashes")
            },
      regionId: fields.text("regionId"),
      sandboxClass: known ?? "container"
    }
    yield* fields.problems
    if (!imagePattern.test(request.name)) {
      return yield* badRequest("Invalid snapshot name format. May contain letters, digits, dots, colons, and dashes")
    }
    if (request.buildInfo !== undefined && request.imageName !== undefined && request.imageName !== "") {
      return yield* badRequest("Cannot specify an image name when using a build info entry")
    }
    if (request.buildInfo !== undefined && entrypoint !== undefined) {
      return yield* badRequest("Cannot specify an entrypoint when using a build info entry")
    }
    if (request.buildInfo === undefined) yield* checkImageName(request.imageName)
    return request
  })

const imagePattern = /^[a-zA-Z0-9_.\-:]+(\/[a-zA-Z0-9_.\-:]+)*(@sha256:[a-f0-9]{64})?$/

const checkImageName = (name: string | undefined): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    if (name === undefined || name === "") {
      return badRequest("Must specify an image name when not using a build info entry")
    }
    const tag = /:([^/@:]+)(@|$)/.exec(name.slice(name.lastIndexOf("/") + 1))?.[1]
    if (!name.includes("@sha256:") && tag === undefined) {
      return badRequest("Image name must include a tag (e.g., ubuntu:22.04) or digest (@sha256:...)")
    }
    if (tag === "latest") return badRequest('Images with tag ":latest" are not allowed')
    return imagePattern.test(name)
      ? Effect.void
      : badRequest(
          "Invalid image name format. Must be lowercase, may contain digits, dots, dashes, and single slashes between components"
        )
  })
