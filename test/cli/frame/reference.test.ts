/** The reference of the command line is what the commands declare. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { exitCodes } from "../../../src/cli/frame/exitCodes.js"
import { pageWithReference } from "../../../tools/cliReference.js"
import { root } from "../../../tools/manifest.js"

const page = readFileSync(`${root}docs/command-line.md`, "utf8")

describe("docs/command-line.md", () => {
  it("describes every command and option (run: npx tsx tools/cliReference.ts)", () => {
    expect(page).toBe(pageWithReference(page))
    expect(page).toContain("\n### jobs wait\n\n`effect-sandboxes jobs wait <id>...`\n")
  })

  it("lists every exit code", () => {
    const table = page.slice(page.indexOf("## Exit codes"), page.indexOf("## Completions"))
    for (const code of Object.values(exitCodes)) expect(table).toMatch(new RegExp(`^\\|.*\\b${code}\\b.*\\|`, "m"))
  })
})
