/** Runs whose answer is decoded with a schema. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { inject, lastBody, requests, type Setup, services } from "../../../support/embedded.js"

const Person = Schema.Struct({ name: Schema.String, born: Schema.Date, children: Schema.Array(Schema.String) })

const ask = <A, I, R>(schema: Schema.Schema<A, I, R>, request: Execution.StructuredRunRequest = { prompt: "Who?" }) =>
  Effect.flatMap(Execution, (execution) => execution.runStructured(schema, request))

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false } }))
const answers = (structured: unknown, text = "here you are") =>
  over({ run: (input) => Script.replies(input, text, structured) })

const alice = { name: "Alice", born: "2000-02-29T00:00:00.000Z", children: [] }

/** A server before 0.4.1: the value is only in the envelope that the CLI prints. */
const oldServer = (envelope: unknown) =>
  inject({
    path: "/run",
    fault: Fault.replaceBody(
      JSON.stringify({ id: "run-1", status: "completed", output: JSON.stringify(envelope) }),
      "application/json"
    )
  })

describe("a structured run", () => {
  it.effect("returns the decoded value with the run", () =>
    Effect.gen(function* () {
      const run = yield* ask(Person)
      expect(run.value).toEqual({ name: "Alice", born: new Date("2000-02-29T00:00:00Z"), children: [] })
      expect(run).toMatchObject({ _tag: "Completed", structuredOutput: alice, sessionId: expect.any(String) })
    }).pipe(answers(alice))
  )

  it.effect("asks for JSON of the encoded side of the schema", () =>
    Effect.gen(function* () {
      yield* ask(Schema.Struct({ name: Schema.String, born: Schema.Date }), {
        prompt: "Who?",
        workdir: "/w",
        claude: { model: "haiku" }
      })
      const sent = yield* Schema.decodeUnknown(
        Schema.Struct({
          prompt: Schema.Literal("Who?"),
          workdir: Schema.Literal("/w"),
          claude: Schema.Struct({
            model: Schema.Literal("haiku"),
            output_format: Schema.Literal("json"),
            json_schema: Schema.parseJson(Schema.Unknown)
          })
        })
      )(yield* lastBody)
      expect(sent.claude.json_schema).toMatchObject({
        type: "object",
        required: ["name", "born"],
        additionalProperties: false,
        properties: { name: { type: "string" } }
      })
    }).pipe(answers(alice))
  )

  it.effect("works with schemas that need a service to decode", () => {
    class Registry extends Context.Tag("test/Registry")<Registry, { readonly nameOf: (id: number) => string }>() {}
    const Member = Schema.transformOrFail(Schema.Number, Schema.String, {
      strict: true,
      decode: (id) => Effect.map(Registry, (registry) => registry.nameOf(id)),
      encode: (name) => Effect.succeed(name.length)
    })
    return ask(Schema.Struct({ member: Member })).pipe(
      Effect.map((run) => expect(run.value).toEqual({ member: "member #7" })),
      Effect.provideService(Registry, { nameOf: (id) => `member #${id}` }),
      answers({ member: 7 })
    )
  })

  it.effect("works with schemas of arrays and of single values", () =>
    Effect.map(ask(Schema.Array(Schema.NumberFromString)), (run) => expect(run.value).toEqual([1, 2])).pipe(
      answers(["1", "2"])
    )
  )

  it.effect("works with recursive schemas", () => {
    interface Tree {
      readonly name: string
      readonly branches: ReadonlyArray<Tree>
    }
    const Tree: Schema.Schema<Tree> = Schema.Struct({
      name: Schema.String,
      branches: Schema.Array(Schema.suspend(() => Tree))
    }).annotations({ identifier: "Tree" })
    const tree = { name: "a", branches: [{ name: "b", branches: [] }] }
    return Effect.map(ask(Tree), (run) => expect(run.value).toEqual(tree)).pipe(answers(tree))
  })

  it.effect("takes the value from Claude's envelope when the server does not return it", () =>
    Effect.gen(function* () {
      yield* oldServer({ type: "result", result: "prose", structured_output: alice })
      expect((yield* ask(Person)).value.name).toBe("Alice")
    }).pipe(over())
  )

  it.effect("takes the value from the text of the result when the envelope has no field for it", () =>
    Effect.gen(function* () {
      yield* oldServer({ type: "result", result: JSON.stringify(alice) })
      expect((yield* ask(Person)).value.name).toBe("Alice")
    }).pipe(over())
  )
})

describe("a structured run that prints more than its answer", () => {
  const withAround = (before: string, after: string, options: Execution.StructuredRunRequest["claude"] = {}) =>
    ask(Person, { prompt: "Who?", claude: options }).pipe(
      over({
        run: (input) =>
          Stream.unwrap(
            Effect.map(Stream.runCollect(Script.replies(input, "here you are", alice)), (lines) => {
              const envelope = Chunk.join(lines, "\n")
              const printed = options.verbose === true ? `[{"type":"system","subtype":"init"},${envelope}]` : envelope
              return Script.says(...`${before}${printed}${after}`.split("\n"))
            })
          )
      })
    )

  it.effect.each([
    ["a lifecycle hook printed lines before it", "added 12 packages in 2s\n{}\n", ""],
    ["a lifecycle hook printed a text without a line ending before it", "configured {ok} ", ""],
    ["a warning follows it", "", "\n(node:1) Warning: Setting NODE_TLS_REJECT_UNAUTHORIZED"]
  ] as const)("has its value when %s", ([, before, after]) =>
    Effect.map(withAround(before, after), (run) => {
      expect(run.value.name).toBe("Alice")
      expect(run.structuredOutput).toBeUndefined()
    })
  )

  it.effect("has its value when `verbose` makes a list of all messages of it", () =>
    Effect.map(withAround("", "", { verbose: true }), (run) => expect(run.value.name).toBe("Alice"))
  )
})

describe("a structured run whose answer does not match", () => {
  it.effect("is StructuredOutputMismatch with the field, the value and the raw output", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(ask(Schema.Struct({ list: Schema.Array(Schema.Number) })))
      expect(failure).toMatchObject({
        _tag: "StructuredOutputMismatch",
        code: "STRUCTURED_OUTPUT_MISMATCH",
        operation: "Execution.runStructured",
        field: "list.1",
        value: { list: [1, "two"] },
        runId: expect.stringMatching(/^run-/),
        sessionId: expect.any(String),
        retryable: false,
        admitted: "yes"
      })
      expect(failure.message).toContain("list.1")
      const { output } = yield* Schema.decodeUnknown(Schema.Struct({ output: Schema.parseJson(Schema.Unknown) }))(
        failure
      )
      expect(output).toMatchObject({ type: "result", structured_output: { list: [1, "two"] } })
    }).pipe(answers({ list: [1, "two"] }))
  )

  it.effect("keeps the output, and no value, when the answer is nested too deeply to be formatted", () =>
    Effect.gen(function* () {
      const output = `{"type":"result","structured_output":${"[".repeat(20_000)}${"]".repeat(20_000)}}`
      yield* inject({
        path: "/run",
        fault: Fault.replaceBody(JSON.stringify({ id: "run-1", status: "completed", output }), "application/json")
      })
      const failure = yield* Effect.flip(ask(Person))
      expect(failure).toMatchObject({ _tag: "StructuredOutputMismatch", runId: "run-1", output })
      expect("value" in failure && failure.value).toBeUndefined()
      expect(failure.message).toContain("does not match")
      // Loggers print errors as JSON.
      expect(JSON.stringify(failure)).toContain("STRUCTURED_OUTPUT_MISMATCH")
    }).pipe(over())
  )

  it.effect("is StructuredOutputMismatch when the schema throws, or cannot follow the answer", () =>
    Effect.gen(function* () {
      interface Tree {
        readonly children: ReadonlyArray<Tree>
      }
      const Tree: Schema.Schema<Tree> = Schema.Struct({
        children: Schema.Array(Schema.suspend(() => Tree))
      }).annotations({ identifier: "Tree" })
      const deep = `${'{"children":['.repeat(10_000)}${"]}".repeat(10_000)}`
      const answer = inject({
        path: "/run",
        fault: Fault.replaceBody(
          JSON.stringify({ id: "run-1", status: "completed", output: `{"structured_output":${deep}}` }),
          "application/json"
        )
      })
      yield* answer
      expect(yield* Effect.flip(ask(Tree))).toMatchObject({ _tag: "StructuredOutputMismatch", runId: "run-1" })
      const throwing = Schema.transform(Schema.Unknown, Schema.Unknown, {
        decode: () => BigInt("no number"),
        encode: () => ""
      })
      yield* answer
      const failure = yield* Effect.flip(ask(Schema.Struct({ children: throwing })))
      expect(failure).toMatchObject({ _tag: "StructuredOutputMismatch", runId: "run-1" })
      expect("output" in failure && failure.output).toContain("children")
    }).pipe(over())
  )

  it.effect("is StructuredOutputMismatch without a value when Claude answered with text", () =>
    Effect.map(Effect.flip(ask(Person)), (failure) => {
      expect(failure).toMatchObject({ _tag: "StructuredOutputMismatch", field: "" })
      expect("value" in failure && failure.value).toBeUndefined()
      expect("output" in failure && failure.output).toContain("I would rather not")
    }).pipe(answers(undefined, "I would rather not"))
  )

  it.effect("is StructuredOutputMismatch when it printed nothing at all", () =>
    Effect.map(Effect.flip(ask(Person)), (failure) =>
      expect(failure).toMatchObject({ _tag: "StructuredOutputMismatch", output: "" })
    ).pipe(over({ run: () => Script.says() }))
  )

  it.effect("does not quote the value in the message, since it may be long or private", () =>
    Effect.map(Effect.flip(ask(Person)), (failure) => expect(failure.message).not.toContain("canary")).pipe(
      answers({ ...alice, name: { secret: "canary" } })
    )
  )
})

describe("a structured run that fails", () => {
  it.effect("is RunFailed when the container crashes, with the crash and the output", () =>
    Effect.map(Effect.flip(ask(Person)), (failure) =>
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        code: "RUN_FAILED",
        crash: { exitCode: 137, signal: "killed" },
        output: '{"half":',
        runId: expect.stringMatching(/^run-/),
        sessionId: expect.any(String),
        admitted: "yes"
      })
    ).pipe(over({ run: () => Script.dies("SIGKILL", '{"half":') }))
  )

  it.effect("fails like a run otherwise", () =>
    Effect.map(Effect.flip(ask(Person)), (failure) =>
      expect(failure).toMatchObject({ _tag: "RunFailed", admitted: "yes" })
    ).pipe(over({ run: (): ReturnType<Run> => Script.exits(1) }))
  )

  for (const [what, schema] of [
    ["a symbol", Schema.Struct({ symbol: Schema.SymbolFromSelf })],
    ["a class instance", Schema.Struct({ url: Schema.instanceOf(URL) })],
    ["undefined", Schema.Undefined]
  ] as const) {
    it.effect(`is not sent with a schema of ${what}, which has no JSON Schema`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(ask(Schema.asSchema(schema)))
        expect(failure).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Execution.runStructured",
          field: "schema",
          admitted: "no"
        })
        expect(failure.message).toContain("jsonSchema")
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("is not sent with a schema that does not constrain the structure", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(ask(Schema.Unknown))).toMatchObject({ _tag: "InvalidRequest", admitted: "no" })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("is not sent without a prompt", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(ask(Person, { prompt: "" }))).toMatchObject({ _tag: "InvalidRequest", field: "prompt" })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )
})
