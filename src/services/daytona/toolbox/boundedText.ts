/** Output kept in memory, up to a limit. */

/** Characters kept of each output by default. */
export const defaultMaxOutput = 16 * 1024 * 1024

export interface BoundedText {
  readonly add: (text: string) => void
  readonly text: () => string
  /** Whether more was added than is kept. */
  readonly isTruncated: () => boolean
}

/** Collects at most `limit` characters. */
export const makeBoundedText = (limit: number): BoundedText => {
  const parts: Array<string> = []
  let left = limit
  let truncated = false
  return {
    add: (text) => {
      if (text.length > left) truncated = true
      const kept = text.slice(0, left)
      left -= kept.length
      if (kept !== "") parts.push(kept)
    },
    text: () => parts.join(""),
    isTruncated: () => truncated
  }
}
