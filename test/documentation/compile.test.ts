/**
 * Every example of the pages and of the doc comments satisfies the compiler, in one program; those of the pages also do
 * what they show, and `examples.test.ts` runs them.
 */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { entries, root } from "../../tools/manifest.js"
import { typeErrorsOf } from "./compile.js"
import { type Example, examples, idleStatementsOf } from "./examples.js"

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

const ofComments = files.flatMap(examplesOf)

const count = (text: string, part: string): number => text.split(part).length - 1

let found: Promise<ReadonlyArray<string>> | undefined

/** What the compiler has against any of them; it runs once. */
const typeErrors = (): Promise<ReadonlyArray<string>> => {
  found ??= typeErrorsOf([...examples, ...ofComments])
  return found
}

const running = examples.filter(({ notRun }) => notRun === undefined)

describe("the examples of the pages", () => {
  it("satisfy the compiler", async () => {
    expect((await typeErrors()).filter((error) => !error.startsWith("src/"))).toEqual([])
  })

  it("do what they show", () => {
    const idle = running.flatMap((example) => idleStatementsOf(example).map((text) => `${example.name}: ${text}`))
    expect(idle).toEqual([])
  })

  it("are run, but for the few that would need what a test must not touch", () => {
    const notRun = examples.flatMap(({ name, notRun }) => (notRun === undefined ? [] : [`${name}: ${notRun}`]))
    expect(notRun.length, notRun.join("\n")).toBeLessThanOrEqual(5)
    expect(running.length).toBeGreaterThan(30)
  })
})

describe("the examples of the doc comments", () => {
  it("are all read", () => {
    const written = files.reduce(
      (sum, file) => sum + count(readFileSync(`${sources}${file}`, "utf8"), " * @example"),
      0
    )
    expect(ofComments.length).toBe(written)
    expect(ofComments.length).toBeGreaterThan(50)
  })

  it("import the package by its public names", () => {
    const internal = ofComments.filter(({ module }) =>
      /from "\.|from "effect-sandboxes\/(src|internal|dist)/.test(module)
    )
    expect(internal).toEqual([])
  })

  it("compile under the rules of the repository", async () => {
    expect((await typeErrors()).filter((error) => error.startsWith("src/"))).toEqual([])
  })

  it("are there for every service", () => {
    const services = files.filter(
      (file) =>
        file.startsWith("services/") && readFileSync(`${sources}${file}`, "utf8").includes("extends Context.Tag(")
    )
    expect(services.length).toBeGreaterThan(25)
    const illustrated = new Set(ofComments.map(({ page }) => page.slice("src/".length)))
    expect(services.filter((file) => !illustrated.has(file))).toEqual([])
  })

  it("are there for every entry", () => {
    const pages = new Set(ofComments.map(({ page }) => page))
    expect(entries.length).toBeGreaterThan(7)
    expect(entries.filter(({ source }) => !pages.has(source)).map(({ source }) => source)).toEqual([])
  })
})
