/** Simulates image builds. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { Failure } from "../outcomes/Outcomes.js"
import type { BuildInfo } from "../sandbox/Sandbox.js"
import type { ObjectStorage } from "../storage/ObjectStorage.js"
import * as BuildLog from "./BuildLog.js"
import * as dockerfile from "./dockerfile.js"

/** Image builds, shared by all requests with the same Dockerfile and contexts. */
export interface Builds {
  /** Whether the image already exists in this region. */
  readonly isBuilt: (region: string, ref: string) => boolean
  /** Builds the image. Takes as long as `work`, and fails if `work` fails or a context is missing. */
  readonly build: (
    request: { readonly info: BuildInfo; readonly region: string; readonly organizationId: string },
    work: Effect.Effect<void, Failure>
  ) => Effect.Effect<void, Failure>
  /** The log of a build that has started. */
  readonly log: (ref: string) => BuildLog.BuildLog | undefined
}

/** The identity of a build: any change of the Dockerfile, even a newline, makes another one. */
export const refOf = (dockerfileContent: string, contextHashes: ReadonlyArray<string> = []): string => {
  const hash = createHash("sha256").update(dockerfileContent + [...contextHashes].sort().join(""))
  return `daytona-${hash.digest("hex")}:daytona`
}

export const make = (storage: ObjectStorage | undefined): Builds => {
  const built = new Set<string>()
  const logs = new Map<string, BuildLog.BuildLog>()

  const missingContext = (organizationId: string, info: BuildInfo): Effect.Effect<void, Failure> =>
    Effect.suspend(() => {
      const missing = info.contextHashes?.find((hash) => (storage?.contextSize(organizationId, hash) ?? 0) === 0)
      return missing === undefined
        ? Effect.void
        : Effect.fail({ reason: `failed to get build context ${missing}: not found or empty`, recoverable: false })
    })

  return {
    isBuilt: (region, ref) => built.has(`${region} ${ref}`),
    build: ({ info, organizationId, region }, work) =>
      Effect.gen(function* () {
        const log = logs.get(info.snapshotRef) ?? BuildLog.make()
        logs.set(info.snapshotRef, log)
        const instructions = dockerfile.instructions(info.dockerfileContent)
        yield* log.append(["#1 [internal] load build definition from Dockerfile", "#1 DONE 0.0s"])
        yield* Effect.zipRight(missingContext(organizationId, info), work).pipe(
          Effect.tapError(({ reason }) => log.append([`ERROR: ${reason}`]))
        )
        yield* log.append(
          instructions.flatMap((instruction, index) => [
            `#${index + 2} [${index + 1}/${instructions.length}] ${instruction}`,
            `#${index + 2} DONE 0.1s`
          ])
        )
        yield* log.append([`#${instructions.length + 2} exporting to image`, "Built image successfully"])
        built.add(`${region} ${info.snapshotRef}`)
        yield* log.imageExists
      }),
    log: (ref) => logs.get(ref)
  }
}
