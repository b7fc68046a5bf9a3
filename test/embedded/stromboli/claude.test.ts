import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Claude, type RunInput } from "effect-sandboxes/embedded/stromboli"
import { commandLine } from "../../../src/embedded/stromboli/claude/cliArguments.js"
import * as demo from "../../../src/embedded/stromboli/claude/demoAgent.js"
import { answer, label } from "../../../src/embedded/stromboli/claude/demoAgent.js"
import { exampleOf } from "../../../src/embedded/stromboli/claude/schemaExample.js"
import { spawn } from "../../../src/embedded/stromboli/claude/subprocess.js"
import { claudeOptions, podmanOptions } from "../../../src/embedded/stromboli/wire.js"

const input = (prompt: string, claude: Partial<RunInput["claude"]> = {}): RunInput => ({
  prompt,
  sessionId: "s",
  history: [],
  resume: false,
  workdir: "",
  claude: { ...claudeOptions.zero, ...claude },
  podman: podmanOptions.zero
})

const linesOf = (asked: RunInput) =>
  Effect.map(Stream.runCollect(demo.make({ lineDelay: 0 })(asked)), Chunk.toReadonlyArray)

describe("the demo agent", () => {
  it("counts to the requested number", () => {
    expect(answer("Please count to 4.", [])).toBe(`${label} Counting to 4:\n1\n2\n3\n4`)
    expect(answer("Count from one to three", []).split("\n")).toHaveLength(4)
  })

  it("writes a haiku about the topic", () => {
    expect(answer("Write a haiku about types", []).split("\n")).toEqual([
      label,
      "types, quietly",
      "one line follows another",
      "nobody wrote them"
    ])
  })

  it("remembers the last name it was told", () => {
    const told = (text: string) => ({ role: "user", text }) as const
    expect(answer("What is my name?", [told("My name is Ada"), told("call me Grace")])).toContain("Your name is Grace.")
    expect(answer("What's my name?", [])).toContain("have not told me")
  })

  it("calculates, greets and otherwise repeats the prompt", () => {
    expect(answer("What is 6 * 7?", [])).toBe(`${label} 42`)
    expect(answer("Hello!", [])).toContain("Hello")
    expect(answer("Review this code", [])).toBe(`${label} I read your 3 words:\nReview this code`)
  })

  it.effect("labels every answer, in every output format", () =>
    Effect.gen(function* () {
      expect((yield* linesOf(input("Hello!")))[0]).toContain(label)
      const [envelope] = yield* linesOf(input("Hello!", { output_format: "json" }))
      expect(JSON.parse(envelope ?? "")).toMatchObject({ type: "result", is_error: false, session_id: "s" })
      const stream = yield* linesOf(input("Hello!", { output_format: "stream-json" }))
      expect(stream.map((line): unknown => JSON.parse(line).type)).toEqual(["system", "assistant", "result"])
    })
  )

  it.effect("fills in a schema", () =>
    Effect.gen(function* () {
      const json_schema = JSON.stringify({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] })
      const [envelope] = yield* linesOf(input("x", { output_format: "json", json_schema }))
      expect(JSON.parse(envelope ?? "")).toMatchObject({ structured_output: { a: 1 }, result: '{"a":1}' })
    })
  )

  it.effect("pauses before each line by the clock", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fork(Stream.runDrain(demo.make({ lineDelay: "1 second" })(input("count to 2"))))
      yield* TestClock.adjust("2 seconds")
      expect(run.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(run)
    })
  )
})

describe("an example of a schema", () => {
  it.each<[string, object, unknown]>([
    [
      "required properties only",
      { type: "object", properties: { a: {}, b: { type: "null" } }, required: ["b"] },
      { b: null }
    ],
    ["the first of an enum", { enum: ["x", "y"] }, "x"],
    ["a constant", { const: 7 }, 7],
    ["an array", { type: "array", items: { type: "number" }, minItems: 2 }, [1, 1]],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }] }, ["demo", true]],
    ["the first of a union", { anyOf: [{ type: "integer", minimum: 5 }, { type: "string" }] }, 5],
    ["exclusive bounds", { type: "integer", exclusiveMinimum: 0, maximum: 10 }, 1],
    ["a small maximum", { type: "number", maximum: 0, minimum: -1 }, -1],
    ["lengths", { type: "string", minLength: 6 }, "demooo"],
    ["a format", { type: "string", format: "date" }, "2026-01-01"],
    ["a reference", { $ref: "#/$defs/A", $defs: { A: { type: "boolean" } } }, true],
    [
      "an intersection",
      {
        allOf: [
          { properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: { const: 1 } }, required: ["b"] }
        ]
      },
      { a: "demo", b: 1 }
    ],
    ["a nullable type", { type: ["string", "null"] }, "demo"]
  ])("conforms to %s", (_, schema, expected) => {
    expect(exampleOf(JSON.stringify(schema))).toEqual(expected)
  })

  it.each<[string, object]>([
    ["long strings", { type: "string", minLength: 1e9 }],
    ["many elements", { type: "array", items: {}, minItems: 1e9 }],
    [
      "a tree of references",
      {
        $ref: "#/$defs/A",
        $defs: {
          A: { properties: { a: { $ref: "#/$defs/A" }, b: { $ref: "#/$defs/A" } }, required: ["a", "b"] }
        }
      }
    ]
  ])("stays small for a schema that asks for %s", (_, schema) => {
    expect(JSON.stringify(exampleOf(JSON.stringify(schema))).length).toBeLessThan(1_000_000)
  })

  it("is null for a constant that is nested too deep to be written", () => {
    expect(exampleOf(`{"const":${"[".repeat(60_000)}${"]".repeat(60_000)}}`)).toBeNull()
  })

  it("ends even where the schema does not", () => {
    const endless = { $ref: "#/$defs/A", $defs: { A: { properties: { a: { $ref: "#/$defs/A" } }, required: ["a"] } } }
    expect(JSON.stringify(exampleOf(JSON.stringify(endless)))).toContain("null")
  })

  it("is null for an invalid schema", () => {
    expect(exampleOf("not json")).toBeNull()
  })
})

describe("the claude CLI", () => {
  it("gets each folder of plugins as an option of its own", () => {
    const args = commandLine({ ...claudeOptions.zero, plugin_dirs: ["a", "b"] }, { sessionId: "id", resume: false })
    expect(args).toEqual(["-p", "--session-id", "id", "--plugin-dir", "a", "--plugin-dir", "b"])
  })

  it("gets the prompt of a run as a bare word, where no option can take it for a value", () => {
    const args = commandLine(
      { ...claudeOptions.zero, add_dirs: ["/a"] },
      { prompt: "-x", sessionId: "id", resume: false }
    )
    expect(args).toEqual(["-p", "-x", "--session-id", "id", "--add-dir", "/a"])
  })

  it("gets its options as known flags", () => {
    const args = commandLine(
      {
        ...claudeOptions.zero,
        model: "opus",
        allowed_tools: ["Bash(git:*)", "Edit"],
        max_budget_usd: 0,
        max_turns: 3,
        verbose: true,
        agents: { a: 1 }
      },
      { sessionId: "id", resume: false }
    )
    expect(args).toEqual([
      ...["-p", "--session-id", "id", "--model", "opus", "--allowedTools", "Bash(git:*),Edit"],
      ...["--max-budget-usd", "0.00", "--max-turns", "3", "--agents", '{"a":1}', "--verbose"]
    ])
    expect(commandLine(claudeOptions.zero, { sessionId: "id", resume: true })).toEqual(["-p", "--resume", "id"])
  })

  it.effect("is replaced by the demo agent when it is not on the PATH", () =>
    Effect.gen(function* () {
      expect((yield* Claude).description).toContain("demo agent")
    }).pipe(
      Effect.provide(Claude.layerDefault),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["PATH", "/nowhere:/neither"]])))
    )
  )
})

describe("a subprocess", () => {
  const shell = (script: string) => spawn("sh", ["-c", script], { cwd: "/" })

  it.scopedLive("reads lines and prints lines, on both outputs", () =>
    Effect.gen(function* () {
      const child = yield* shell('read line; echo "got $line"; echo oops >&2')
      yield* child.write("this")
      const lines = Chunk.toReadonlyArray(yield* Stream.runCollect(child.output))
      expect(lines.map(({ from, line }) => `${from} ${line}`).sort()).toEqual(["stderr oops", "stdout got this"])
      yield* child.exit
    })
  )

  it.scopedLive("reports how it ended", () =>
    Effect.gen(function* () {
      const failed = yield* shell("exit 3")
      expect(yield* Effect.flip(failed.exit)).toMatchObject({ exitCode: 3, message: "exit status 3" })
      const killed = yield* shell("sleep 60")
      yield* killed.kill("SIGKILL")
      expect(yield* Effect.flip(killed.exit)).toMatchObject({
        exitCode: 137,
        signal: "SIGKILL",
        message: "signal: killed"
      })
    })
  )

  it.live("ends with its scope", () =>
    Effect.gen(function* () {
      const child = yield* Effect.scoped(shell("exec sleep 60"))
      expect(yield* Effect.flip(child.exit)).toMatchObject({ signal: "SIGTERM" })
    })
  )

  it.scopedLive.each(["x".repeat(200_000), "a\u0000b"])("that cannot have its arguments is not a defect", (argument) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(spawn("true", [argument], { cwd: "/" }))
      expect(error._tag).toBe("SpawnFailed")
    })
  )

  it.scopedLive("that does not exist is not a defect", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(spawn("there-is-no-such-command", [], { cwd: "/" }))
      expect(error._tag).toBe("SpawnFailed")
    })
  )
})
