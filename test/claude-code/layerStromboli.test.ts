import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ClaudeCode, layerStromboli, type StromboliOptions } from "effect-sandboxes/claude-code"
import { Fault, Script } from "effect-sandboxes/embedded/stromboli"
import { Agents } from "../../src/services/stromboli/agents/Agents.js"
import { inject, lines, requests, type Setup, services, timed } from "../support/embedded.js"

const claudeOver = (options: StromboliOptions = {}, setup: Setup = {}) =>
  Layer.provideMerge(layerStromboli(options), Layer.provideMerge(Agents.layer, services(setup)))

/** The requests that start something. */
const starts = Effect.map(lines, (all) => all.filter((line) => line.startsWith("POST /")))

const started = Effect.map(requests, (all): unknown =>
  JSON.parse(all.find(({ path }) => path === "/run/async")?.body ?? "null")
)

describe("run", () => {
  it.effect("is one job, whatever becomes of the requests that wait for it", () =>
    Effect.gen(function* () {
      yield* inject({ method: "GET", path: "/jobs/*", fault: Fault.refuseConnection, times: 1 })
      yield* inject({ method: "GET", path: "/jobs/*", fault: Fault.status(502), times: 1 })
      const claude = yield* ClaudeCode
      const { result } = yield* timed("5 minutes")(claude.run({ prompt: "Hello" }))
      expect(result.text).toBe("You said: Hello")
      expect(yield* starts).toEqual(["POST /run/async"])
    }).pipe(Effect.provide(claudeOver()))
  )

  it.effect("is not started again when the answer to its start is lost: it may have begun", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/async", fault: Fault.resetAfterRequest })
      const claude = yield* ClaudeCode
      const { result } = yield* timed("5 minutes")(Effect.flip(claude.run({ prompt: "Hello" })))
      expect(result).toMatchObject({
        _tag: "ClaudePlaceFailed",
        admitted: "unknown",
        cause: { _tag: "TransportError" }
      })
      expect(yield* starts).toEqual(["POST /run/async"])
    }).pipe(Effect.provide(claudeOver()))
  )

  it.effect("has not begun when there is no server", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.refuseConnection, times: 10 })
      const claude = yield* ClaudeCode
      const { result } = yield* timed("5 minutes")(Effect.flip(claude.run({ prompt: "Hello" })))
      expect(result).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "no", retryable: true })
    }).pipe(Effect.provide(claudeOver()))
  )

  it.effect("cancels its job when it is interrupted", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = yield* Effect.fork(claude.run({ prompt: "Hello" }))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.interrupt(run)
      expect((yield* lines).filter((line) => line.startsWith("DELETE /jobs/"))).toHaveLength(1)
    }).pipe(Effect.provide(claudeOver({}, { run: () => Script.hangs() })))
  )

  it.effect("sends the options in the words of the server, with those of the container", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* timed("1 minute")(
        claude.run({
          prompt: "Hello",
          workingDirectory: "/work",
          model: "opus",
          allowedTools: ["Bash"],
          mcpServers: { tickets: { type: "http", url: "http://tickets", headers: { A: "b" } } }
        })
      )
      expect(yield* started).toMatchObject({
        prompt: "Hello",
        workdir: "/work",
        claude: {
          model: "opus",
          allowed_tools: ["Bash"],
          output_format: "json",
          mcp_configs: ['{"mcpServers":{"tickets":{"type":"http","url":"http://tickets","headers":{"A":"b"}}}}'],
          settings: '{"env":{"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS":"1"}}'
        },
        podman: { memory: "1g" }
      })
    }).pipe(Effect.provide(claudeOver({ podman: { memory: "1g" } })))
  )

  it.effect("fails with what Claude reported, although its job has failed", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { result } = yield* timed("1 minute")(Effect.flip(claude.run({ prompt: "Hello" })))
      expect(result).toMatchObject({ _tag: "ClaudeFailed", subtype: "error_max_turns", admitted: "yes" })
    }).pipe(Effect.provide(claudeOver({}, { run: (input) => Script.failsWith(input, "error_max_turns", "Too many") })))
  )

  it.effect("fails when the container is killed, with how", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { result } = yield* timed("1 minute")(Effect.flip(claude.run({ prompt: "Hello" })))
      expect(result).toMatchObject({ _tag: "ClaudeExited", admitted: "yes" })
      expect(result.message).toContain("before you ask again")
    }).pipe(Effect.provide(claudeOver({}, { run: () => Script.dies("SIGKILL", "I am") })))
  )

  it.effect("has not asked Claude when Podman could not start it", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { result } = yield* timed("1 minute")(Effect.flip(claude.run({ prompt: "Hello" })))
      expect(result).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "no" })
    }).pipe(Effect.provide(claudeOver({}, { run: () => Script.exits(125, "Error: no such image") })))
  )
})

describe("what Stromboli cannot do is refused by name, before anything is sent", () => {
  const secret = { tickets: { command: "tickets", env: { TOKEN: Redacted.make("t") } } }

  it.effect.each([
    ["mcpServers", { mcpServers: secret }],
    ["mcpServers", { mcpServers: { a: { type: "sse", url: "http://a", headers: { A: Redacted.make("t") } } } }],
    ["onPermission", { onPermission: () => Effect.never }],
    ["workingDirectory", { workingDirectory: "relative" }],
    ["systemPrompt", { systemPrompt: "x".repeat(200_000) }],
    ["settings", { settings: "a path" }]
  ] as const)("%s of run", ([field, options]) =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const failure = yield* Effect.flip(claude.run({ prompt: "Hello", ...options }))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field, operation: "ClaudeCode.run" })
      expect(failure.message).toContain(`\`${field}\``)
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(claudeOver()))
  )

  it.effect("podman, where Claude is an agent", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const refused = { _tag: "InvalidRequest", field: "podman" }
      expect(yield* Effect.flip(Effect.scoped(claude.converse()))).toMatchObject(refused)
      expect(yield* Effect.flip(Stream.runDrain(claude.stream({ prompt: "Hello" })))).toMatchObject(refused)
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(claudeOver({ podman: { memory: "1g" } })))
  )

  it.effect("settings of a stream that cannot be merged", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const failure = yield* Effect.flip(Stream.runDrain(claude.stream({ prompt: "Hello", settings: "a path" })))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "settings" })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(claudeOver()))
  )
})

describe("converse", () => {
  it.effect("is an agent, which is stopped with its scope", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const texts = yield* Effect.scoped(
        Effect.gen(function* () {
          const conversation = yield* claude.converse({ model: "opus" })
          return [yield* conversation.ask("one"), yield* conversation.ask("two")].map(({ text }) => text)
        })
      )
      expect(texts).toEqual(["You said: one", "You said: two"])
      expect((yield* lines).filter((line) => /^(POST|DELETE) \/agents(\/[^/]+)?$/.test(line))).toHaveLength(2)
    }).pipe(Effect.provide(claudeOver()))
  )
})

describe("layerStromboli", () => {
  it.effect("refuses options that are none", () =>
    Effect.gen(function* () {
      const layer: ReturnType<typeof layerStromboli> = Reflect.apply(layerStromboli, undefined, [{ podman: "large" }])
      const all = Layer.provide(layer, Layer.provideMerge(Agents.layer, services()))
      expect(yield* Effect.flip(Effect.scoped(Layer.build(all)))).toMatchObject({
        _tag: "InvalidRequest",
        field: "podman"
      })
    })
  )
})
