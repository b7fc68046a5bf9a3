/** The part of a file that a request asks for. */
export type RangeDecision =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Part"; readonly start: number; readonly length: number }
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

const partOf = (range: string, size: number): RangeDecision => {
  const parts = range.startsWith("bytes=") ? range.slice("bytes=".length).split(",") : ["invalid"]
  const [first = "", ...more] = parts.map((part) => part.trim()).filter((part) => part !== "")
  const [, from = "", to = ""] = /^(\d*)\s*-\s*(\d*)$/.exec(first) ?? []
  if (from === "" && to === "") return { _tag: "Unsatisfiable", reason: "invalid range", contentRange: undefined }
  // Several ranges would need a multipart body, which servers need not support.
  if (more.length > 0) return whole
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1)
  if (from !== "" && to !== "" && Number(to) < start) {
    return { _tag: "Unsatisfiable", reason: "invalid range", contentRange: undefined }
  }
  if (size === 0) return whole
  return start >= size || (from === "" && Number(to) === 0)
    ? { _tag: "Unsatisfiable", reason: "invalid range: failed to overlap", contentRange: `bytes */${size}` }
    : { _tag: "Part", start, length: end - start }
}
