/**
 * Ends what runs in a session. The daemon's own way has gaps: it signals what a shell runs before the shell, which then
 * starts the next command, and it does not find processes that have left the process group. So a script in the sandbox
 * goes first: it stops the shell, which then starts nothing more, and ends everything below it and everything marked.
 */
import * as Effect from "effect/Effect"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { Toolbox } from "../Toolbox.js"
import { operations } from "./operations.js"
import * as shellRecord from "./shellRecord.js"

/** Prints the processes whose environment has the mark: `/proc/1/environ`, for example. */
const marked = (sessionId: ProcessSessionId): string =>
  `grep -ls -- ${shellRecord.markOf(sessionId)} /proc/[0-9]*/environ`

/**
 * Adds to `found` what belongs to the session, and sets `left` to what of that still runs, without the shell. What was
 * found once stays in `found`: when a process ends, nothing shows any more whose parent it was.
 */
const search = (sessionId: ProcessSessionId): string => `search() {
  for path in $(${marked(sessionId)}); do
    n=\${path#/proc/}; n=\${n%/environ}
    case $found in *" $n "*) ;; *) found="$found$n ";; esac
  done
  grown=yes
  while [ "$grown" ]; do
    grown=
    for path in /proc/[0-9]*; do
      n=\${path#/proc/}
      case $found in *" $n "*) continue;; esac
      stat=; read -r stat < "$path/stat"
      stat=\${stat##*") "}; parent=\${stat#? }; group=\${parent#* }; parent=\${parent%% *}; group=\${group%% *}
      [ "$parent" ] || continue
      case $found in
        *" $parent "*) found="$found$n "; grown=yes;;
        *) [ "$group" != "$pid" ] || { found="$found$n "; grown=yes; };;
      esac
    done
  done
  left=
  for n in $found; do
    stat=; read -r stat < "/proc/$n/stat"
    case \${stat##*") "} in ''|Z*|X*) ;; *) [ "$n" = "$pid" ] || left="$left $n";; esac
  done
}`

/**
 * SIGTERM to all of `left` as if at once: a shell whose child gets it first would run its next command. Whoever is
 * stopped finds the signal when it goes on.
 */
const terminateAll = `for n in $left; do kill -TERM "$n"; done
for n in $left; do kill -CONT "$n"; done`

/** What the script prints when the shell has not recorded itself. It may still do so until its session is deleted. */
const unrecorded = "unrecorded"

/** SIGTERM, and SIGKILL five seconds later. */
export const stopScript = (sessionId: ProcessSessionId): string => `{ ${shellRecord.posix}
${shellRecord.find(sessionId)}
${shellRecord.remove(sessionId)}
[ "$pid" ] || echo ${unrecorded}
[ -d /proc/self ] || exit 0
[ $state = lives ] && kill -STOP "$pid"
found=" $pid "
${search(sessionId)}
search
for n in $left; do kill -STOP "$n"; done
search
for n in $left; do kill -STOP "$n"; done
${terminateAll}
rounds=0
while search; [ "$left" ] && [ $rounds -lt 20 ]; do sleep 0.25; rounds=$((rounds + 1)); done
for n in $left; do kill -KILL "$n"; done
[ $state = lives ] && kill -KILL "$pid"
} 2> /dev/null`

/** Ends everything in a session, as far as it can be found. Where that fails, the daemon ends what it finds. */
export const stop = (
  toolbox: Toolbox.Service,
  sessionId: ProcessSessionId
): Effect.Effect<"stopped" | "unrecorded" | "failed"> =>
  toolbox.call(operations.executeMerged, { body: { command: stopScript(sessionId), timeout: 15 } }).pipe(
    withRequestOptions({ timeout: "18 seconds", retry: false }),
    Effect.map(({ result }) => (result.includes(unrecorded) ? unrecorded : "stopped")),
    Effect.orElseSucceed(() => "failed" as const)
  )

/** Ends everything in a session, and then deletes it. */
export const end = <E>(
  toolbox: Toolbox.Service,
  sessionId: ProcessSessionId,
  remove: Effect.Effect<void, E>
): Effect.Effect<void, E> => {
  const cleared = toolbox
    .call(operations.executeMerged, { body: { command: shellRecord.remove(sessionId), timeout: 5 } })
    .pipe(withRequestOptions({ timeout: "8 seconds", retry: false }), Effect.ignore)
  return Effect.flatMap(stop(toolbox, sessionId), (outcome) =>
    outcome === unrecorded ? Effect.zipRight(remove, cleared) : remove
  )
}

/**
 * Prints the processes that hold the output of the shell open: `/proc/7/environ`, for example. Without their end the
 * daemon does not consider the command ended.
 */
const holders = `for path in /proc/[0-9]*; do
  for end in 1 2; do
    if [ "$path/fd/1" -ef "/proc/$$/fd/$end" ] || [ "$path/fd/2" -ef "/proc/$$/fd/$end" ]; then
      [ "$path" != "/proc/$$" ] && [ -p "/proc/$$/fd/$end" ] && printf '%s\\n' "$path/environ"
    fi
  done
done`

/** Runs a command, and something else after it. The exit code stays that of the command. */
const followedBy = (text: string, next: string): string =>
  // Who held the output open before belongs to the daemon.
  `effect_sandboxes_before=$( exec 2> /dev/null; [ ! -d /proc/self ] || { ${holders}
} )
${text}
effect_sandboxes_code=$?
${next}
( exit $effect_sandboxes_code )`

/** Leaves out of a loop over processes who held the output open before. */
const unlessBefore = `case "
$effect_sandboxes_before
" in *"
$path
"*) continue;; esac
[ -d "\${path%/environ}" ] || continue`

/** Runs a command and then ends what it has left running: what holds its output open, and what has the mark. */
export const swept = (sessionId: ProcessSessionId, text: string): string =>
  followedBy(
    text,
    `( unset ${shellRecord.markName}; ${shellRecord.posix}
${shellRecord.remove(sessionId)}
[ -d /proc/self ] || exit 0
rounds=0
while [ $rounds -lt 6 ]; do
  left=
  for path in $(${holders}
${marked(sessionId)}); do
    ${unlessBefore}
    n=\${path#/proc/}; n=\${n%/environ}
    left="$left $n"
    if [ $rounds = 5 ]; then kill -KILL "$n"; elif [ $rounds = 0 ]; then kill -STOP "$n"; fi
  done
  [ "$left" ] || break
  if [ $rounds = 0 ]; then ${terminateAll}
  fi
  sleep 0.1
  rounds=$((rounds + 1))
done ) < /dev/null > /dev/null 2>&1`
  )

/** What the log says when a command has ended but something still holds its output open; the exit code follows. */
export const leftRunning = (sessionId: ProcessSessionId): string =>
  `effect-sandboxes: what the command of session ${sessionId} started still runs; it ended with exit code `

/** Runs a command, and notes its end in both outputs if something still holds them open. */
export const noted = (sessionId: ProcessSessionId, text: string): string => {
  const [before = "", after = ""] = leftRunning(sessionId).split(sessionId)
  const note = `printf '${before}%s${after}%s\\n' ${sessionId} $effect_sandboxes_code`
  return followedBy(
    text,
    `if [ "$( exec 2> /dev/null; ${shellRecord.posix}; [ ! -d /proc/self ] || for path in $(${holders}); do
  ${unlessBefore}
  echo "$path"
done )" ]; then ${note}; ${note} >&2; fi`
  )
}

/** Records the shell, and marks what it starts. */
export const tracked = (sessionId: ProcessSessionId, text: string): string => `${shellRecord.write(sessionId)}
export ${shellRecord.markOf(sessionId)}
${text}`
