/** The examples in the comments of the sources: each is a program with the public imports, and its types are right. */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { entries, root } from "../../tools/manifest.js"
import { typeErrorsOf } from "./compile.js"
import type { Example } from "./examples.js"

const sources = `${root}src/`

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length

/** What stands between the fences behind `@example`, without the stars of the comment. */
const examplesOf = (file: string): ReadonlyArray<Example> => {
  const text = readFileSync(`${sources}${file}`, "utf8")
  return [...text.matchAll(/@example\s*\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map((match) => ({
    name: `src/${file}`,
    page: `src/${file}`,
    line: lineAt(text, match.index) + 2,
    heading: "",
    code: match[1] ?? "",
    notRun: undefined,
    kind: "program",
    module: `${(match[1] ?? "").replaceAll(/^\s*\* ?/gm, "")}\nexport {}\n`
  }))
}

const files = readdirSync(sources, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .sort()

const examples = files.flatMap(examplesOf)

const count = (text: string, part: string): number => text.split(part).length - 1

describe("the examples of the doc comments", () => {
  it("are all read", () => {
    const written = files.reduce(
      (sum, file) => sum + count(readFileSync(`${sources}${file}`, "utf8"), " * @example"),
      0
    )
    expect(examples.length).toBe(written)
    expect(examples.length).toBeGreaterThan(50)
  })

  it("import the package by its public names", () => {
    const internal = examples.filter(({ module }) =>
      /from "\.|from "effect-sandboxes\/(src|internal|dist)/.test(module)
    )
    expect(internal).toEqual([])
  })

  it("compile under the rules of the repository", () => {
    expect(typeErrorsOf(examples)).toEqual([])
  }, 120_000)

  it("are there for every service", () => {
    const services = files.filter(
      (file) =>
        file.startsWith("services/") && readFileSync(`${sources}${file}`, "utf8").includes("extends Context.Tag(")
    )
    expect(services.length).toBeGreaterThan(25)
    const illustrated = new Set(examples.map(({ page }) => page.slice("src/".length)))
    expect(services.filter((file) => !illustrated.has(file))).toEqual([])
  })

  it("are there for every entry", () => {
    const pages = new Set(examples.map(({ page }) => page))
    expect(entries.length).toBeGreaterThan(7)
    expect(entries.filter(({ source }) => !pages.has(source)).map(({ source }) => source)).toEqual([])
  })
})
