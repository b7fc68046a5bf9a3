/** Values that are nested more deeply than any formatter can follow, from servers, from models and from callers. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { readDaytonaErrorBody } from "../../src/errors/daytona/errorBody.js"
import { describeParseError } from "../../src/internal/failure.js"
import { redactedIn } from "../../src/internal/redaction.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { operationsUnder } from "../support/operations.js"
import * as Script from "../support/scriptedServer.js"
import { jobsOver } from "../support/stromboliOver.js"

const list = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels))
const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { children: [value], deep: value }
  return value
}

const levels = 20_000

describe("a response that is nested too deeply", () => {
  it.each(["stromboli", "daytona"])("is a parse error in every field that an operation of %s reads", async (system) => {
    const operations = await operationsUnder(system)
    expect(operations.length).toBeGreaterThan(10)
    let refused = 0
    for (const { operation } of operations) {
      if (operation.ignoresBody) continue
      const body: Record<string, unknown> = {}
      // Each complaint names the next field that is read.
      for (let field = 0; field < 50; field++) {
        const decoded = operation.decodeSuccess(body)
        if (Either.isRight(decoded)) break
        refused++
        const name = describeParseError(decoded.left).field.split(".")[0] ?? ""
        const [wire = name] = [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)].filter(
          (each) => !(each in body)
        )
        if (wire in body || name === "") break
        body[wire] = refused % 2 === 0 ? list(levels) : nested(levels)
      }
      for (const whole of [list(levels), nested(levels), [nested(levels)]]) {
        const decoded = operation.decodeSuccess(whole)
        if (Either.isLeft(decoded)) expect(describeParseError(decoded.left).expected).not.toBe("")
      }
    }
    expect(refused).toBeGreaterThan(10)
  })

  it.effect("is InvalidResponse with the field", () =>
    Effect.gen(function* () {
      const { layer } = Script.scripted({
        status: 200,
        headers: { "content-type": "application/json" },
        body: `{"id":${"[".repeat(levels)}${"]".repeat(levels)}}`
      })
      const failure = yield* Effect.flatMap(Execution, (execution) => execution.run({ prompt: "hi" })).pipe(
        Effect.flip,
        Effect.provide(Execution.layer),
        Effect.provide(jobsOver(layer, { retry: false }))
      )
      expect(failure).toMatchObject({ _tag: "InvalidResponse", field: "id", admitted: "yes" })
      expect(failure.message).toContain("must be string")
    })
  )

  it("is no reason for the body of a failure to become a defect", () => {
    for (const message of [list(levels), [{ toString: 1, valueOf: 1 }], nested(levels), [list(levels), "words"]]) {
      expect(readDaytonaErrorBody(400, "application/json", `{"message":${textOf(message)}}`)).toMatchObject({
        notYet: false
      })
    }
  })
})

/** `JSON.stringify` cannot follow either. */
const textOf = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    return "[".repeat(levels) + "]".repeat(levels)
  }
}

describe("an argument that has no JSON", () => {
  const cyclic: Record<string, unknown> = { name: "one" }
  cyclic["self"] = cyclic
  for (const [what, agents, field] of [
    ["a cycle", cyclic, "claude.agents.self"],
    ["a BigInt", { count: 1n }, "claude.agents.count"],
    ["20,000 levels", { reviewer: nested(levels) }, "claude.agents.reviewer"],
    ["a `toJSON` that fails", { reviewer: { toJSON: () => BigInt("no number") } }, "claude.agents.reviewer"]
  ] as const) {
    it.effect(`is InvalidRequest with the field, and nothing is sent: ${what}`, () => {
      const { asked, layer } = Script.scripted(Script.json({}))
      return Effect.gen(function* () {
        const failure = yield* Effect.flip(
          Effect.flatMap(Execution, (execution) => execution.run({ prompt: "hi", claude: { agents } }))
        )
        expect(failure).toMatchObject({ _tag: "InvalidRequest", field, admitted: "no" })
        expect(asked).toEqual([])
      }).pipe(Effect.provide(Execution.layer), Effect.provide(jobsOver(layer)))
    })
  }
})

describe("the secrets in a body", () => {
  it("are found at any depth", () => {
    const secret = Redacted.make("hidden")
    let body: unknown = secret
    for (let level = 0; level < levels; level++) body = level % 2 === 0 ? { body } : [body]
    expect(redactedIn(body)).toEqual([secret])
  })
})
