/** Reads what the comparison script prints. */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type { Changes, FileChange } from "./Changes.js"
import { bytesOf, patternOf } from "./quotedPath.js"
import { separator } from "./snapshotScript.js"

/** A comparison, and the rules for attributes that it is to be repeated with, if any. */
export interface Comparison {
  readonly changes: Omit<Changes, "warnings">
  /** For what is not in the patch since it is not UTF-8: as binary files it can be. */
  readonly rules: ReadonlyArray<string>
}

const changeOf: Readonly<Record<string, FileChange["change"]>> = { A: "added", D: "deleted", R: "renamed" }

const kindOf: Readonly<Record<string, FileChange["kind"]>> = { "120000": "link", "160000": "repository" }

const none = "000000"

const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text, if the bytes are UTF-8. */
const strictTextOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

const countOf = (text: string | undefined): number => (text === undefined || text === "-" ? 0 : Number(text))

const sizeOf = (line: string | undefined): number | undefined =>
  line !== undefined && /^\d+$/.test(line) ? Number(line) : undefined

interface Entry {
  readonly paths: ReadonlyArray<Uint8Array>
  readonly file: FileChange
}

const entryOf = (
  raw: string,
  counts: string | undefined,
  sizes: readonly [string | undefined, string | undefined],
  isInPatch: boolean
): ReadonlyArray<Entry> => {
  const [meta = "", ...printed] = raw.split("\t")
  const [before = "", after = none, , , status = ""] = meta.slice(1).split(" ")
  const paths = printed.map(bytesOf)
  const path = paths.at(-1)
  if (path === undefined) return []
  const [added, removed] = (counts ?? "").split("\t")
  const mode = after === none ? before : after
  const text = textOf(path)
  const [sizeBefore, sizeAfter] = sizes.map(sizeOf)
  const file: FileChange = {
    path: text,
    ...(strictTextOf(path) === undefined ? { pathBytes: path } : {}),
    change: changeOf[status.charAt(0)] ?? "modified",
    ...(paths.length > 1 && paths[0] !== undefined ? { previousPath: textOf(paths[0]) } : {}),
    kind: kindOf[mode] ?? "file",
    isExecutable: mode === "100755",
    isBinary: added === "-",
    linesAdded: countOf(added),
    linesRemoved: countOf(removed),
    ...(sizeBefore === undefined ? {} : { sizeBefore }),
    ...(sizeAfter === undefined ? {} : { sizeAfter }),
    isInPatch
  }
  return [{ paths, file }]
}

const heading = new TextEncoder().encode("diff --git ")

/** The parts of a patch, one for each file, as the script counts them. */
const partsOf = (patch: Uint8Array): ReadonlyArray<Uint8Array> => {
  const starts: Array<number> = []
  let header = ""
  for (let at = 0; at < patch.length; ) {
    const end = patch.indexOf(0x0a, at) + 1 || patch.length
    if (heading.every((byte, index) => patch[at + index] === byte)) {
      const line = String.fromCharCode(...patch.subarray(at, end))
      if (line !== header) starts.push(at)
      header = line
    }
    at = end
  }
  return starts.map((start, index) => patch.subarray(start, starts[index + 1]))
}

/** `undefined` when the text is not what the script prints. */
export const parse = (printed: string): Comparison | undefined => {
  const all = printed.trimEnd().split("\n")
  const cuts = all.flatMap((line, index) => (line === separator ? [index] : []))
  if (cuts.length !== 5) return undefined
  const part = (index: number) => all.slice(index === 0 ? 0 : (cuts[index - 1] ?? 0) + 1, cuts[index])
  const [totals = ""] = part(0)
  const raws = part(1)
  const counts = part(2)
  const sizes = part(3)
  const left = new Set(part(4).map(Number))
  const decoded = Encoding.decodeBase64(part(5).join(""))
  if (Either.isLeft(decoded) || !/^\d+ \d+ \d+$/.test(totals)) return undefined
  const [fileCount = 0, linesAdded = 0, linesRemoved = 0] = totals.split(" ").map(Number)
  const included = Array.from({ length: fileCount }, (_, index) => index).filter((index) => !left.has(index + 1))
  const whole = strictTextOf(decoded.right)
  const texts = whole === undefined ? partsOf(decoded.right).map(strictTextOf) : []
  const isOdd = new Set(included.filter((_, index) => whole === undefined && texts[index] === undefined))
  const entries = raws.flatMap((raw, index) =>
    entryOf(raw, counts[index], [sizes[2 * index], sizes[2 * index + 1]], !left.has(index + 1) && !isOdd.has(index))
  )
  return {
    changes: {
      files: entries.map(({ file }) => file),
      patch: whole ?? texts.join(""),
      fileCount,
      linesAdded,
      linesRemoved,
      isComplete: left.size === 0 && isOdd.size === 0 && entries.length === fileCount
    },
    rules: [...isOdd].flatMap((index) => {
      const entry = entries[index]
      // A file that is not listed has no name here.
      return entry === undefined ? ["* -diff"] : entry.paths.map((path) => `${patternOf(path)} -diff`)
    })
  }
}
