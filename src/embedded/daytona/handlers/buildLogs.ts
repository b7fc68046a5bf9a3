import * as Effect from "effect/Effect"
import { notFound } from "../http/HttpError.js"
import type { Builds } from "../snapshot/Builds.js"
import * as buildLogs from "../snapshot/buildLogResponse.js"
import type { Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"

/** The log of a sandbox's build from the API itself, as older clients read it. */
export const make = (dependencies: { readonly builds: Builds; readonly view: SandboxView }) => {
  const { builds, view } = dependencies
  return {
    "GET /sandbox/{idOrName}/build-logs": (call) =>
      Effect.gen(function* () {
        const { buildInfo, id } = yield* view.find(call)
        if (buildInfo === undefined) return yield* notFound(`Sandbox with ID or name ${id} has no build info`)
        const follow = call.query.get("follow") === "true"
        return yield* buildLogs.answer(builds, buildInfo.snapshotRef, { follow, ends: false })
      })
  } satisfies Record<string, Handler>
}
