/**
 * Detects that the shell of a session has exited. The daemon does not report it: a command that ends its shell never
 * gets an exit code, and its session looks like any other. So the first command of every session that we create records
 * the process id of the shell, and waits check whether that process is alive.
 *
 * A trap for `EXIT` would not do: the daemon replaces it before every command, its output goes to different places in
 * different shells, and `exec` and signals do not run it.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { ProcessSessionId, SessionCommand } from "../../../../schema/daytona/toolbox/Session.js"
import type { Toolbox } from "../Toolbox.js"
import { operations } from "./operations.js"
import * as shellRecord from "./shellRecord.js"

const comment = "# effect-sandboxes: records the process id of this shell"

/** The first command of a new session. */
export const introduction = (sessionId: ProcessSessionId): string => `${shellRecord.write(sessionId)} ${comment}`

export const isIntroduction = ({ command }: SessionCommand): boolean => command.endsWith(comment)

/** The time before the first check. */
export const firstCheck: Duration.Duration = Duration.seconds(2)

/** Most shells are alive, so the interval doubles, up to what a wait may take longer than its shell lives. */
export const nextCheck = (last: Duration.Duration): Duration.Duration =>
  Duration.min(Duration.times(last, 2), Duration.seconds(4))

/** A response may still arrive after the shell that caused it has exited. */
const responseGrace = Duration.millis(500)

export interface ShellLiveness {
  /** Whether the shell has certainly exited. A check that fails counts as `false`. */
  readonly hasEnded: Effect.Effect<boolean>
  /** Completes shortly after the shell has exited. */
  readonly ended: Effect.Effect<void>
}

export const make = (toolbox: Toolbox.Service, sessionId: ProcessSessionId): ShellLiveness => {
  const script = `{ ${shellRecord.posix}
${shellRecord.find(sessionId)}
} 2> /dev/null
echo $state`
  const hasEnded = toolbox.call(operations.executeMerged, { body: { command: script, timeout: 10 } }).pipe(
    Effect.map(({ result }) => result.trimEnd().endsWith("ended")),
    withRequestOptions({ timeout: "15 seconds", retry: false }),
    Effect.orElseSucceed(() => false)
  )
  const ended = (interval: Duration.Duration): Effect.Effect<void> =>
    Effect.flatMap(Effect.delay(hasEnded, interval), (yes) =>
      yes ? Effect.sleep(responseGrace) : ended(nextCheck(interval))
    )
  return { hasEnded, ended: ended(firstCheck) }
}
