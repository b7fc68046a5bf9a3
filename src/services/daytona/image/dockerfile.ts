/** From the text of a Dockerfile to steps: what needs local files is told apart, all else is kept as it is. */
import * as Either from "effect/Either"
import type { Source } from "../../../schema/daytona/image/Image.js"
import { anyText, type Checked, problem } from "../../../schema/daytona/image/text.js"
import { instruction, type Steps } from "./builder.js"
import { type Logical, logicalLines, meaningOf, shellWords } from "./dockerfileLines.js"

/** What the builder fetches by itself: a URL, or a Git repository. */
export const isRemote = (source: string): boolean => /^(https?:\/\/|git:\/\/|ssh:\/\/|git@)/i.test(source)

interface CopyInstruction {
  readonly flags: ReadonlyArray<string>
  readonly words: ReadonlyArray<string>
}

const jsonStrings = (text: string): ReadonlyArray<string> | undefined => {
  if (!text.startsWith("[")) return undefined
  const parsed = Either.try((): unknown => JSON.parse(text))
  return Either.isRight(parsed) && Array.isArray(parsed.right) && parsed.right.every((word) => typeof word === "string")
    ? parsed.right
    : undefined
}

const copyInstruction = (rest: string): CopyInstruction => {
  const flags: Array<string> = []
  let words = rest
  for (let flag = /^(--\S+)\s*/.exec(words); flag !== null; flag = /^(--\S+)\s*/.exec(words)) {
    flags.push(flag[1] ?? "")
    words = words.slice(flag[0].length)
  }
  // Docker splits at every space here, quoted or not: a path with a space needs the JSON form.
  return { flags, words: jsonStrings(words) ?? words.split(/\s+/).filter((word) => word !== "") }
}

interface Reading {
  /** The builder's call that brings the text. */
  readonly call: string
  readonly argument: string
  readonly contextDir: string | undefined
}

const shown = ({ number, keyword, rest }: Logical): string => {
  const text = `${keyword} ${rest}`
  return `has at line ${number} \`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``
}

const readSource = (line: Logical, word: string, { argument, contextDir }: Reading): Checked<Source> => {
  const refused = (why: string) => problem(argument, `${shown(line)}: ${why}`)
  if (line.heredocs.includes(word)) return Either.right({ _tag: "Word", word })
  const pattern = meaningOf(word)
  if (line.keyword === "ADD" && isRemote(pattern ?? word)) return Either.right({ _tag: "Word", word })
  if (pattern === undefined) {
    return word.includes("$")
      ? refused(`\`${word}\` has a variable, so it cannot be told which files are meant`)
      : refused(`\`${word}\` has a quote without its end`)
  }
  if (contextDir === undefined) return refused("it needs local files; say with `contextDir` where they are")
  return Either.right({ _tag: "Pattern", argument, directory: contextDir, pattern: pattern.replace(/^\/+/, "") || "." })
}

const readCopy = (line: Logical, reading: Reading): Checked<Steps> => {
  const { flags, words } = copyInstruction(line.rest)
  const verbatim: Steps = [instruction(line.lines.join("\n"))]
  if (flags.some((flag) => flag.startsWith("--from="))) return Either.right(verbatim)
  const sources = words.slice(0, -1)
  const destination = words.at(-1)
  const refused = (why: string) => problem(reading.argument, `${shown(line)}: ${why}`)
  if (destination === undefined || sources.length === 0) return refused("it must have a source and a destination")
  if (flags.some((flag) => flag.startsWith("--parents"))) {
    return refused("`--parents` is not supported, since files get other paths on their way")
  }
  return Either.flatMap(Either.all(sources.map((word) => readSource(line, word, reading))), (read) => {
    if (read.every(({ _tag }) => _tag === "Word")) return Either.right(verbatim)
    if (line.heredocs.length > 0) return refused("files and here-documents must be in instructions of their own")
    return Either.right([
      { _tag: "Copy", call: reading.call, instruction: line.keyword, flags, sources: read, destination }
    ])
  })
}

/** A bind mount takes its files from the context unless it names an image or stage. */
const bindsContext = (rest: string): boolean => {
  for (const word of shellWords(rest)) {
    if (!word.startsWith("--")) return false
    const options = word.startsWith("--mount=") ? word.slice("--mount=".length).split(",") : undefined
    if (options === undefined) continue
    const isBind = options.includes("type=bind") || !options.some((option) => option.startsWith("type="))
    if (isBind && !options.some((option) => option.startsWith("from="))) return true
  }
  return false
}

const readLine = (line: Logical, reading: Reading): Checked<Steps> => {
  const refused = (why: string) => problem(reading.argument, `${shown(line)}: ${why}`)
  if (line.open) return refused("the text ends before it does")
  if (line.keyword === "COPY" || line.keyword === "ADD") return readCopy(line, reading)
  return line.keyword === "RUN" && bindsContext(line.rest)
    ? refused("mounts of the build context are not supported; copy the files, or name an image with `from=`")
    : Either.right([instruction(line.lines.join("\n"))])
}

const escapeDirective = /^\s*#\s*escape\s*=\s*([^\s])/im

/**
 * The steps of a Dockerfile, or of a part of one. `complete`: it must have a FROM of its own.
 */
export const readDockerfile = (text: string, reading: Reading & { readonly complete: boolean }): Checked<Steps> =>
  Either.gen(function* () {
    const { argument, complete } = reading
    const checked = yield* anyText(argument, text)
    const lines = logicalLines(checked)
    if (lines.every(({ keyword }) => keyword === "")) return yield* problem(argument, "must have an instruction")
    if (complete && !lines.some(({ keyword }) => keyword === "FROM")) {
      return yield* problem(argument, "must have a FROM instruction")
    }
    const directives = lines.slice(
      0,
      lines.findIndex(({ keyword }) => keyword !== "")
    )
    const [, escape = "\\"] = escapeDirective.exec(directives.flatMap((line) => line.lines).join("\n")) ?? []
    if (escape !== "\\") {
      return yield* problem(argument, "must not change the escape character, which the steps after it rely on")
    }
    const steps = yield* Either.all(lines.map((line) => readLine(line, reading)))
    return steps.flat()
  })
