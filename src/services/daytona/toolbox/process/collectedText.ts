/** Output that is kept in memory: as much of it as anybody wants to have there. */

/** How much is kept of each output, in characters, unless somebody says otherwise. */
export const defaultMaxOutput = 16 * 1024 * 1024

export interface CollectedText {
  readonly add: (text: string) => void
  readonly text: () => string
  /** Whether there was more than is kept. */
  readonly isTruncated: () => boolean
}

/** Text up to a limit, in characters. */
export const collectText = (limit: number): CollectedText => {
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
