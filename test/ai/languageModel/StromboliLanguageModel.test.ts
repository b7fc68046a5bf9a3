/** The language model of `@effect/ai` on a Stromboli server. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as AiModel from "@effect/ai/Model"
import type * as Prompt from "@effect/ai/Prompt"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { StromboliLanguageModel } from "../../../src/ai/index.js"
import { Fault, Script } from "../../../src/embedded/stromboli/index.js"
import { Agents } from "../../../src/services/stromboli/agents/Agents.js"
import { collect, inject, lastBody, lines, requests, within, withSpans } from "../../support/embedded.js"
import { ends, over, says, turn, usage } from "./support.js"

const text = (prompt: Prompt.RawInput = "Hi") => LanguageModel.generateText({ prompt })
const streamed = (prompt: Prompt.RawInput = "Hi") => LanguageModel.streamText({ prompt })

const Person = Schema.Struct({ name: Schema.String, born: Schema.Date })
const person = LanguageModel.generateObject({ prompt: "Who?", schema: Person })
const ada = { name: "Ada", born: "1815-12-10T00:00:00.000Z" }

const Clock = Toolkit.make(Tool.make("time", { success: Schema.String }))
const withClock = Effect.provide(Clock.toLayer({ time: () => Effect.succeed("noon") }))

describe("generateText", () => {
  it.effect("answers with the result of a run", () =>
    Effect.gen(function* () {
      const response = yield* text()
      expect(response.text).toBe("Hello")
      expect(response.finishReason).toBe("stop")
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(over({ run: ends() }))
  )

  it.effect("counts all of the input, and apart what came from the cache", () =>
    Effect.gen(function* () {
      const response = yield* text()
      expect(response.usage).toMatchObject({
        inputTokens: 3210,
        outputTokens: 7,
        totalTokens: 3217,
        cachedInputTokens: 3000
      })
    }).pipe(over({ run: ends() }))
  )

  it.effect("reports cost, session and run in its metadata", () =>
    Effect.gen(function* () {
      const response = yield* text()
      expect(StromboliLanguageModel.reportOf(response.content)).toEqual({
        runId: expect.stringMatching(/./),
        sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        totalCostUsd: 0.25,
        turns: 2,
        usage: {
          inputTokens: usage.input_tokens,
          outputTokens: usage.output_tokens,
          cacheCreationInputTokens: usage.cache_creation_input_tokens,
          cacheReadInputTokens: usage.cache_read_input_tokens
        }
      })
    }).pipe(over({ run: ends() }))
  )

  it.effect.each([
    ["end_turn", "stop"],
    // A run that ended with a tool of Claude Code leaves none to the caller.
    ["tool_use", "stop"],
    ["max_tokens", "length"],
    ["refusal", "content-filter"],
    ["pause_turn", "pause"],
    ["something_new", "other"]
  ] as const)("reads %s as %s", ([stopReason, reason]) =>
    Effect.gen(function* () {
      expect((yield* text()).finishReason).toBe(reason)
    }).pipe(over({ run: ends({ stop_reason: stopReason }) }))
  )

  it.effect("sends the conversation, the system prompt and the options of the model", () =>
    Effect.gen(function* () {
      yield* text([
        { role: "system", content: "Be brief." },
        { role: "user", content: "I am Ada." },
        { role: "assistant", content: "Hello." },
        { role: "user", content: "Who am I?" }
      ])
      const body = yield* lastBody
      expect(body).toMatchObject({
        workdir: "/w",
        claude: { model: "haiku", max_turns: 3, system_prompt: "Be brief.", output_format: "json" },
        podman: { memory: "512m" }
      })
      expect(body).toHaveProperty("prompt", expect.stringMatching(/I am Ada\.[\s\S]*Hello\.[\s\S]*\n\nWho am I\?$/))
    }).pipe(
      over(
        { run: ends() },
        { model: "haiku", config: { workdir: "/w", claude: { maxTurns: 3 }, podman: { memory: "512m" } } }
      )
    )
  )

  it.effect("takes other options for one call", () =>
    Effect.gen(function* () {
      yield* text().pipe(
        StromboliLanguageModel.withConfigOverride({ claude: { model: "opus" } }),
        StromboliLanguageModel.withConfigOverride({ workdir: "/other" })
      )
      expect(yield* lastBody).toMatchObject({ workdir: "/other", claude: { model: "opus" } })
    }).pipe(over({ run: ends() }, { model: "haiku", config: { workdir: "/w" } }))
  )

  it.effect("is a `Model` that programs can choose", () =>
    Effect.gen(function* () {
      const model = yield* StromboliLanguageModel.model("sonnet")
      const provider = yield* AiModel.ProviderName.pipe(Effect.provide(model))
      expect(provider).toBe("stromboli")
      expect((yield* Effect.provide(text(), model)).text).toBe("Hello")
      expect(yield* lastBody).toMatchObject({ claude: { model: "sonnet" } })
    }).pipe(over({ run: ends() }))
  )

  it.effect("describes the call in its span", () =>
    Effect.gen(function* () {
      const { spans } = yield* withSpans(text())
      const span = spans.find(({ name }) => name === "LanguageModel.generateText")
      expect(Object.fromEntries(span?.attributes ?? [])).toMatchObject({
        "gen_ai.system": "stromboli",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "haiku",
        "gen_ai.usage.input_tokens": 3210,
        "gen_ai.response.finish_reasons": ["stop"]
      })
    }).pipe(over({ run: ends() }, { model: "haiku" }))
  )

  it.effect("stops the run when it is interrupted", () =>
    Effect.gen(function* () {
      const [begun, stopped] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const run = () =>
        Stream.concat(Stream.execute(Deferred.succeed(begun, undefined)), Script.hangs()).pipe(
          Stream.ensuring(Deferred.succeed(stopped, undefined))
        )
      const fiber = yield* Effect.fork(over({ run })(text()))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(stopped)
    })
  )
})

describe("a call that a run cannot answer", () => {
  it.effect("is refused for its tools, before anything is sent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "Time?", toolkit: Clock }))
      expect(error).toMatchObject({ _tag: "MalformedInput", method: "generateText" })
      expect(error.message).toContain("`mcpConfigs` of `claude`")
      const choice = { prompt: "Time?", toolkit: Clock, toolChoice: { oneOf: [] } }
      expect(yield* Effect.flip(LanguageModel.generateText(choice))).toMatchObject({ _tag: "MalformedInput" })
      expect(yield* requests).toEqual([])
    }).pipe(withClock, over({ run: ends() }))
  )

  it.effect("is answered when its tools must not be called", () =>
    Effect.gen(function* () {
      const response = yield* LanguageModel.generateText({ prompt: "Time?", toolkit: Clock, toolChoice: "none" })
      expect(response.text).toBe("Hello")
    }).pipe(withClock, over({ run: ends() }))
  )

  it.effect.each([
    ["a file", [{ role: "user", content: [{ type: "file", mediaType: "image/png", data: new Uint8Array(1) }] }]],
    ["no message", []],
    ["a text that is too long", "x".repeat(131_072)],
    ["a NUL", "\0"]
  ] as const)("is refused for %s, before anything is sent", ([, prompt]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(text(prompt))).toMatchObject({ _tag: "MalformedInput", method: "generateText" })
      expect(yield* requests).toEqual([])
    }).pipe(over({ run: ends() }))
  )

  it.effect("is refused for options that are none, before anything is sent", () =>
    Effect.gen(function* () {
      // @ts-expect-error a program without types
      const config: StromboliLanguageModel.Config.Service = { claude: 7 }
      const error = yield* text().pipe(StromboliLanguageModel.withConfigOverride(config), Effect.flip)
      expect(error).toMatchObject({ _tag: "MalformedInput", description: expect.stringContaining("`claude` must be") })
      expect(yield* requests).toEqual([])
    }).pipe(over({ run: ends() }))
  )
})

describe("a run that fails", () => {
  it.effect("keeps what it cost, and says what to do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({
        _tag: "UnknownError",
        cause: { _tag: "RunFailed", subtype: "error_max_turns", totalCostUsd: 0.25, turns: 2 }
      })
      expect(error.message).toContain("error_max_turns")
      expect(error.message).toContain("It cost 0.25 US dollars. Its session is ")
      expect(error.message).toContain("Raise `claude.maxTurns`")
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(
      over({
        run: (input) =>
          Stream.concat(
            ends({ subtype: "error_max_turns", is_error: true, result: undefined, errors: ["too many"] })(input),
            Script.exits(1)
          )
      })
    )
  )

  it.effect("is a failure also where its process exited normally", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({ _tag: "UnknownError", cause: { _tag: "RunFailed", totalCostUsd: 0.25 } })
    }).pipe(over({ run: ends({ is_error: true, result: "API Error" }) }))
  )

  it.effect("keeps what it cost when its container crashes", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({ _tag: "UnknownError", cause: { _tag: "RunFailed", totalCostUsd: 0.25 } })
      expect(error.message).toContain("crashed")
    }).pipe(over({ run: (input) => Stream.concat(ends()(input), Script.dies("SIGKILL")) }))
  )

  it.effect("is a failure when it printed no result", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({ _tag: "UnknownError", cause: { _tag: "RunFailed", output: "Usage: claude" } })
    }).pipe(over({ run: () => Script.says("Usage: claude") }))
  )

  it.effect("is never repeated when it may have started", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run", fault: Fault.status(502) })
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({ _tag: "UnknownError", cause: { _tag: "ServerError", admitted: "unknown" } })
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(over({ run: ends() }))
  )

  it.effect("that did not start is an error that programs repeat", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run", fault: Fault.status(429, { headers: { "retry-after": "7" } }) })
      const error = yield* Effect.flip(text())
      expect(error).toMatchObject({
        _tag: "HttpResponseError",
        response: { status: 429, headers: { "retry-after": "7" } }
      })
    }).pipe(over({ run: ends(), client: { retry: false } }))
  )
})

describe("generateObject", () => {
  it.effect("decodes the structured output of a run with the schema", () =>
    Effect.gen(function* () {
      const response = yield* person
      expect(response.value).toEqual({ name: "Ada", born: new Date(ada.born) })
      expect(StromboliLanguageModel.reportOf(response.content)?.totalCostUsd).toBe(0.25)
      expect(yield* lastBody).toMatchObject({ claude: { output_format: "json", json_schema: expect.any(String) } })
    }).pipe(over({ run: ends({ structured_output: ada }) }))
  )

  it.effect("is given the services that decoding needs", () => {
    class Registry extends Context.Tag("test/Registry")<Registry, { readonly nameOf: (id: number) => string }>() {}
    const Member = Schema.transformOrFail(Schema.Number, Schema.String, {
      strict: true,
      decode: (id) => Effect.map(Registry, (registry) => registry.nameOf(id)),
      encode: (name) => Effect.succeed(name.length)
    })
    return LanguageModel.generateObject({ prompt: "Who?", schema: Schema.Struct({ member: Member }) }).pipe(
      Effect.map(({ value }) => expect(value).toEqual({ member: "member #7" })),
      Effect.provideService(Registry, { nameOf: (id) => `member #${id}` }),
      over({ run: ends({ structured_output: { member: 7 } }) })
    )
  })

  it.effect.each([
    ["lacks a field", { name: "Ada" }],
    ["does not decode", { name: "Ada", born: "never" }],
    ["is missing", undefined]
  ] as const)("fails with what was paid for when the output %s", ([, structured_output]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(person)
      expect(error).toMatchObject({
        _tag: "MalformedOutput",
        method: "generateObject",
        cause: { _tag: "StructuredOutputMismatch", output: expect.stringContaining("0.25") }
      })
      expect(error.message).toContain("It cost 0.25 US dollars")
    }).pipe(over({ run: ends({ structured_output }) }))
  )

  it.effect("refuses a schema without a JSON Schema, before anything is sent", () =>
    Effect.gen(function* () {
      // The type of what it encodes to is an object, but no JSON Schema describes it.
      const schema = Schema.Struct({ when: Schema.DateFromSelf })
      const error = yield* Effect.flip(LanguageModel.generateObject({ prompt: "When?", schema }))
      expect(error).toMatchObject({ _tag: "MalformedInput", method: "generateObject" })
      expect(yield* requests).toEqual([])
    }).pipe(over({ run: ends() }))
  )
})

describe("streamText", () => {
  it.effect("streams whole messages, and ends with usage and cost", () =>
    Effect.gen(function* () {
      const parts = yield* collect(streamed())
      expect(parts).toMatchObject([
        { type: "response-metadata", metadata: { stromboli: { sessionId: expect.any(String) } } },
        { type: "reasoning-start", id: "0" },
        { type: "reasoning-delta", id: "0", delta: "hmm" },
        { type: "reasoning-end", id: "0" },
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "Let me see." },
        { type: "text-end", id: "1" },
        { type: "text-start", id: "2" },
        { type: "text-delta", id: "2", delta: "Hello" },
        { type: "text-end", id: "2" },
        { type: "finish", reason: "stop", usage: { inputTokens: 3210, outputTokens: 7, cachedInputTokens: 3000 } }
      ])
      expect(StromboliLanguageModel.reportOf(parts)).toMatchObject({ totalCostUsd: 0.25, turns: 2 })
    }).pipe(
      over({
        run: turn([
          says({ type: "thinking", thinking: "hmm" }),
          says({ type: "text", text: "Let me see." }),
          says({ type: "tool_use", id: "t", name: "Bash", input: {} }),
          says({ type: "text", text: "a sub-agent's" }, { parent_tool_use_id: "t" }),
          says({ type: "text", text: "Hello" })
        ])
      })
    )
  )

  it.effect("gives the answer once, also when the server dropped its message", () =>
    Effect.gen(function* () {
      const deltas = (yield* collect(streamed())).flatMap((part) => (part.type === "text-delta" ? part.delta : []))
      expect(deltas).toEqual(["Let me see.", "Hello"])
    }).pipe(over({ run: turn([says({ type: "text", text: "Let me see." })]) }))
  )

  it.effect("starts one agent with the options of the model, and stops it", () =>
    Effect.gen(function* () {
      yield* Stream.runDrain(
        streamed([
          { role: "system", content: "Rhyme." },
          { role: "user", content: "Hi" }
        ])
      )
      const [created] = yield* requests
      expect(JSON.parse(created?.body ?? "")).toMatchObject({
        workdir: "/w",
        claude: { model: "haiku", system_prompt: "Rhyme.", settings: expect.stringContaining("BACKGROUND_TASKS") }
      })
      const all = yield* lines
      expect(all.filter((line) => line === "POST /agents")).toHaveLength(1)
      expect(all.filter((line) => line.endsWith("/send"))).toHaveLength(1)
      expect(all.at(-1)).toMatch(/^DELETE \/agents\//)
      expect(yield* Effect.flatMap(Agents, (agents) => agents.list)).toEqual([])
    }).pipe(over({ run: turn([]) }, { model: "haiku", config: { workdir: "/w" } }))
  )

  it.effect("stops the agent when its reader leaves", () =>
    Effect.gen(function* () {
      const first = yield* streamed().pipe(
        Stream.filter((part) => part.type === "text-delta"),
        Stream.take(1),
        collect,
        within("1 minute")
      )
      expect(first).toMatchObject([{ delta: "Working" }])
      expect(yield* Effect.flatMap(Agents, (agents) => agents.list)).toEqual([])
    }).pipe(
      over({
        run: (input) =>
          Stream.concat(turn([says({ type: "text", text: "Working" })])(input).pipe(Stream.take(2)), Script.hangs())
      })
    )
  )

  it.effect("fails with what it cost when Claude reports an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runDrain(streamed()))
      expect(error).toMatchObject({
        _tag: "UnknownError",
        method: "streamText",
        cause: { _tag: "RunFailed", subtype: "error_during_execution", totalCostUsd: 0.25 }
      })
      expect(error.message).toContain("It cost 0.25 US dollars")
    }).pipe(over({ run: turn([], { subtype: "error_during_execution", is_error: true, result: "overloaded" }) }))
  )

  it.effect("does not end like a success when the connection is lost after the prompt was sent", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/agents/{id}/stream", fault: Fault.cutBody(400, "reset") })
      const error = yield* Effect.flip(Stream.runDrain(streamed()))
      expect(error).toMatchObject({ _tag: "UnknownError", cause: { _tag: "StreamInterrupted" } })
      expect(yield* Effect.flatMap(Agents, (agents) => agents.list)).toEqual([])
    }).pipe(over({ run: turn([says({ type: "text", text: "x".repeat(400) })]) }))
  )

  it.effect("refuses Podman options, which agents do not have, before anything is sent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runDrain(streamed()))
      expect(error).toMatchObject({ _tag: "MalformedInput", description: expect.stringContaining("`podman`") })
      expect(yield* requests).toEqual([])
    }).pipe(over({ run: turn([]) }, { config: { podman: { memory: "512m" } } }))
  )
})
