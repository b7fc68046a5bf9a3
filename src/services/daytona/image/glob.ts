/** The patterns of COPY, as in Docker: `*`, `?`, `[…]` and backslash escapes, within one path segment. */

/** Whether a path segment is a pattern. */
export const isPattern = (name: string): boolean => /[*?[\\]/.test(name)

const literal = (character: string): string => character.replace(/[.*+?^${}()|[\]\\/]/, "\\$&")

/** The regular expression of a set such as `[a-z]` or `[^0-9]`, and its end. `undefined` if it is malformed. */
const characterSet = (pattern: string, start: number): readonly [source: string, next: number] | undefined => {
  let at = start + 1
  let source = "["
  if (pattern[at] === "^") {
    source += "^/"
    at++
  }
  const first = at
  const one = (): string => {
    if (pattern[at] === "\\") at++
    const character = pattern[at] ?? ""
    at++
    return character.replace(/[\\\]^[-]/, "\\$&")
  }
  while (at < pattern.length && (pattern[at] !== "]" || at === first)) {
    if (pattern[at] === "]") return undefined
    source += one()
    if (pattern[at] === "-") {
      at++
      source += `-${one()}`
    }
  }
  return at < pattern.length && at > first ? [`${source}]`, at + 1] : undefined
}

/** The regular expression for a pattern, or `undefined` if it is malformed. */
export const matcher = (pattern: string): RegExp | undefined => {
  // What is between the stars.
  const parts = [""]
  const add = (source: string) => {
    parts[parts.length - 1] += source
  }
  let at = 0
  while (at < pattern.length) {
    const character = pattern.charAt(at)
    if (character === "[") {
      const set = characterSet(pattern, at)
      if (set === undefined) return undefined
      add(set[0])
      at = set[1]
    } else if (character === "\\") {
      if (at + 1 >= pattern.length) return undefined
      add(literal(pattern.charAt(at + 1)))
      at += 2
    } else {
      if (character === "*") parts.push("")
      else add(character === "?" ? "[^/]" : literal(character))
      at++
    }
  }
  const [first = "", ...others] = parts
  const last = others.pop()
  // A star takes the least that what follows it allows. Without the groups, many stars would be tried in every way.
  const middle = others.map((part, index) => `(?=([^/]*?${part}))\\${index + 1}`).join("")
  try {
    return new RegExp(`^${first}${middle}${last === undefined ? "" : `[^/]*${last}`}$`, "su")
  } catch {
    // A range whose bounds are reversed.
    return undefined
  }
}
