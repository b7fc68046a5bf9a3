/** Everything public that is data crosses process borders: it is encoded as JSON, sent, and decoded again. */
import { addEqualityTesters, describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Daytona from "../../src/daytona.js"
import * as Errors from "../../src/errors/index.js"
import * as Stromboli from "../../src/stromboli.js"

addEqualityTesters()

/** The public schemas by name, those in namespaces included. Nothing has to be added here for a new one. */
const schemasIn = (exports: object, prefix: string): ReadonlyArray<readonly [string, Schema.Schema<unknown>]> =>
  Object.entries(exports).flatMap(([name, value]: [string, unknown]) => {
    if (Schema.isSchema(value)) return [[`${prefix}${name}`, value as Schema.Schema<unknown>] as const]
    const isNamespace = Predicate.isObject(value) && !Predicate.isFunction(value) && prefix.split(".").length < 3
    return isNamespace ? schemasIn(value, `${prefix}${name}.`) : []
  })

const schemas = new Map([
  ...schemasIn(Stromboli, "stromboli."),
  ...schemasIn(Daytona, "daytona."),
  ...schemasIn(Errors, "errors.")
])

/**
 * The value with what JSON can represent. Values come from servers, so that they have finite numbers, whole
 * milliseconds and no field named `__proto__`; a field that is `null` was read as absent. The cause of an error has a
 * test of its own.
 */
const representable = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isFinite(value) && value !== 0 ? value : 0
  if (Duration.isDuration(value)) return Duration.millis(Math.round(Duration.toMillis(value)) % 1e12 || 0)
  if (Either.isEither(value)) return Either.mapBoth(value, { onLeft: representable, onRight: representable })
  if (Array.isArray(value)) return value.map((each) => representable(each) ?? null)
  if (value instanceof Error) {
    const { cause: _, ...fields } = value
    return Reflect.construct(value.constructor, [representable({ ...fields, message: value.message })])
  }
  if (!Predicate.isRecord(value)) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => name !== "__proto__" && each !== undefined && each !== null)
      .map(([name, each]) => [name, representable(each)])
  )
}

/** A message always belongs to its line, so that the two are not made apart. */
const outputs = (schema: Schema.Schema<unknown>) =>
  FastCheck.json().map((line) => Schema.decodeUnknownSync(schema)({ _tag: "Output", line, at: "now" }))

const arbitraryOf = (name: string, schema: Schema.Schema<unknown>): FastCheck.Arbitrary<unknown> => {
  if (/\.Agent(Output|Event)$/.test(name)) return outputs(schema)
  if (name.endsWith(".ClaudeMessage")) return FastCheck.json().map(Stromboli.ClaudeMessage.fromLine)
  if (name.endsWith(".ResultMessage")) {
    return FastCheck.record({ result: FastCheck.string(), num_turns: FastCheck.nat() }).map((fields) =>
      Stromboli.ClaudeMessage.fromJson({ type: "result", subtype: "success", ...fields })
    )
  }
  return Arbitrary.make(schema).map(representable)
}

describe("a public schema", () => {
  it("is found, also in a namespace", () => {
    expect(schemas.size).toBeGreaterThan(140)
    for (const name of [
      ...["RunResult", "StartedJob", "RunEvent", "AgentEvent", "AgentHandle", "SessionHandle", "Job.Job"].map(
        (each) => `stromboli.${each}`
      ),
      ...["ExecuteResult", "ProcessEvent", "InterpreterResult", "TerminalEvent", "SandboxHandle", "CommandHandle"].map(
        (each) => `daytona.${each}`
      ),
      "daytona.TerminalHandle",
      "daytona.Sandbox.Sandbox",
      "errors.RunFailed"
    ]) {
      expect([...schemas.keys()]).toContain(name)
    }
  })

  it.each([...schemas])("gives every value back that was sent as JSON: %s", (name, schema) => {
    const encode = Schema.encodeSync(schema)
    const decode = Schema.decodeUnknownSync(schema)
    FastCheck.assert(
      FastCheck.property(arbitraryOf(name, schema), (value) => {
        expect(decode(JSON.parse(JSON.stringify(encode(value))))).toEqual(value)
      }),
      { numRuns: 30 }
    )
  })

  it("gives a structured run back with its value", () => {
    const schema = Stromboli.StructuredRun(Schema.Struct({ at: Schema.Date }))
    const run = {
      _tag: "Completed",
      id: Stromboli.RunId.make("run-1"),
      output: "{}",
      value: { at: new Date(0) }
    } as const
    expect(Schema.decodeUnknownSync(schema)(JSON.parse(JSON.stringify(Schema.encodeSync(schema)(run))))).toEqual(run)
  })

  it("keeps of the cause of an error what it is called and what it says", () => {
    const cause = new Errors.ApiError.members[1]({
      ...{ system: "daytona", operation: "Sandboxes.create", method: "POST", path: "/sandbox", attempts: 1 },
      ...{ message: "no such image", retryable: false, admitted: "no" }
    })
    const error = new Errors.Unavailable({ ...cause, message: "no sandbox", code: "UNAVAILABLE", cause })
    const sent: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Errors.Unavailable)(error)))
    const received = Schema.decodeUnknownSync(Errors.Unavailable)(sent)
    expect(received.cause).toMatchObject({ name: "BadRequest", message: "no such image" })
  })
})
