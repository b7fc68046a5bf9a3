/** Keeping sandboxes from being stopped for want of activity. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SandboxActivity {
  /** Counts as activity, so that it is not stopped yet. `POST /sandbox/{sandboxId}/last-activity` */
  readonly refreshActivity: (sandbox: SandboxId) => Effect.Effect<void, ApiError | NotFound>
  /**
   * Keeps a sandbox active for as long as the scope is open: what works in it without a word from outside is not stopped
   * meanwhile, and what crashes does not keep it running for ever, as a disabled `autoStop` would. Requests and streams into
   * the sandbox count as activity by themselves. Fails if the first refresh does; later failures are logged at debug level
   * and tried again, and the end of the sandbox ends it. `POST /sandbox/{sandboxId}/last-activity`
   */
  readonly keepActive: (
    sandbox: SandboxId,
    options?: {
      /** How often; default every minute. Must be less than `autoStop`, whose least is a minute. */
      readonly every?: Duration.DurationInput | undefined
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
      const again = refreshActivity(sandboxId).pipe(
        Effect.catchIf(
          (error) => error._tag !== "NotFound",
          ({ message }) => Effect.logDebug(message)
        ),
        Effect.schedule(Schedule.spaced(pause)),
        Effect.ignore
      )
      return Effect.zipRight(refreshActivity(sandboxId), Effect.asVoid(Effect.forkScoped(again)))
    }
  }
}
