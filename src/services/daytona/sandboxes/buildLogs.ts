/** The build logs of sandboxes. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { BuildFailed } from "../../../errors/daytona/controlPlane.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import { isFailed, type Sandbox, type SandboxState } from "../../../schema/daytona/Sandbox.js"
import * as BuildLogs from "../buildLogs.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SandboxBuildLogs {
  /**
   * The build log of a sandbox created from an image, line by line, until the build ends. To get the id in time, create
   * the sandbox with `wait: false`. Broken connections are reopened, and no line is lost or repeated.
   *
   * Fails with `BuildFailed` after the last line of a failed build, and with `InvalidRequest` when the log is on a host
   * that is not trusted (`trustedHosts`). `GET /sandbox/{sandboxIdOrName}/build-logs-url`, then the log at the URL it
   * returns
   */
  readonly buildLogs: (
    sandbox: SandboxId,
    options?: BuildLogs.FollowOptions
  ) => Stream.Stream<string, BuildLogs.LogError | BuildFailed>
}

const { name: operation } = operations.buildLogsUrl

/** The states after a successful build. An unknown state does not count as its end. */
const built: ReadonlyArray<SandboxState> = [
  "started",
  "starting",
  "stopped",
  "stopping",
  "archived",
  "destroying",
  "destroyed"
]

const stateOf = (sandbox: Sandbox): BuildLogs.BuildState => {
  const { errorReason, id, state } = sandbox
  if (!isFailed(sandbox)) return { _tag: built.includes(state) ? "Done" : "Going" }
  return {
    _tag: "Failed",
    error: new BuildFailed({
      system: "daytona",
      operation,
      id,
      state,
      ...(errorReason === undefined ? {} : { reason: errorReason }),
      message: `The image of sandbox ${id} was not built; its state is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
    })
  }
}

export const make = (client: DaytonaClient.Service): SandboxBuildLogs => ({
  buildLogs: (id, options) => {
    const at = { path: { sandboxIdOrName: id }, sandboxId: id }
    return BuildLogs.follow(
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
