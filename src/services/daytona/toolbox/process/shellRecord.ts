/**
 * What is left behind in the sandbox about the shell of a session, so that it can be found again: the daemon reports
 * neither that it has exited nor what it has started. The first command of every session that we create writes the
 * process id of the shell to a file, and commands of `Process` mark what they start with an environment variable.
 */
import type { ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import { shellQuote } from "../shellText.js"

/** Names the session in the environment of everything that a command of `Process` starts. */
export const markName = "EFFECT_SANDBOXES_SESSION"

export const markOf = (sessionId: ProcessSessionId): string => shellQuote(`${markName}=${sessionId}`)

/** The file is in the directory for temporary files, whose name both kinds of shells get from the daemon. */
const fileOf = (sessionId: ProcessSessionId): string =>
  `"\${TMPDIR:-/tmp}"/${shellQuote(`effect-sandboxes-${encodeURIComponent(sessionId)}`)}`

/**
 * Writes the process id of the shell, and its entry in `/proc`, which tells a process from a later one of the same id.
 */
export const write = (sessionId: ProcessSessionId): string =>
  `( stat=; read -r stat < /proc/$$/stat; printf '%s\\n%s\\n' "$$" "$stat" > ${fileOf(sessionId)} ) 2> /dev/null`

export const remove = (sessionId: ProcessSessionId): string => `rm -f ${fileOf(sessionId)}`

/** Makes zsh split words and treat patterns like every other shell. */
export const posix = `[ -z "\${ZSH_VERSION:-}" ] || emulate sh`

/**
 * Sets `pid` to the process id of the shell, or to nothing when there is no record, and `state` to `lives`, `ended` or
 * `unknown`. A zombie counts as ended, although its directory in `/proc` is still there.
 */
export const find = (sessionId: ProcessSessionId): string => `pid= born= now= state=unknown
[ -r ${fileOf(sessionId)} ] && { read -r pid; read -r born; } < ${fileOf(sessionId)}
started() { start=\${1##*") "}; i=0; while [ $i -lt 19 ]; do start=\${start#* }; i=$((i + 1)); done; start=\${start%% *}; }
if [ -z "$pid" ]; then :
elif [ -d /proc/self ]; then
  read -r now < "/proc/$pid/stat"
  started "$born"; before=$start; started "$now"
  state=ended
  case \${now##*") "} in ''|Z*|X*) ;; *) [ "$start" != "$before" ] || state=lives;; esac
elif kill -0 "$pid"; then state=lives
else state=ended
fi`
