/**
 * Go's `filepath.Match` for file names: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` to escape them. A malformed pattern
 * matches nothing.
 */
export const matcher = (pattern: string): ((name: string) => boolean) => {
  const source = translate([...pattern])
  if (source === undefined) return () => false
  const expression = new RegExp(`^${source}$`, "su")
  return (name) => expression.test(name)
}

const translate = (letters: ReadonlyArray<string>): string | undefined => {
  let source = ""
  let at = 0
  while (at < letters.length) {
    const letter = letters[at] ?? ""
    if (letter === "*" || letter === "?") {
      source += letter === "*" ? "[^/]*" : "[^/]"
      at += 1
    } else if (letter === "[") {
      const found = characterClass(letters, at + 1)
      if (found === undefined) return undefined
      source += found.source
      at = found.end
    } else {
      const literal = letter === "\\" ? letters[at + 1] : letter
      if (literal === undefined) return undefined
      source += escape(literal)
      at += letter === "\\" ? 2 : 1
    }
  }
  return source
}

/** Parses a character class, starting after the opening bracket. */
const characterClass = (
  letters: ReadonlyArray<string>,
  start: number
): { readonly source: string; readonly end: number } | undefined => {
  const negated = letters[start] === "^"
  let at = negated ? start + 1 : start
  let ranges = ""
  while (letters[at] !== "]" || ranges === "") {
    const low = bound(letters, at)
    if (low === undefined) return undefined
    const high = letters[low.end] === "-" ? bound(letters, low.end + 1) : low
    if (high === undefined) return undefined
    // A reversed range is valid but empty.
    ranges += low.letter > high.letter ? "[]" : `${escape(low.letter)}-${escape(high.letter)}`
    at = high.end
  }
  const source = ranges.replaceAll("[]", "")
  return { source: source === "" ? (negated ? "[^]" : "[]") : `[${negated ? "^" : ""}${source}]`, end: at + 1 }
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

const escape = (letter: string): string => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`
