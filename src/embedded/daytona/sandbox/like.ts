/** SQL's LIKE, for the filters whose wildcards the server does not escape. */

/**
 * Whether a text matches a pattern, in which `%` stands for any characters and `_` for one. Takes time in proportion to
 * both lengths at most, whatever the pattern.
 */
export const like =
  (pattern: string) =>
  (text: string): boolean => {
    let at = 0
    let index = 0
    /** After the last `%`, and the part of the text that it has taken so far. */
    let retry: { readonly at: number; readonly index: number } | undefined
    while (index < text.length) {
      if (pattern[at] === "%") {
        at += 1
        retry = { at, index }
      } else if (at < pattern.length && (pattern[at] === "_" || pattern[at] === text[index])) {
        at += 1
        index += 1
      } else if (retry !== undefined) {
        retry = { at: retry.at, index: retry.index + 1 }
        at = retry.at
        index = retry.index
      } else {
        return false
      }
    }
    return [...pattern.slice(at)].every((rest) => rest === "%")
  }
