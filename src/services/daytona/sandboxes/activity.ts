/** Keeps sandboxes active, so that they are not stopped automatically. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { DurationWithUnit } from "../../../schema/refused.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SandboxActivity {
  /** Resets the time without activity after which the sandbox is stopped. `POST /sandbox/{sandboxId}/last-activity` */
  readonly refreshActivity: (sandbox: SandboxId) => Effect.Effect<void, ApiError | NotFound>
  /**
   * Keeps a sandbox active while the scope is open, so that `autoStop` does not interrupt a program that runs in it
   * unattended. Unlike with `autoStop: "disabled"`, the sandbox still stops after a crash of this process. Requests and
   * streams into the sandbox count as activity too. Fails if the first refresh fails; later failures are logged at
   * debug level and retried, until the sandbox is deleted. `POST /sandbox/{sandboxId}/last-activity`
   */
  readonly keepActive: (
    sandbox: SandboxId,
    options?: {
      /** The interval; default 1 minute. Must be less than `autoStop`, which is at least a minute. */
      readonly every?: DurationWithUnit | undefined
    }
  ) => Effect.Effect<void, ApiError | NotFound, Scope.Scope>
}

export const make = (client: DaytonaClient.Service): SandboxActivity => {
  const refreshActivity: SandboxActivity["refreshActivity"] = (sandboxId) =>
    client.call(operations.refreshActivity, { path: { sandboxId }, sandboxId })
  return {
    refreshActivity,
    keepActive: (sandboxId, { every = "1 minute" } = {}) => {
      const pause = Duration.decode(every)
      const refreshes = refreshActivity(sandboxId).pipe(
        Effect.catchIf(
          (error) => error._tag !== "NotFound",
          ({ message }) => Effect.logDebug(message)
        ),
        Effect.schedule(Schedule.spaced(pause)),
        Effect.ignore
      )
      return Effect.zipRight(refreshActivity(sandboxId), Effect.asVoid(Effect.forkScoped(refreshes)))
    }
  }
}
