/**
 * Whether the shell of a session still lives. The daemon does not tell: a command that ends its shell has no exit code ever, and
 * its session looks like any other. So the first command of every session that we make has the shell print its process id, and
 * who has been waiting in silence asks the system about that process.
 *
 * The daemon replaces traps for `EXIT` with its own before every command, and where their output goes differs from shell to shell;
 * `exec` and signals run none. A process id works with all of them.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { ProcessSessionId, SessionCommand } from "../../../../schema/daytona/toolbox/Session.js"
import { operations, settled } from "../sessions/operations.js"
import type { Toolbox } from "../Toolbox.js"
import { operations as processOperations } from "./operations.js"

/** What the shell of a new session is told first. */
export const introduction = 'echo "$$" # effect-sandboxes: the process id of this shell'

export const isIntroduction = ({ command }: SessionCommand): boolean => command === introduction

/** A process that has ended and that nobody has asked about is a zombie, and its directory in `/proc` is still there. */
const question = (pid: string) => `if [ -d /proc/self ]; then
  state=gone
  while read -r name value rest; do if [ "$name" = State: ]; then state=$value; fi; done < /proc/${pid}/status
  case $state in gone|Z|X) echo ended;; *) echo lives;; esac
elif kill -0 ${pid}; then echo lives; else echo ended; fi`

/** How long there is silence before somebody asks. */
export const firstLook: Duration.Duration = Duration.seconds(2)

/** The shell lives in most silences: the time to the next look doubles, up to half a minute. */
export const nextLook = (last: Duration.Duration): Duration.Duration =>
  Duration.min(Duration.times(last, 2), Duration.seconds(30))

/** An answer may still be on its way when the shell that gave it is gone. */
const onItsWay = Duration.millis(500)

export interface ShellLiveness {
  /** Whether it has ended for certain. Whatever goes wrong on the way to an answer: it has not. */
  readonly hasEnded: Effect.Effect<boolean>
  /** Completes when it has ended, a little later than that. */
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
  const ask = (id: string) =>
    Effect.map(
      toolbox.call(processOperations.executeMerged, { body: { command: question(id), timeout: 10 } }),
      ({ result }) => result.trimEnd().endsWith("ended")
    )
  const hasEnded = pid.pipe(
    Effect.flatMap(Option.match({ onNone: () => Effect.succeed(false), onSome: ask })),
    withRequestOptions({ timeout: "15 seconds", retry: false }),
    Effect.orElseSucceed(() => false)
  )
  const ended = (look: Duration.Duration): Effect.Effect<void> =>
    Effect.flatMap(Effect.delay(hasEnded, look), (yes) => (yes ? Effect.sleep(onItsWay) : ended(nextLook(look))))
  return { hasEnded, ended: ended(firstLook) }
}
