import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedStromboli, Script } from "effect-sandboxes/embedded/stromboli"
import { at, del, get, post, server, session, textAt } from "./support.js"

const run = (prompt: string, claude: object = {}) =>
  post("/run", { prompt, claude: { session_id: session, ...claude } })

const seed = (count: number) =>
  Effect.gen(function* () {
    const embedded = yield* EmbeddedStromboli
    for (let index = 0; index < count; index++) {
      yield* embedded.appendMessage("long", {
        uuid: `m${index}`,
        type: "user",
        content: { role: "user", content: null }
      })
    }
  })

describe("a session in several directories", () => {
  const run = (prompt: string, workdir: string, resume = false) =>
    post("/run", { prompt, workdir, claude: { session_id: session, resume } })

  it.effect("has a conversation in each that one was begun in, of which the first is shown", () =>
    Effect.gen(function* () {
      expect(at((yield* run("one", "/b")).json, "output")).toBe("0")
      expect((yield* run("again", "/b")).status).toBe(500)
      expect(at((yield* run("other", "/a")).json, "output")).toBe("0")
      const shown = JSON.stringify((yield* get(`/sessions/${session}/messages`)).json)
      expect([shown.includes("other"), shown.includes("one")]).toEqual([true, false])
      expect(at((yield* run("two", "/b", true)).json, "output")).toBe("2")
      expect(textAt((yield* run("three", "/c", true)).json, "error")).toContain("No conversation found")
    }).pipe(Effect.provide(server({}, ({ history }) => Script.says(`${history.length}`))))
  )

  it.effect("goes on from any directory, as long as there is one conversation", () =>
    Effect.gen(function* () {
      yield* run("one", "/b")
      expect(at((yield* run("two", "/a", true)).json, "output")).toBe("2")
      expect(at((yield* run("three", "/c", true)).json, "output")).toBe("4")
    }).pipe(Effect.provide(server({}, ({ history }) => Script.says(`${history.length}`))))
  )
})

describe("sessions", () => {
  it.effect("are listed by id, and do not get their titles from their prompts", () =>
    Effect.gen(function* () {
      const second = "5e551013-0000-4000-8000-000000000002"
      expect((yield* get("/sessions")).json).toEqual({ sessions: [] })
      yield* post("/run", { prompt: "say b\nplease", claude: { session_id: second } })
      yield* post("/run", { prompt: "x", claude: { session_id: session, no_persistence: true } })
      expect((yield* get("/sessions")).json).toEqual({
        sessions: [
          { id: session, title: "" },
          { id: second, title: "" }
        ]
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect("are strings in api 0.4", () =>
    Effect.gen(function* () {
      yield* run("x")
      expect((yield* get("/sessions")).json).toEqual({ sessions: [session] })
    }).pipe(Effect.provide(server({ api: "0.4" })))
  )

  it.effect("are null instead of empty if configured so", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions")).json).toEqual({ sessions: null })
      yield* seed(1)
      expect(at((yield* get("/sessions/long/messages?offset=9")).json, "messages")).toBeNull()
    }).pipe(Effect.provide(server({ nullLists: true })))
  )

  it.effect("are destroyed once", () =>
    Effect.gen(function* () {
      yield* run("x")
      expect((yield* del(`/sessions/${session}`)).json).toEqual({ success: true, session_id: session })
      const again = yield* del(`/sessions/${session}`)
      expect([again.status, again.json]).toEqual([404, { success: false, error: `session not found: ${session}` }])
      const bad = yield* del("/sessions/a..b")
      expect([bad.status, bad.json]).toEqual([400, { success: false, error: "invalid session ID" }])
    }).pipe(Effect.provide(server()))
  )

  it.effect("can be destroyed and begun again with the same id", () =>
    Effect.gen(function* () {
      yield* run("My name is Ada.")
      yield* del(`/sessions/${session}`)
      expect(textAt((yield* run("What is my name?")).json, "output")).toContain("have not told me")
    }).pipe(Effect.provide(server()))
  )

  it.effect("cannot be continued by `continue`, unless they are forked", () =>
    Effect.gen(function* () {
      const { json, status } = yield* run("x", { continue: true })
      expect(status).toBe(500)
      expect(textAt(json, "error")).toBe(
        "execution failed: exit status 1, output: " +
          "Error: --session-id with --continue or --resume also needs --fork-session.\n"
      )
      expect((yield* run("x", { continue: true, fork_session: true })).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("cannot be resumed unless something was saved in them", () =>
    Effect.gen(function* () {
      const refused = Effect.map(run("x", { resume: true }), ({ json }) => textAt(json, "error"))
      yield* run("not saved", { no_persistence: true })
      expect(yield* refused).toContain(`No conversation found with session ID: ${session}`)
      yield* (yield* EmbeddedStromboli).appendMessage(session, { uuid: "m", type: "user", content: { role: "user" } })
      expect((yield* run("x", { resume: true })).status).toBe(200)
      yield* del(`/sessions/${session}`)
      expect(yield* refused).toContain(`No conversation found with session ID: ${session}`)
    }).pipe(Effect.provide(server()))
  )

  it.effect("that cannot be resumed have a result without turns in stream-json", () =>
    Effect.gen(function* () {
      const { json } = yield* run("x", { resume: true, output_format: "stream-json", verbose: true })
      const [reason, result = ""] = textAt(json, "error")
        .replace(/^.*?output: /, "")
        .split("\n")
      expect(JSON.parse(result)).toMatchObject({
        type: "result",
        subtype: "error_during_execution",
        num_turns: 0,
        session_id: session,
        errors: [`No conversation found with session ID: ${session}`]
      })
      expect(reason).toBe(`No conversation found with session ID: ${session}`)
    }).pipe(Effect.provide(server()))
  )

  it.effect("pass their history to a run that resumes", () =>
    Effect.gen(function* () {
      yield* run("My name is Ada.")
      expect(textAt((yield* run("What is my name?", { resume: true })).json, "output")).toContain("Ada")
      const again = yield* run("What is my name?")
      expect([again.status, textAt(again.json, "error")]).toEqual([
        500,
        `execution failed: exit status 1, output: Error: Session ID ${session} is already in use.\n`
      ])
    }).pipe(Effect.provide(server()))
  )
})

describe("the messages of a session", () => {
  it.effect("are the two sides of a run in api 0.4", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      yield* post("/run", { prompt: "question", workdir: "/w", claude: { session_id: session, model: "opus" } })
      const { json } = yield* get(`/sessions/${session}/messages`)
      expect(json).toMatchObject({
        total: 2,
        offset: 0,
        limit: 50,
        has_more: false,
        messages: [
          {
            type: "user",
            session_id: session,
            timestamp: "2026-01-01T00:00:00Z",
            cwd: "/w",
            content: { role: "user", content: [{ type: "text", text: "question" }] }
          },
          {
            type: "assistant",
            parent_uuid: textAt(json, "messages", 0, "uuid"),
            content: {
              role: "assistant",
              model: "opus",
              content: [{ type: "text", text: "answer" }],
              stop_reason: "end_turn",
              usage: { input_tokens: 2, output_tokens: 2 }
            }
          }
        ]
      })
      expect(at(json, "messages", 0, "parent_uuid")).toBeUndefined()
    }).pipe(Effect.provide(server({ api: "0.4" }, () => Script.says("answer"))))
  )

  const toolRun = [
    {
      type: "assistant",
      message: {
        role: "assistant",
        model: "opus",
        content: [
          { type: "text", text: "I will look." },
          { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }
        ],
        usage: { input_tokens: 100, output_tokens: 10 }
      }
    },
    {
      type: "user",
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "a.txt" }] },
      tool_use_result: { stdout: "a.txt" }
    },
    {
      type: "assistant",
      message: {
        role: "assistant",
        model: "opus",
        content: [{ type: "text", text: "There is a.txt." }],
        usage: { input_tokens: 100, output_tokens: 10 }
      }
    }
  ].map((line) => JSON.stringify(line))

  it.effect("are mostly not the conversation, and contain the system prompt", () =>
    Effect.gen(function* () {
      yield* post("/run", {
        prompt: "What is there?",
        claude: { session_id: session, output_format: "stream-json", system_prompt: "Be a pirate." }
      })
      const { json } = yield* get(`/sessions/${session}/messages`)
      const messages: ReadonlyArray<unknown> = Object.values(at(json, "messages") ?? {})
      const types = messages.map((message) => textAt(message, "type"))
      expect(types).toHaveLength(27)
      expect(types.filter((type) => type === "user" || type === "assistant")).toEqual([
        "user",
        "assistant",
        "assistant",
        "user",
        "assistant"
      ])
      expect(new Set(types)).toEqual(
        new Set([
          ...["user", "assistant", "attachment", "atis-latch", "api-request-shape", "api-request-blob"],
          ...["api-request", "tools-used", "last-prompt", "cost-state"]
        ])
      )
      const blobs = messages.filter((message) => at(message, "type") === "api-request-blob")
      expect(blobs.map((blob) => at(blob, "content", "role"))).toEqual(["user", "system"])
      expect(textAt(blobs[1], "content", "content", 0, "text")).toContain("Be a pirate.")
      expect(blobs[1]).toMatchObject({ uuid: "" })
      const other = messages.find((message) => at(message, "type") === "attachment")
      expect(other).toMatchObject({ content: { role: "", content: null } })
    }).pipe(Effect.provide(server({}, () => Script.says(...toolRun))))
  )

  it.effect("contain a system prompt, even if the run has none", () =>
    Effect.gen(function* () {
      yield* run("x")
      const { text } = yield* get(`/sessions/${session}/messages`)
      expect(text).toContain("You are a Claude agent.")
    }).pipe(Effect.provide(server()))
  )

  it.effect("count towards the usage once for each block", () =>
    Effect.gen(function* () {
      const { json } = yield* run("x", { output_format: "stream-json" })
      expect(at(json, "usage")).toMatchObject({ model: "opus", input_tokens: 300, output_tokens: 30 })
    }).pipe(Effect.provide(server({}, () => Script.says(...toolRun))))
  )

  it.effect("are found one by one", () =>
    Effect.gen(function* () {
      yield* run("x")
      const uuid = textAt((yield* get(`/sessions/${session}/messages`)).json, "messages", 0, "uuid")
      expect(at((yield* get(`/sessions/${session}/messages/${uuid}`)).json, "message", "uuid")).toBe(uuid)
      const unknown = yield* get(`/sessions/${session}/messages/none`)
      expect([unknown.status, unknown.json]).toEqual([404, { error: "message not found: none" }])
      expect((yield* get("/sessions/none/messages/none")).json).toEqual({ error: "session history not found: none" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("are listed in pages of 50 by default and 200 at most", () =>
    Effect.gen(function* () {
      yield* seed(250)
      const pages = yield* Effect.forEach(["", "?limit=1000", "?limit=100&offset=200", "?offset=300"], (query) =>
        Effect.map(get(`/sessions/long/messages${query}`), ({ json }) => [
          Object.keys(at(json, "messages") ?? {}).length,
          at(json, "limit"),
          at(json, "offset"),
          at(json, "total"),
          at(json, "has_more")
        ])
      )
      expect(pages).toEqual([
        [50, 50, 0, 250, true],
        [200, 200, 0, 250, true],
        [50, 100, 200, 250, false],
        [0, 50, 300, 250, false]
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("fall back to the first page for invalid paging", () =>
    Effect.gen(function* () {
      yield* seed(60)
      for (const query of ["?limit=x&offset=y", "?limit=-1&offset=-1", "?limit=0", "?limit=1.5&offset=1e3"]) {
        const { json, status } = yield* get(`/sessions/long/messages${query}`)
        expect([query, status, at(json, "limit"), at(json, "offset")]).toEqual([query, 200, 50, 0])
      }
    }).pipe(Effect.provide(server()))
  )

  it.effect("do not exist for an unknown session, nor for one without a transcript", () =>
    Effect.gen(function* () {
      const unknown = yield* get("/sessions/none/messages")
      expect([unknown.status, unknown.json]).toEqual([404, { error: "session history not found: none" }])
      yield* run("x", { no_persistence: true })
      expect((yield* get(`/sessions/${session}/messages`)).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("omit queue operations", () =>
    Effect.gen(function* () {
      const embedded = yield* EmbeddedStromboli
      yield* embedded.appendMessage(session, { uuid: "q", type: "queue-operation" })
      yield* embedded.appendMessage(session, {
        uuid: "x",
        type: "file-history-snapshot",
        content: { role: "", content: null }
      })
      expect((yield* get(`/sessions/${session}/messages`)).json).toMatchObject({
        total: 1,
        messages: [{ uuid: "x", type: "file-history-snapshot" }]
      })
    }).pipe(Effect.provide(server()))
  )
})
