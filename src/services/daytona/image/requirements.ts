/** Requirements files of pip: finds what refers to other files of this machine. */
import { isLocalPath, isLocalRequirement } from "./requirement.js"

/** A reference to a path of this machine. */
interface LocalReference {
  /** The number of its line, from 1. */
  readonly line: number
  readonly path: string
  /** What to do instead. */
  readonly advice: string
}

const package_ =
  "copy it with `addLocalDir` or `addLocalFile`, and install it with `pipInstall` by its path in the image"

/** The options of a requirements file whose value is a path or a URL. */
const options: ReadonlyArray<readonly [short: string, long: string, advice: string]> = [
  ["-r", "--requirement", "install that file with another `pipInstallFromRequirements`, or include its lines here"],
  ["-c", "--constraint", 'copy it with `addLocalFile`, and pass `extraOptions: ["-c", "<its path in the image>"]`'],
  ["-e", "--editable", package_],
  ["-f", "--find-links", "copy it with `addLocalDir`, and pass its path in the image as `findLinks`"]
]

interface Line {
  readonly number: number
  readonly text: string
}

const comment = /(?:^|\s)#.*$/

/** The lines of the file as pip joins them: a backslash at the end continues a line, unless the line is a comment. */
const logicalLines = (text: string): ReadonlyArray<Line> => {
  const found: Array<Line> = []
  let open: Line | undefined
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const isComment = comment.test(line)
    const number = open?.number ?? index + 1
    const joined = `${open?.text ?? ""}${isComment ? " " : ""}${line}`
    open = !isComment && line.endsWith("\\") ? { number, text: joined.replace(/\\+$/, "") } : undefined
    if (open === undefined) found.push({ number, text: joined.replace(comment, "").trim() })
  }
  return open === undefined ? found : [...found, open]
}

/** The value of an option of the table above, attached or separate, and its advice. */
const optionOf = (word: string, next: string | undefined) => {
  for (const [short, long, advice] of options) {
    const [name = "", ...value] = word.split("=")
    // pip takes every beginning of a long option that is not ambiguous.
    if (name.length > 2 && long.startsWith(name)) return { value: value.length === 0 ? next : value.join("="), advice }
    if (word === short) return { value: next, advice }
    if (word.startsWith(short)) return { value: word.slice(short.length), advice }
  }
  return undefined
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/s, "$2")

const referenceIn = ({ number, text }: Line): LocalReference | undefined => {
  const words = (text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? []).map(unquoted)
  if (!text.startsWith("-")) {
    const requirement = text.replace(/\s--?[A-Za-z].*$/, "")
    return requirement !== "" && isLocalRequirement(requirement)
      ? { line: number, path: requirement, advice: package_ }
      : undefined
  }
  for (const [index, word] of words.entries()) {
    const option = optionOf(word, words[index + 1])
    if (option?.value !== undefined && isLocalPath(option.value)) {
      return { line: number, path: option.value, advice: option.advice }
    }
  }
  return undefined
}

/** The first reference to a file of this machine, which the builder does not have. */
export const localReference = (text: string): LocalReference | undefined => {
  for (const line of logicalLines(text.replace(/^\uFEFF/, ""))) {
    const reference = referenceIn(line)
    if (reference !== undefined) return reference
  }
  return undefined
}
