/** What is said while the image of a sandbox is built. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { BuildFailed } from "../../../errors/daytona/controlPlane.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import { isFailed, type Sandbox, type SandboxState } from "../../../schema/daytona/Sandbox.js"
import * as buildLogs from "../buildLogs/follow.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SandboxBuildLogs {
  /**
   * The log of the build of a sandbox from an image, line by line from its beginning, until the build is over. Create the
   * sandbox with `wait: false` to have its id in time. Broken connections are made anew, without a line lost or repeated.
   *
   * Fails with `BuildFailed` after the last line when the build did. `GET /sandbox/{sandboxIdOrName}/build-logs-url`, and
   * then an address at the proxy, which `trustedHosts` has to name where it is not trusted already
   */
  readonly buildLogs: (
    sandbox: SandboxId,
    options?: buildLogs.LogOptions
  ) => Stream.Stream<string, buildLogs.LogError | BuildFailed>
}

const { name: operation } = operations.buildLogsUrl

/** There is an image then. A state that this package does not know is not taken for the end. */
const over: ReadonlyArray<SandboxState> = [
  "started",
  "starting",
  "stopped",
  "stopping",
  "archived",
  "destroying",
  "destroyed"
]

const stateOf = (sandbox: Sandbox): buildLogs.BuildState => {
  const { errorReason, id, state } = sandbox
  if (!isFailed(sandbox)) return { _tag: over.includes(state) ? "Done" : "Going" }
  return {
    _tag: "Failed",
    error: new BuildFailed({
      system: "daytona",
      operation,
      id,
      state,
      ...(errorReason === undefined ? {} : { reason: errorReason }),
      message: `Sandbox ${id} was not built: it is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
    })
  }
}

export const make = (client: DaytonaClient.Service): SandboxBuildLogs => ({
  buildLogs: (id, options) => {
    const at = { path: { sandboxIdOrName: id }, sandboxId: id }
    return buildLogs.follow(
      client,
      {
        operation,
        url: Effect.map(client.call(operations.buildLogsUrl, at), ({ url }) => url),
        state: Effect.map(client.call(operations.get, at), stateOf)
      },
      options
    )
  }
})
