/** Reads what the server needs of a Dockerfile. */
import * as Predicate from "effect/Predicate"

/** The instructions, one per line, without blank lines and comments. */
export const instructions = (dockerfile: string): ReadonlyArray<string> =>
  dockerfile.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"))

const idle = ["sleep", "infinity"]

/**
 * What a container of the image runs: the last `ENTRYPOINT`, a JSON array or else a single word. Without one it sleeps.
 */
export const entrypoint = (dockerfile: string): ReadonlyArray<string> => {
  const last = dockerfile
    .split("\n")
    .map((line) => /^ENTRYPOINT\s+(.+)$/i.exec(line.trim())?.[1])
    .findLast((argument) => argument !== undefined)
  return last === undefined ? idle : (parseArray(last) ?? [last.replace(/^["']|["']$/g, "")])
}

const parseArray = (text: string): ReadonlyArray<string> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every(Predicate.isString) ? parsed : undefined
  } catch {
    return undefined
  }
}
