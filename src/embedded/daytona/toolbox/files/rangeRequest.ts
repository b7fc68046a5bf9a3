/** A range of a file, in bytes. */
export interface Range {
  readonly start: number
  readonly length: number
}

/** The part of a file that a request asks for. */
export type RangeDecision =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Part"; readonly range: Range }
  | { readonly _tag: "Parts"; readonly ranges: ReadonlyArray<Range> }
  /** The range is invalid or outside of the file. */
  | { readonly _tag: "Unsatisfiable"; readonly reason: string; readonly contentRange: string | undefined }
  | { readonly _tag: "NotModified" }
  | { readonly _tag: "PreconditionFailed" }

type Headers = Readonly<Record<string, string>>

const whole: RangeDecision = { _tag: "Whole" }

/** Evaluates the conditions and the range of a request as Go's file server does, without entity tags. */
export const evaluateRange = (headers: Headers, size: number, modifiedAt: Date): RangeDecision => {
  const modified = Math.floor(modifiedAt.getTime() / 1000)
  const since = secondsOf(headers["if-modified-since"])
  const unmodifiedSince = secondsOf(headers["if-unmodified-since"])
  const { "if-match": match, "if-none-match": noneMatch } = headers
  const fails = match === undefined ? unmodifiedSince !== undefined && modified > unmodifiedSince : match.trim() !== "*"
  if (fails) return { _tag: "PreconditionFailed" }
  const unchanged = noneMatch === undefined ? since !== undefined && modified <= since : noneMatch.trim() === "*"
  if (unchanged) return { _tag: "NotModified" }
  const onlyIf = headers["if-range"]
  const range = headers["range"]
  return range === undefined || (onlyIf !== undefined && secondsOf(onlyIf) !== modified) ? whole : partOf(range, size)
}

const secondsOf = (date: string | undefined): number | undefined => {
  const time = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}

const invalid: RangeDecision = { _tag: "Unsatisfiable", reason: "invalid range", contentRange: undefined }

const partOf = (header: string, size: number): RangeDecision => {
  const specs = header.startsWith("bytes=") ? header.slice("bytes=".length).split(",") : ["invalid"]
  const ranges: Array<Range> = []
  for (const spec of specs.map((text) => text.trim()).filter((text) => text !== "")) {
    const [, from = "", to = ""] = /^(\d*)\s*-\s*(\d*)$/.exec(spec) ?? []
    if (from === "" && to === "") return invalid
    const start = from === "" ? Math.max(0, size - Number(to)) : Number(from)
    // A range beyond the end is ignored as long as there is another one, whatever its end.
    if (start >= size) continue
    if (from !== "" && to !== "" && Number(to) < start) return invalid
    const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1)
    ranges.push({ start, length: end - start })
  }
  const [range, ...more] = ranges
  if (range === undefined && size > 0) {
    return { _tag: "Unsatisfiable", reason: "invalid range: failed to overlap", contentRange: `bytes */${size}` }
  }
  // Ranges that overlap so much are answered with the file.
  if (range === undefined || ranges.reduce((sum, { length }) => sum + length, 0) > size) return whole
  return more.length === 0 ? { _tag: "Part", range } : { _tag: "Parts", ranges }
}
