/** `docs/api` is what the doc comments say today, and every public declaration has one. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { generate, type PublicApi, readPublicApi } from "../../tools/apiReference/generate.js"
import { undocumented } from "../../tools/apiReference/undocumented.js"

const committed = fileURLToPath(new URL("../../docs/api", import.meta.url))
const generated = mkdtempSync(join(tmpdir(), "api-reference-"))

const pagesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".md"))
      .sort()
      .map((path) => [path.replaceAll("\\", "/"), readFileSync(join(folder, path), "utf8")])
  )

/** Only what is written as TypeScript: a table may have an empty cell. */
const code = (text: string): string => [...text.matchAll(/```ts\n[\s\S]*?```/g)].join("\n")

describe("the API reference", () => {
  let api: PublicApi

  beforeAll(async () => {
    api = await readPublicApi(generated)
    await generate(api)
  })

  afterAll(() => rmSync(generated, { recursive: true, force: true }))

  it("is what the doc comments say (run npm run docs)", () => {
    const [now, then] = [pagesIn(generated), pagesIn(committed)]
    expect([...then.keys()], "run npm run docs").toEqual([...now.keys()])
    expect(
      [...now].filter(([path, text]) => then.get(path) !== text).map(([path]) => path),
      "run npm run docs"
    ).toEqual([])
  })

  it("has a page for every service, and says nothing of the machine that it was made on", () => {
    const pages = pagesIn(generated)
    for (const page of ["stromboli/Jobs.md", "daytona/Files.md", "daytona/Image.md", "errors/ApiError.md"]) {
      expect(pages.has(page), page).toBe(true)
    }
    const root = fileURLToPath(new URL("../..", import.meta.url))
    expect([...pages].filter(([, text]) => text.includes(root) || text.includes("node_modules"))).toEqual([])
  })

  it("links to pages and places that exist", () => {
    const broken = [...pagesIn(generated)].flatMap(([page, text]) =>
      [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
        const [path = "", anchor] = link.split("#")
        const target = join(generated, page, "..", path)
        const isThere =
          existsSync(target) && (anchor === undefined || readFileSync(target, "utf8").includes(`<a id="${anchor}">`))
        return isThere ? [] : [`${page}: ${link}`]
      })
    )
    expect(broken).toEqual([])
  })

  it("writes unions without a gap", () => {
    expect([...pagesIn(generated)].filter(([, text]) => /\| \| (?=\w)/.test(code(text))).map(([path]) => path)).toEqual(
      []
    )
  })

  it("has a doc comment for every export, service method, layer and option", () => {
    expect(undocumented(api.entries, api.names)).toEqual([])
  })
})
