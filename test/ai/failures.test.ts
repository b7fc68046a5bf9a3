/** What a model is told when something is wrong with its arguments, with what it asked for, or with the sandbox. */
import * as Tool from "@effect/ai/Tool"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Sandbox, Sandboxes, SandboxId, Toolbox } from "../../src/daytona.js"
import { EmbeddedDaytona, Fault } from "../../src/embedded/daytona/index.js"
import { alive, daytona, inject, lines } from "../support/daytonaOver.js"
import { call, everything, failed, lengthOf, names, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const lazy = SandboxToolkit.layer().pipe(Layer.provideMerge(Sandbox.layerLazy()))

const server = { server: { durations: 0 }, client: { retry: false } } as const

describe("over a sandbox that is made at the first call", () => {
  it.live("the tools are there before, and the sandbox lives as long as the layer", () =>
    Effect.gen(function* () {
      const during = yield* Effect.gen(function* () {
        const toolkit = yield* everything
        const before = yield* lines
        const { encodedResult } = yield* toolkit.handle("run_command", { command: "echo hello" })
        return { names: Object.keys(toolkit.tools), before, encodedResult, alive: (yield* alive).length }
      }).pipe(Effect.provide(lazy))
      expect(during).toEqual({ names, before: [], encodedResult: { exitCode: 0, output: "hello\n" }, alive: 1 })
      expect((yield* alive).filter(({ desiredState }) => desiredState !== "destroyed")).toEqual([])
    }).pipe(Effect.provide(daytona(server)))
  )

  it.live("arguments that are wrong create none", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(names, (name) => call(name, { nonsense: 1 })).pipe(Effect.provide(lazy))
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(daytona(server)))
  )

  it.live("one that cannot be made is a failure of the sandbox, and the next call makes one", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.status(403) })
      const [first, second] = yield* Effect.all([
        call("run_command", { command: "true" }),
        call("run_command", { command: "true" })
      ]).pipe(Effect.provide(lazy))
      expect(first).toMatchObject({
        isFailure: true,
        encodedResult: {
          _tag: "SandboxFailed",
          code: "UNAVAILABLE",
          retryable: false,
          admitted: "no",
          message: expect.stringMatching(/could not be created.*Other arguments do not help: tell the user\.$/)
        }
      })
      expect(second.encodedResult).toEqual({ exitCode: 0, output: "" })
    }).pipe(Effect.provide(daytona(server)))
  )
})

it.live("one that was made and is gone is not replaced, since its files are lost: it is a failure of the sandbox", () =>
  Effect.gen(function* () {
    yield* call("run_command", { command: "true" })
    const all = yield* Sandboxes
    for (const { id } of yield* alive) yield* all.delete(SandboxId.make(id))
    expect(yield* failed("run_command", { command: "true" })).toMatchObject({ _tag: "SandboxFailed", retryable: false })
    expect((yield* alive).filter(({ desiredState }) => desiredState !== "destroyed")).toEqual([])
  }).pipe(Effect.provide(lazy), Effect.provide(daytona(server)))
)

/** A call of each tool that reaches the sandbox. */
const calls: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  run_command: { command: "true" },
  read_file: { path: "a" },
  write_file: { path: "a", content: "" },
  edit_file: { path: "a", find: "a", replacement: "b" },
  list_directory: {},
  find_files: { pattern: "*" },
  search_files: { text: "a" },
  run_python: { code: "1" },
  start_server: { command: "true", port: 39_999 },
  git_clone: { url: "https://git.test/a.git", path: "a" },
  git_status: {},
  git_diff: {},
  git_log: {},
  git_commit: { message: "a" },
  git_branch: {},
  desktop_screenshot: {},
  desktop_click: { x: 1, y: 1 },
  desktop_move_mouse: { x: 1, y: 1 },
  desktop_drag: { fromX: 1, fromY: 1, toX: 2, toY: 2 },
  desktop_scroll: { x: 1, y: 1, direction: "up" },
  desktop_type: { text: "a" },
  desktop_press: { keys: "a" }
}

/** These only know what was started before. */
const local = ["reset_python", "read_server_output", "stop_server"]

describe("a sandbox that cannot be used", () => {
  it("is tried with every tool", () => expect([...Object.keys(calls), ...local].sort()).toEqual([...names].sort()))

  const inSandbox = SandboxToolkit.layer().pipe(Layer.provideMerge(Sandbox.layer()))

  const each = Effect.forEach(Object.entries(calls), ([name, given]) =>
    Effect.map(call(name, given), ({ encodedResult }) => [name, encodedResult] as const)
  )

  it.live("because it was deleted is told apart from what is not in it", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(Toolbox, ({ sandboxId }) => Effect.flatMap(Sandboxes, (all) => all.delete(sandboxId)))
      for (const [name, answer] of yield* each) {
        expect(answer, name).toMatchObject({
          _tag: "SandboxFailed",
          message: expect.stringContaining("cannot be used")
        })
      }
    }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )

  const unusable = [
    ["throttled", Fault.status(429, { headers: { "retry-after": "3" } }), "RATE_LIMITED", { retryAfterSeconds: 3 }],
    ["not connected", Fault.refuseConnection, "TRANSPORT", {}]
  ] as const

  it.live.each(unusable)("because it is %s is told apart, too", ([, fault, code, more]) =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedDaytona
      yield* faults.inject({ fault, times: Number.POSITIVE_INFINITY })
      for (const [name, answer] of yield* each) {
        expect(answer, name).toMatchObject({
          _tag: "SandboxFailed",
          code,
          retryable: true,
          admitted: "no",
          message: expect.stringContaining("Nothing was done."),
          ...more
        })
      }
      // So that the sandbox can be deleted.
      yield* faults.clear
    }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )

  it.live.each(["failed to get runner info: sandbox box has no runner", "authentication failed: sandbox not found"])(
    "is told apart by what the servers before it say: %s",
    (message) =>
      Effect.gen(function* () {
        const { faults } = yield* EmbeddedDaytona
        const body = JSON.stringify({ message, statusCode: 400 })
        for (const name of ["read_file", "search_files", "write_file", "git_status", "run_command"]) {
          yield* faults.inject({ fault: Fault.status(400, { body, contentType: "application/json" }) })
          const { encodedResult } = yield* call(name, calls[name])
          expect(encodedResult, name).toMatchObject({
            _tag: "SandboxFailed",
            message: expect.stringContaining(message)
          })
        }
      }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )

  it.live("says that something may have been done, where that is not known", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedDaytona
      yield* faults.inject({ fault: Fault.resetAfterRequest })
      const { encodedResult } = yield* call("git_commit", { message: "a", files: [] })
      expect(encodedResult).toMatchObject({
        _tag: "SandboxFailed",
        admitted: "unknown",
        message: expect.stringContaining("It may have been done: look before you repeat it")
      })
    }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )
})

/** What a model may invent. */
const oddValue = FastCheck.oneof(
  FastCheck.constantFrom<unknown>(
    null,
    undefined,
    "",
    " ",
    "..",
    "../../../etc/passwd",
    "~",
    "~/x",
    "/",
    "-rf",
    "--help",
    "a\0b",
    "\ud800",
    "\n",
    "$(kill 0)",
    "`id`",
    "'\"",
    "x".repeat(5000),
    0,
    -1,
    1.5,
    1e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.MAX_SAFE_INTEGER,
    true,
    [],
    {},
    [[]],
    { toString: 1 },
    "left"
  ),
  FastCheck.string({ maxLength: 20 }),
  FastCheck.integer()
)

const argumentsOf = (name: string): ReadonlyArray<string> => {
  const schema: unknown = Tool.getJsonSchemaFromSchemaAst(
    Object.values(everything.tools).find((tool) => tool.name === name)?.parametersSchema.ast ?? AST.undefinedKeyword
  )
  return Predicate.hasProperty(schema, "properties") && Predicate.isRecord(schema.properties)
    ? Object.keys(schema.properties)
    : []
}

const oddCall = FastCheck.constantFrom(...names).chain((name) =>
  FastCheck.record(Object.fromEntries([...argumentsOf(name), "unknown"].map((argument) => [argument, oddValue])), {
    requiredKeys: argumentsOf(name).slice(0, 1)
  }).map((given) => ({ name, given }))
)

const limited = { maxAnswer: 4000, timeout: "2 seconds", maxTimeout: "2 seconds" } as const

describeWithLayer(
  "arguments that a model invents",
  tools(limited),
  "30 seconds"
)((it) => {
  it.effect("are never a defect and never hang, and their answers are within the bounds", () =>
    Effect.gen(function* () {
      const handlers = yield* Effect.context<SandboxToolkit.Handlers>()
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(oddCall, async ({ given, name }) => {
            const exit = await Effect.runPromiseExit(
              call(name, given).pipe(Effect.timeout("20 seconds"), Effect.provide(handlers))
            )
            if (Exit.isFailure(exit)) throw new Error(`${name}: ${Cause.pretty(exit.cause)}`)
            expect(lengthOf(exit.value)).toBeLessThanOrEqual(4000)
            if (exit.value.isFailure) {
              expect(exit.value.encodedResult).toMatchObject({
                _tag: expect.any(String),
                message: expect.any(String)
              })
            }
          }),
          { numRuns: 250 }
        )
      )
    })
  )

  it.effect("are answered with the name of the argument that is wrong", () =>
    Effect.gen(function* () {
      const wrong = [
        ["run_command", { command: 1 }, "command", "must be text"],
        ["run_command", {}, "command", "is missing"],
        ["run_command", { command: "" }, "command", "must not be empty"],
        ["run_command", { command: "a\0b" }, "command", "must not contain a NUL character"],
        ["run_command", { command: "a", directory: "~" }, "directory", "begins with `~`"],
        ["run_command", { command: "a", timeoutSeconds: -1 }, "timeoutSeconds", "must be more than 0"],
        ["run_command", { command: "a", timeout: 1 }, "timeout", "is unexpected"],
        ["read_file", { path: "~/x" }, "path", "begins with `~`"],
        ["read_file", { path: "\ud800" }, "path", "must be well-formed text"],
        ["write_file", { path: "a", content: "\udc00" }, "content", "must be well-formed text"],
        ["read_file", { path: "a", firstLine: 0 }, "firstLine", "must be at least 1"],
        ["start_server", { command: "a", port: 70_000 }, "port", "must be a whole number from 1 to 65535"],
        ["git_diff", { from: "--output=x" }, "from", "must not begin with `-`"],
        ["git_branch", { create: true }, "branch", "must be given with `create`"],
        ["desktop_screenshot", { region: { x: 1, y: 1, width: 0, height: 1 } }, "region.width", "must be at least 1"]
      ] as const
      for (const [name, given, argument, problem] of wrong) {
        expect(yield* failed(name, given), name).toEqual({
          _tag: "InvalidArguments",
          argument,
          message: expect.stringContaining(problem)
        })
      }
    })
  )
})
