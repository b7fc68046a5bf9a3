/**
 * The README and the pages of `docs`, held against the code: what they name exists. `test/documentation` runs their
 * examples.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import manifest from "../../package.json" with { type: "json" }
import type * as Operation from "../../src/internal/Operation.js"
import { entries, root, systems } from "../../tools/manifest.js"
import * as Documentation from "../support/documentation.js"
import { operationsUnder } from "../support/operations.js"
import { officialMethods } from "./officialMethods.js"

const { codeSpansOf, pages, read, tablesOf } = Documentation

/** The entries of the systems, what is built on them, and that of Node: the names that the pages speak of. */
const documented = entries.filter(
  ({ path }) => /^(node|claude-code|workflow|report)/.test(path) || systems.includes(path)
)

const isNamed = Documentation.makeNames(
  await Promise.all(documented.map(({ source }): Promise<object> => import(/* @vite-ignore */ `${root}${source}`)))
)

/** As GitHub makes them of headings. */
const anchorsOf = (markdown: string): ReadonlySet<string> =>
  new Set(
    [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-")
    )
  )

/** A page without the first columns of tables where that is what others call theirs. */
const ourWords = (page: string): string =>
  page === "docs/coming-from-the-official-sdks.md" ? read(page).replace(/^\| [^|]*(?=\|)/gm, "") : read(page)

/** `Service.method`, perhaps with arguments behind it. */
const nameOf = (span: string): string | undefined => /^([A-Z]\w*(?:\.[a-zA-Z]\w*)+)(?:\(.*\))?$/.exec(span)?.[1]

const rowOf = ({ method, name, path, retry }: Operation.Any): string => `${name} | ${method} ${path} | ${retry}`

/** The system, in two parts where it has a toolbox: `stromboli/Jobs.ts` is in "Stromboli". */
const sectionOf = (source: string): string => {
  const [system = ""] = source.split("/")
  const title = system.charAt(0).toUpperCase() + system.slice(1)
  if (!existsSync(`${root}src/services/${system}/toolbox`)) return title
  return `${title}: ${source.includes("/toolbox/") ? "inside a sandbox" : "the control plane"}`
}

/** As the rows of the page, each behind its section. */
const operationsOfCode = async (): Promise<ReadonlySet<string>> =>
  new Set(
    (await operationsUnder(".")).map(({ operation, source }) => `${sectionOf(source.slice(2))}: ${rowOf(operation)}`)
  )

describe("the documentation", () => {
  it("is all read", () => {
    expect(pages).toEqual(
      expect.arrayContaining([
        "README.md",
        "docs/coming-from-the-official-sdks.md",
        "docs/how-a-stream-ends.md",
        "docs/retries.md"
      ])
    )
  })

  it("names methods and operations that exist", async () => {
    const operations = new Set([...(await operationsOfCode())].map((row) => /: ([\w.]+) \| /.exec(row)?.[1]))
    const isTrue = (name: string): boolean =>
      operations.has(name.replace(/^(Stromboli|Daytona)\.(?=[A-Z]\w*\.)/, "")) || isNamed(name) !== false
    const named = pages.flatMap((page) => codeSpansOf(ourWords(page)).flatMap((span) => nameOf(span) ?? []))
    expect(named.filter((name) => isNamed(name) === true).length).toBeGreaterThan(300)
    expect(named.filter((name) => !isTrue(name))).toEqual([])
  })

  it("gives for every method of another SDK one that we have, or says that there is none and why", () => {
    const tables = tablesOf(read("docs/coming-from-the-official-sdks.md")).filter(
      ({ columns }) => columns[1] === "ours"
    )
    const rows = tables.flatMap((table) => table.rows)
    expect(rows.length).toBeGreaterThan(150)
    for (const row of rows) {
      const [official = "", ours = "", difference = ""] = row
      expect(row, official).toHaveLength(3)
      if (ours === "—") expect(difference, official).not.toBe("")
      else expect(ours, official).not.toBe("")
      for (const span of codeSpansOf(ours)) {
        const name = nameOf(span)
        expect(isNamed(name ?? span), `${official}: ${span}`).toBe(true)
      }
    }
  })

  it("names every method of another SDK in the section where it belongs", () => {
    const tables = tablesOf(read("docs/coming-from-the-official-sdks.md")).filter(
      ({ columns }) => columns[0]?.startsWith("official") || columns[0]?.startsWith("stromboli-go")
    )
    const missing = officialMethods.flatMap(({ names, of, section }) => {
      const rows = tables.filter(({ headings }) => headings.at(-1) === section).flatMap((table) => table.rows)
      // Where two SDKs differ only in the case of the first letter, the page has one name for both.
      const named = codeSpansOf(rows.map(([official = ""]) => official).join("\n"))
        .join(" ")
        .toLowerCase()
      return names
        .split(" ")
        .filter((name) => !new RegExp(`(?<![\\w])${name.toLowerCase().replaceAll(".", "\\.")}(?!\\w)`).test(named))
        .map((name) => `${section}: ${name} (${of})`)
    })
    expect(missing).toEqual([])
  })

  it("lists every operation and when it is retried", async () => {
    const listed = tablesOf(read("docs/retries.md"))
      .filter(({ columns }) => columns[0] === "operation" && columns[2] === "retried")
      .flatMap(({ headings, rows }) =>
        rows.map((cells) => `${headings.at(-1)}: ${cells.join(" | ").replaceAll("`", "")}`)
      )
    expect(new Set(listed).size).toBe(listed.length)
    expect([...listed].sort()).toEqual([...(await operationsOfCode())].sort())
  })

  it("says why for every POST and PATCH that is retried", async () => {
    const explained = tablesOf(read("docs/retries.md"))
      .filter(({ columns }) => columns[1] === "why it is safe")
      .flatMap(({ rows }) => rows.flatMap(([names = ""]) => codeSpansOf(names).flatMap((span) => nameOf(span) ?? [])))
    const retried = [...(await operationsOfCode())].flatMap(
      (row) => /: ([\w.]+) \| (?:POST|PATCH) .* \| always$/.exec(row)?.[1] ?? []
    )
    expect([...new Set(explained)].sort()).toEqual([...new Set(retried)].sort())
  })

  it("links to pages that exist", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target = ""]) => new URL(target, new URL(`../../${page}`, import.meta.url)))
        .filter((target) => !existsSync(fileURLToPath(target)))
        .map((target) => `${page}: ${target.pathname}`)
    )
    expect(broken).toEqual([])
  })

  it("links to headings that exist", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].flatMap(([link, target = "", anchor = ""]) => {
        const path = fileURLToPath(new URL(target, new URL(`../../${page}`, import.meta.url)))
        return anchorsOf(readFileSync(path, "utf8")).has(anchor) ? [] : [`${page}: ${link}`]
      })
    )
    expect(broken).toEqual([])
  })

  it("names commands that exist", () => {
    const { scripts } = manifest
    const named = pages.flatMap((page) => [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = ""]) => name))
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([])
  })

  it("does not speak of what is only on the desk of its authors", () => {
    expect(pages.filter((page) => /(\.\.|\/work)\/shared/.test(read(page)))).toEqual([])
  })
})

describe("the checks of the documentation", () => {
  it("notice what does not exist", () => {
    expect(isNamed("Files.list")).toBe(true)
    expect(isNamed("ComputerUse.mouse.click")).toBe(true)
    expect(isNamed("Sandboxes.keepActive")).toBe(true)
    expect(isNamed("Image.aptGet")).toBe(true)
    expect(isNamed("Files.listen")).toBe(false)
    expect(isNamed("ComputerUse.mouse.press")).toBe(false)
    expect(isNamed("LanguageServer.Running.open")).toBe(true)
    expect(isNamed("LanguageServer.Running.start")).toBe(false)
    expect(isNamed("Duration.infinity")).toBeUndefined()
  })
})
