/** What a model is told when something is wrong with its arguments, with what it asked for, or with the sandbox. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Tool from "@effect/ai/Tool"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Sandbox, Sandboxes, Toolbox } from "../../src/daytona.js"
import { Fault } from "../../src/embedded/daytona/index.js"
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
      expect(yield* alive).toEqual([])
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
      yield* inject({ method: "POST", path: "/api/sandbox", fault: Fault.status(429, { headers: { "retry-after": "7" } }) })
      const [first, second] = yield* Effect.all([
        call("run_command", { command: "true" }),
        call("run_command", { command: "true" })
      ]).pipe(Effect.provide(lazy))
      expect(first).toMatchObject({
        isFailure: true,
        encodedResult: {
          _tag: "SandboxFailed",
          code: "UNAVAILABLE",
          retryable: true,
          admitted: "no",
          retryAfterSeconds: 7,
          message: expect.stringMatching(/Nothing was done\. The same call may succeed in 7 seconds\.$/)
        }
      })
      expect(second.encodedResult).toEqual({ exitCode: 0, output: "" })
    }).pipe(Effect.provide(daytona(server)))
  )
})

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
        expect(answer, name).toMatchObject({ _tag: "SandboxFailed", message: expect.stringContaining("cannot be used") })
      }
    }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )

  it.live.each([
    ["throttled", Fault.status(429, { headers: { "retry-after": "3" } }), "RATE_LIMITED", 3],
    ["not connected", Fault.refuseConnection, "TRANSPORT", undefined],
    ["behind a broken proxy", Fault.status(502), "INTERNAL", undefined]
  ] as const)("because it is %s is told apart, too", ([, fault, code, seconds]) =>
    Effect.gen(function* () {
      const path = "/api/toolbox"
      yield* inject({ fault, times: Number.POSITIVE_INFINITY })
      for (const [name, answer] of yield* each) {
        expect(answer, `${name} ${path}`).toMatchObject({ _tag: "SandboxFailed", code, retryable: true })
        if (seconds !== undefined) expect(answer, name).toMatchObject({ retryAfterSeconds: seconds })
      }
      yield* Effect.flatMap(daytonaFaults, (clear) => clear)
    }).pipe(Effect.provide(inSandbox), Effect.provide(daytona(server)))
  )
})
