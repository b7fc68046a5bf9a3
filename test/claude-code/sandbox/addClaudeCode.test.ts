/** Images with Claude Code. */
import { execFileSync } from "node:child_process"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { addClaudeCode } from "../../../src/claude-code/index.js"
import { Image } from "../../../src/daytona.js"

const base = Image.base("python:3.12")

it.effect("has the version that was asked for, and Node and git where they are missing", () =>
  Effect.gen(function* () {
    const image = base.pipe(addClaudeCode("2.1.332"))
    expect(image).toEqual(addClaudeCode(base, "2.1.332"))
    const text = yield* Image.dockerfile(image)
    expect(text).toMatch(/^FROM python:3\.12\n/)
    expect(text).toContain(
      "RUN npm install -g --no-audit --no-fund @anthropic-ai/claude-code@2.1.332 && claude --version"
    )
    const steps = image.steps.flatMap((step) => (step._tag === "Instruction" ? [step.text] : []))
    const scripts = steps.filter((step) => step.startsWith("RUN ")).map((step) => step.slice(4))
    expect(scripts).toHaveLength(2)
    for (const script of scripts) execFileSync("sh", ["-n"], { input: script })
    for (const found of ["apk add", "dnf install", "apt-get install", "sha256sum -c"]) expect(text).toContain(found)
  })
)

it.effect("is refused by the name of its version if that is none", () =>
  Effect.gen(function* () {
    for (const version of ["latest", "", "1.2", "1.2.3 && evil", "1.2.3\nRUN evil"]) {
      const refused = yield* Effect.flip(Image.dockerfile(base.pipe(addClaudeCode(version))))
      expect(refused).toMatchObject({ _tag: "InvalidRequest", field: "version" })
      expect(refused.message).toContain("addClaudeCode")
    }
  })
)
