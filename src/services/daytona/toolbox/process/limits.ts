/** Time limits of commands. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import { CommandTimeout } from "../../../../errors/daytona/process.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { Toolbox } from "../Toolbox.js"

/** The time the request gets on top of the time limit of its command. */
const requestGrace = Duration.seconds(5)

/** How long a command that is about to be killed is kept alive to fetch its output or state. */
export const outputDeadline = Duration.seconds(5)

const longestTimeout = 2 ** 32 - 1

export const limitOf = (timeout: Duration.DurationInput | undefined): Duration.Duration =>
  timeout === undefined ? Duration.infinity : Duration.decode(timeout)

/** Whole seconds for the wire, on which 0 means no limit. */
const secondsOf = (operation: string, limit: Duration.Duration): Either.Either<number | undefined, InvalidRequest> => {
  if (!Duration.isFinite(limit)) return Either.right(undefined)
  const seconds = Math.max(1, Math.ceil(Duration.toSeconds(limit)))
  const problem = `must be at most ${longestTimeout} seconds`
  return seconds <= longestTimeout
    ? Either.right(seconds)
    : Either.left(invalidRequest({ system: "daytona", operation }, "timeout", problem))
}

export const timedOut = (
  { sandboxId }: Toolbox.Service,
  operation: string,
  limit: Duration.Duration,
  output?: { readonly stdout: string; readonly stderr: string },
  killed = "everything it had started"
): CommandTimeout =>
  new CommandTimeout({
    system: "daytona",
    operation,
    sandboxId,
    timeout: limit,
    ...output,
    message: `${operation}: the command in sandbox ${sandboxId} timed out after ${Duration.format(limit)}, and was killed with ${killed}`
  })

/**
 * A request that stays open while its command runs. The daemon enforces the limit; the deadline of the request is a
 * fallback.
 */
export const limited = <A>(
  toolbox: Toolbox.Service,
  operation: string,
  timeout: Duration.DurationInput | undefined,
  call: (seconds: number | undefined) => Effect.Effect<A, ApiError>
): Effect.Effect<A, ApiError | CommandTimeout> =>
  Effect.flatMap(secondsOf(operation, limitOf(timeout)), (seconds) => {
    if (seconds === undefined) return call(undefined)
    const limit = Duration.seconds(seconds)
    return withRequestOptions(call(seconds), { timeout: Duration.sum(limit, requestGrace) }).pipe(
      Effect.catchTag("Timeout", (error) =>
        Effect.fail(error.status === 408 ? timedOut(toolbox, operation, limit, undefined, "its process group") : error)
      )
    )
  })
