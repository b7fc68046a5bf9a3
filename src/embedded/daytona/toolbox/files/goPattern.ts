/**
 * Go's `filepath.Match` for file names: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` to escape them. A malformed pattern
 * matches nothing.
 */
export const matcher = (pattern: string): ((name: string) => boolean) => {
  const tokens = pattern.length > longest ? undefined : parse([...pattern])
  return tokens === undefined ? () => false : (name) => matches(tokens, [...name])
}

/** Far longer than any name; a longer pattern matches nothing. */
const longest = 4096

/** What one letter of a name must be, or `many` for any number of any letters. */
type Token = "many" | ((letter: string) => boolean)

const anyLetter = (letter: string) => letter !== "/"

/**
 * In quadratic time at worst: what follows the last `many` is all that is ever tried again. An expression with many
 * stars could try for ever.
 */
const matches = (tokens: ReadonlyArray<Token>, letters: ReadonlyArray<string>): boolean => {
  let token = 0
  let letter = 0
  let retry: { readonly token: number; readonly letter: number } | undefined
  while (letter < letters.length || token < tokens.length) {
    const expected = tokens[token]
    const given = letters[letter]
    if (expected === "many") {
      token += 1
      retry = { token, letter }
    } else if (expected !== undefined && given !== undefined && expected(given)) {
      token += 1
      letter += 1
    } else {
      const skipped = retry === undefined ? undefined : letters[retry.letter]
      if (retry === undefined || skipped === undefined || !anyLetter(skipped)) return false
      retry = { token: retry.token, letter: retry.letter + 1 }
      token = retry.token
      letter = retry.letter
    }
  }
  return true
}

const parse = (letters: ReadonlyArray<string>): ReadonlyArray<Token> | undefined => {
  const tokens: Array<Token> = []
  let at = 0
  while (at < letters.length) {
    const letter = letters[at] ?? ""
    if (letter === "*" || letter === "?") {
      tokens.push(letter === "*" ? "many" : anyLetter)
      at += 1
    } else if (letter === "[") {
      const found = characterClass(letters, at + 1)
      if (found === undefined) return undefined
      tokens.push(found.includes)
      at = found.end
    } else {
      const literal = letter === "\\" ? letters[at + 1] : letter
      if (literal === undefined) return undefined
      tokens.push((given) => given === literal)
      at += letter === "\\" ? 2 : 1
    }
  }
  return tokens
}

/** Parses a character class, starting after the opening bracket. */
const characterClass = (
  letters: ReadonlyArray<string>,
  start: number
): { readonly includes: (letter: string) => boolean; readonly end: number } | undefined => {
  const negated = letters[start] === "^"
  const ranges: Array<readonly [low: number, high: number]> = []
  let at = negated ? start + 1 : start
  while (letters[at] !== "]" || ranges.length === 0) {
    const low = bound(letters, at)
    if (low === undefined) return undefined
    const high = letters[low.end] === "-" ? bound(letters, low.end + 1) : low
    if (high === undefined) return undefined
    // A reversed range is valid but empty.
    ranges.push([codeOf(low.letter), codeOf(high.letter)])
    at = high.end
  }
  const includes = (letter: string) => {
    const code = codeOf(letter)
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated
  }
  return { includes, end: at + 1 }
}

const bound = (
  letters: ReadonlyArray<string>,
  at: number
): { readonly letter: string; readonly end: number } | undefined => {
  const first = letters[at]
  if (first === undefined || first === "-" || first === "]") return undefined
  const letter = first === "\\" ? letters[at + 1] : first
  return letter === undefined ? undefined : { letter, end: at + (first === "\\" ? 2 : 1) }
}

const codeOf = (letter: string): number => letter.codePointAt(0) ?? 0
