/**
 * Detects that the shell of a session has exited. The daemon does not report it: a command that ends its shell never
 * gets an exit code, and its session looks like any other. So the first command of every session that we create prints
 * the process id of the shell, and waits that see no output check whether that process is alive.
 *
 * A trap for `EXIT` would not do: the daemon replaces it before every command, its output goes to different places in
 * different shells, and `exec` and signals do not run it.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { ProcessSessionId, SessionCommand } from "../../../../schema/daytona/toolbox/Session.js"
import { operations, settled } from "../sessions/operations.js"
import type { Toolbox } from "../Toolbox.js"
import { operations as processOperations } from "./operations.js"

/** The first command of a new session. */
export const introduction = 'echo "$$" # effect-sandboxes: the process id of this shell'

export const isIntroduction = ({ command }: SessionCommand): boolean => command === introduction

/** A zombie counts as ended, although its directory in `/proc` is still there. */
const livenessScript = (pid: string) => `if [ -d /proc/self ]; then
  state=gone
  while read -r name value rest; do if [ "$name" = State: ]; then state=$value; fi; done < /proc/${pid}/status
  case $state in gone|Z|X) echo ended;; *) echo lives;; esac
elif kill -0 ${pid}; then echo lives; else echo ended; fi`

/** Silence before the first check. */
export const firstCheck: Duration.Duration = Duration.seconds(2)

/** Most silent shells are alive, so the interval doubles, up to 30 seconds. */
export const nextCheck = (last: Duration.Duration): Duration.Duration =>
  Duration.min(Duration.times(last, 2), Duration.seconds(30))

/** A response may still arrive after the shell that caused it has exited. */
const responseGrace = Duration.millis(500)

export interface ShellLiveness {
  /** Whether the shell has certainly exited. A check that fails counts as `false`. */
  readonly hasEnded: Effect.Effect<boolean>
  /** Completes shortly after the shell has exited. */
  readonly ended: Effect.Effect<void>
}

export const make = (toolbox: Toolbox.Service, sessionId: ProcessSessionId): ShellLiveness => {
  let known: string | undefined
  const pid = Effect.gen(function* () {
    if (known !== undefined) return Option.some(known)
    const { commands } = yield* settled(toolbox.call(operations.get, { path: { sessionId } }))
    const introduced = commands.find(isIntroduction)
    if (introduced === undefined) return Option.none()
    const { stdout } = yield* toolbox.call(operations.logs, { path: { sessionId, commandId: introduced.id } })
    known = /^(\d+)\s/.exec(stdout)?.[1]
    return Option.fromNullable(known)
  })
  const check = (id: string) =>
    Effect.map(
      toolbox.call(processOperations.executeMerged, { body: { command: livenessScript(id), timeout: 10 } }),
      ({ result }) => result.trimEnd().endsWith("ended")
    )
  const hasEnded = pid.pipe(
    Effect.flatMap(Option.match({ onNone: () => Effect.succeed(false), onSome: check })),
    withRequestOptions({ timeout: "15 seconds", retry: false }),
    Effect.orElseSucceed(() => false)
  )
  const ended = (interval: Duration.Duration): Effect.Effect<void> =>
    Effect.flatMap(Effect.delay(hasEnded, interval), (yes) =>
      yes ? Effect.sleep(responseGrace) : ended(nextCheck(interval))
    )
  return { hasEnded, ended: ended(firstCheck) }
}
