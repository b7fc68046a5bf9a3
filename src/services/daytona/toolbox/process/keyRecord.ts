/**
 * What is left behind in the sandbox about a command with a key: a directory in the home directory, with the digest of
 * the command and, once it has ended, how. Its creation is what lets the command run. It outlives the session of the
 * command and the restart of the sandbox, and is part of snapshots and forks, as is what the command has done.
 */
import { shellQuote } from "../shellText.js"

/** How a command ended; `undefined` if it has not, or was cut off. */
export type End = number | "killed" | undefined

export interface KeyRecord {
  /** Empty if it could not be read. */
  readonly digest: string
  readonly end: End
}

const parent = `"\${HOME:-/tmp}"/.effect-sandboxes`
const directoryOf = (id: string): string => `${parent}/${shellQuote(id)}`

/** Before the digest and the end, separated by a space. */
const usedNotice = "effect-sandboxes: the key of this command has been used before: "
const notRecordedNotice = "effect-sandboxes: the key of this command cannot be recorded in the home directory\n"

const digestComment = "# effect-sandboxes: the command with the digest "

/** The digest of the command that a text runs. */
export const digestIn = (text: string): string | undefined => {
  const [first = ""] = text.split("\n", 1)
  return first.startsWith(digestComment) ? first.slice(digestComment.length) : undefined
}

const print = (id: string): string => {
  const contents = (name: string) => `"$(cat ${directoryOf(id)}/${name} 2> /dev/null)"`
  return `printf '%s%s %s\\n' ${shellQuote(usedNotice)} ${contents("command")} ${contents("end")}`
}

/** Makes a text recognizable by its digest. */
export const labelled = (digest: string, text: string): string => `${digestComment}${digest}\n${text}`

/** Runs a command if its key was not used before. Otherwise it prints why it does not run. */
export const recorded = (id: string, digest: string, text: string): string => {
  const directory = directoryOf(id)
  const write = `{ printf '%s\\n' ${shellQuote(digest)} > ${directory}/command || { rm -rf ${directory}; false; }; }`
  return `if { mkdir -p ${parent} && mkdir ${directory} && ${write}; } 2> /dev/null; then
${text}
effect_sandboxes_code=$?
{ printf '%s\\n' "$effect_sandboxes_code" > ${directory}/end; } 2> /dev/null
( exit "$effect_sandboxes_code" )
elif [ -d ${directory} ]; then ${print(id)} >&2
else printf %s ${shellQuote(notRecordedNotice)} >&2
fi`
}

/** Prints the record, if there is one. */
export const readScript = (id: string): string => `[ ! -d ${directoryOf(id)} ] || ${print(id)}`

/** Records that a command that has not ended will be killed, and prints the record. */
export const killScript = (id: string): string => `if [ -d ${directoryOf(id)} ]; then ${readScript(id)}
[ -s ${directoryOf(id)}/end ] || echo killed > ${directoryOf(id)}/end
fi`

/** Makes the key free again. */
export const removeScript = (id: string): string => `rm -rf ${directoryOf(id)}`

const endOf = (text: string): End => {
  if (text === "killed") return "killed"
  const code = Number.parseInt(text, 10)
  return Number.isNaN(code) ? undefined : code
}

/** The record that was printed; `undefined` if there is none. */
export const parse = (printed: string): KeyRecord | undefined => {
  if (!printed.startsWith(usedNotice)) return undefined
  const found = /^([0-9a-f-]*)(?: (\d+|killed))?\s*$/.exec(printed.slice(usedNotice.length))
  return found === null ? undefined : { digest: found[1] ?? "", end: endOf(found[2] ?? "") }
}

/** What a command printed instead of running, if it did not run. */
export const refusalIn = (output: {
  readonly stdout: string
  readonly stderr: string
}): KeyRecord | "notRecorded" | undefined => {
  if (output.stdout !== "") return undefined
  return output.stderr === notRecordedNotice ? "notRecorded" : parse(output.stderr)
}
