/**
 * What runs a command in the sandbox so that its input can be sent in pieces and ended, and signals reach it. The input
 * of a session is lines that have no end: so each line is a piece in base64, and a line with a dot is the end.
 */

/** The line after the last piece. */
export const endOfInput = "."

/** The input of the command: what is sent, or nothing. */
export type Input = "sent" | "none"

/**
 * Where the command has its input and its record: in the folder for temporary files that every POSIX system has. That
 * of `TMPDIR` may be another one for the command, which is started with `--env`, than for what signals it.
 */
export const directoryOf = (id: string): string => `/tmp/effect-sandboxes-exec-${id}`

/** Records which process the command is, and becomes it. The directory is its `$0`. */
const recorded = `sh -c 'echo $$ > "$0/pid"; exec "$@"' "$d" "$@"`

/** In the background, since the command runs in the foreground: some shells would give it an empty input there. */
const feeder = `exec 4<&0
( exec 3> "$d/in"
while IFS= read -r piece && [ "$piece" != ${endOfInput} ]; do printf %s "$piece" | base64 -d >&3 || break; done ) <&4 4<&- &
feeder=$!
exec 4<&-`

const scriptOf = (input: Input): string =>
  [
    `d=$1; shift`,
    `mkdir -m 700 "$d" || exit 125`,
    // When it is killed, which begins with SIGTERM to everything.
    `trap 'rm -rf "$d"; exit 143' TERM`,
    input === "sent" ? `mkfifo "$d/in" || exit 125\n${feeder}` : "feeder=",
    `${recorded} < ${input === "sent" ? '"$d/in"' : "/dev/null"}`,
    `code=$?`,
    `rm -rf "$d"; [ "$feeder" ] && kill "$feeder" 2> /dev/null`,
    `exit $code`
  ].join("\n")

/** The command with its input and its record, which is in a directory that must not exist. */
export const started = (directory: string, input: Input, words: ReadonlyArray<string>): ReadonlyArray<string> => [
  "sh",
  "-c",
  scriptOf(input),
  "sh",
  directory,
  ...words
]

/**
 * Sends a signal to the command and all below it at once, as a terminal does. Of what is below, some may have ended
 * before it gets there.
 */
const signalScript = `below=
collect() {
  for child in $(cat /proc/"$1"/task/*/children 2> /dev/null); do below="$below $child"; collect "$child"; done
}
pid=$(cat "$1/pid") && collect "$pid" && kill -s "$2" "$pid" && { kill -s "$2" $below 2> /dev/null; true; }`

export const signalled = (directory: string, signal: string): ReadonlyArray<string> => [
  "sh",
  "-c",
  signalScript,
  "sh",
  directory,
  signal
]
