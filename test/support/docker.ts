/**
 * How Docker reads a Dockerfile, written after its own parser and not after ours: what the builder's texts are held
 * against.
 */
import { execFileSync } from "node:child_process"
import { posix } from "node:path"
import { DockerfileParser, type Instruction } from "dockerfile-ast"

/** The instructions of a Dockerfile, as another parser sees them. */
export const instructionsOf = (dockerfile: string): ReadonlyArray<Instruction> =>
  DockerfileParser.parse(dockerfile).getInstructions()

/** `KEYWORD rest` of every instruction. */
export const shapeOf = (dockerfile: string): ReadonlyArray<readonly [keyword: string, rest: string]> =>
  instructionsOf(dockerfile).map((each) => [each.getKeyword(), each.getRawArgumentsContent() ?? ""])

/** `parseWords` of BuildKit: words of ENV and LABEL, with their quotes. */
export const parseWords = (rest: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  let word = ""
  let quote = ""
  let inWord = false
  for (let at = 0; at < rest.length; at++) {
    const character = rest.charAt(at)
    if (!inWord) {
      if (/\s/.test(character)) continue
      inWord = true
    }
    if (quote === "") {
      if (/\s/.test(character)) {
        words.push(word)
        word = ""
        inWord = false
        continue
      }
      if (character === "'" || character === '"') quote = character
      if (character === "\\" && at + 1 < rest.length) {
        word += character
        at++
      }
    } else {
      if (character === quote) {
        quote = ""
      } else if (character === "\\" && quote === '"') {
        word += character
        at++
      }
    }
    word += rest.charAt(at)
  }
  if (word !== "") words.push(word)
  return words
}

/** `ProcessWord` of BuildKit: quotes and escapes taken away, variables put in. */
export const processWord = (word: string, variables: Readonly<Record<string, string>> = {}): string => {
  let at = 0
  const dollar = (): string => {
    const [whole, braced, bare] = /^\$(?:\{(\w+)\}|(\w+))/.exec(word.slice(at)) ?? []
    if (whole === undefined) {
      at++
      return "$"
    }
    at += whole.length
    return variables[braced ?? bare ?? ""] ?? ""
  }
  let result = ""
  while (at < word.length) {
    const character = word.charAt(at)
    if (character === "'") {
      const end = word.indexOf("'", at + 1)
      if (end < 0) throw new Error(`no end of the single quote: ${word}`)
      result += word.slice(at + 1, end)
      at = end + 1
    } else if (character === '"') {
      at++
      while (word.charAt(at) !== '"') {
        if (at >= word.length) throw new Error(`no end of the double quote: ${word}`)
        if (word.charAt(at) === "$") {
          result += dollar()
        } else if (word.charAt(at) === "\\" && /["$\\]/.test(word.charAt(at + 1))) {
          result += word.charAt(at + 1)
          at += 2
        } else {
          result += word.charAt(at)
          at++
        }
      }
      at++
    } else if (character === "$") {
      result += dollar()
    } else if (character === "\\") {
      result += word.charAt(at + 1)
      at += 2
    } else {
      result += character
      at++
    }
  }
  return result
}

/** Name and value of an ENV or LABEL with one of them. */
export const nameAndValue = (
  rest: string,
  variables: Readonly<Record<string, string>> = {}
): readonly [name: string, value: string] => {
  const words = parseWords(rest)
  const [word = ""] = words
  const equals = word.indexOf("=")
  if (words.length !== 1 || equals < 0) throw new Error(`not one pair: ${rest}`)
  return [processWord(word.slice(0, equals), variables), processWord(word.slice(equals + 1), variables)]
}

/**
 * `MatchesOrParentMatches` of `moby/patternmatcher`: whether the lines of a `.dockerignore` exclude a path. As in its
 * documentation, and unlike its regular expressions, `[^a]` does not match a `/`.
 */
export const dockerIgnores = (lines: ReadonlyArray<string>, path: string): boolean => {
  const parents = path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"))
  let ignored = false
  for (const line of lines) {
    const negated = line.startsWith("!")
    const pattern = posix.normalize(negated ? line.slice(1) : line).replace(/^\/|\/$/g, "")
    const source = pattern
      .replace(/\\.|\*\*\/?$|\*\*\/?|[*?.+()|{}$]/gsu, (found) =>
        found.startsWith("\\")
          ? found.replace(/^\\(?=[^\w\s])|^\\/, (slash) => (/[^\w\s]/.test(found.charAt(1)) ? slash : ""))
          : found.startsWith("**")
            ? "\0"
            : ({ "*": "[^/]*", "?": "[^/]" }[found] ?? `\\${found}`)
      )
      .replaceAll("[^", "[^/")
      .replace(/\0$/, ".*")
      .replaceAll("\0", "(.*/)?")
    const matches = new RegExp(`^${source}$`, "su")
    if (parents.some((each) => matches.test(each))) ignored = !negated
  }
  return ignored
}

/** The words that a real shell makes of a text. */
export const shellWords = (text: string): ReadonlyArray<string> =>
  execFileSync("/bin/sh", ["-c", `set -- ${text}; printf '%s\\0' "$@"`], { encoding: "utf8", env: {} })
    .split("\0")
    .slice(0, -1)
