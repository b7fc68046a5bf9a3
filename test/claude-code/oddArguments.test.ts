/** Values that no type would let through, at every option of every method: refused by name before Claude is started. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { promptIn, result, scripted } from "../support/claude/scriptedProcess.js"
import { replacing, signaturesOf, valueOf } from "../support/signatures.js"

const odd: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["null", null],
  ["a number", 1.5],
  ["NaN", Number.NaN],
  ["an object", { odd: true }],
  ["an array", [1]],
  ["text with a NUL", "odd\0"],
  ["a lone surrogate", "\ud800"],
  ["a symbol", Symbol("odd")],
  ["a bigint", 1n]
]

const isStream = (value: unknown): value is Stream.Stream<unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)
const isEffect = (value: unknown): value is Effect.Effect<unknown, unknown, Scope.Scope> => Effect.isEffect(value)

const exitOf = (returned: unknown): Effect.Effect<Exit.Exit<unknown, unknown>> => {
  if (isStream(returned)) return Effect.exit(Stream.runDrain(returned))
  return isEffect(returned) ? Effect.exit(Effect.scoped(returned)) : Effect.succeed(Exit.succeed(returned))
}

const signatures = signaturesOf("claude-code/index.ts")
const { handles } = signatures
const services = signatures.services.filter(({ service }) => service === "ClaudeCode")

describe("ClaudeCode", () => {
  it("has methods that are known by their types", () => {
    expect(services.map(({ method }) => method.join("."))).toEqual(["run", "runStructured", "stream", "converse"])
    expect(handles.map(({ method }) => method.join("."))).toEqual(["ask", "askStream"])
  })

  it.effect.each(services)(
    "no argument of $method is a defect, and Claude is started only with valid ones",
    (signature) =>
      Effect.gen(function* () {
        const wrong: Array<string> = []
        const samples = signature.parameters.map(([, sample]) => valueOf(sample))
        for (const [index, [parameter, sample]] of signature.parameters.entries()) {
          for (const [name, value] of odd) {
            for (const replaced of replacing(sample, value)) {
              const { claude, started } = scripted((line, { print }) => print(result(promptIn(line) ?? "")))
              const given = samples.map((each, at) => (at === index ? replaced.value : each))
              const where = `${[parameter, ...replaced.path].join(".")} is ${name}`
              const method: unknown = Reflect.get(claude, signature.method.join("."))
              const exit = yield* exitOf(
                Predicate.isFunction(method) ? Reflect.apply(method, claude, given) : undefined
              )
              if (Exit.isSuccess(exit)) continue
              const error = Cause.squash(exit.cause)
              if (Cause.isDie(exit.cause)) {
                wrong.push(`${where}: ${error}`)
              } else if (Predicate.isTagged(error, "InvalidRequest")) {
                const field = Predicate.hasProperty(error, "field") ? String(error.field) : ""
                const last = replaced.path.find((part) => !/^\d+$/.test(part)) ?? parameter
                if (started.length > 0) wrong.push(`${where}: refused after it was started`)
                if (![last, "odd"].some((name) => field.startsWith(name)) && last !== "name") {
                  wrong.push(`${where}: the field is "${field}"`)
                }
              } else if (!Predicate.isTagged(error, "ClaudeAnswerMismatch")) {
                wrong.push(`${where}: ${error}`)
              }
            }
          }
        }
        expect(wrong).toEqual([])
      })
  )

  it.effect.each([
    ["prompt", { prompt: 1 }],
    ["sessionId", { prompt: "p", sessionId: "no uuid" }],
    ["resume", { prompt: "p", resume: "no uuid" }],
    ["resume", { prompt: "p", forkSession: true }],
    ["sessionId", { prompt: "p", sessionId: crypto.randomUUID(), resume: crypto.randomUUID() }],
    ["mcpServers.a b", { prompt: "p", mcpServers: { "a b": { command: "c" } } }],
    ["mcpServers", { prompt: "p", mcpServers: { a: { command: "c", args: Array(100).fill("x".repeat(2_000)) } } }],
    ["onPermission", { prompt: "p", onPermission: "yes" }],
    ["agents", { prompt: "p", agents: { a: 1n } }],
    ["podman", { prompt: "p", podman: {} }],
    ["workingDirectory", { prompt: "p", workingDirectory: "" }],
    ["options", undefined]
  ] satisfies ReadonlyArray<readonly [string, object | undefined]>)(
    "refuses what is wrong by its name: %s",
    ([field, options]) =>
      Effect.gen(function* () {
        const { claude, started } = scripted(() => Effect.void)
        const run: ReturnType<typeof claude.run> = Reflect.apply(claude.run, claude, [options])
        const failure = yield* Effect.flip(run)
        expect(failure).toMatchObject({ _tag: "InvalidRequest", system: "claude-code", admitted: "no" })
        expect(failure).toMatchObject({ field: expect.stringContaining(field) })
        expect(failure.message).toContain("ClaudeCode.run")
        expect(started).toEqual([])
      })
  )
})
