/** The messages of a history, in all forms that transcripts have. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { EmbeddedStromboli, Fault, type Message } from "../../../../src/embedded/stromboli/index.js"
import { MessageId, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { isConversation, textOf } from "../../../../src/schema/stromboli/Message.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Sessions } from "../../../../src/services/stromboli/sessions/Sessions.js"
import { collect, inject, requests, services } from "../../../support/embedded.js"

const over = Effect.provide(services({ client: { retry: false } }))
const id = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")

const only = (message: Message) =>
  Effect.gen(function* () {
    yield* (yield* EmbeddedStromboli).appendMessage(id, message)
    const { messages } = yield* (yield* Sessions).messages(id)
    expect(messages).toHaveLength(1)
    return messages[0]
  })

describe("a message", () => {
  it.effect("of a tool use has every field under our name", () =>
    Effect.gen(function* () {
      const message = yield* only({
        uuid: "m-1",
        parent_uuid: "m-0",
        type: "assistant",
        session_id: id,
        timestamp: "2026-05-06T12:00:00.123456789Z",
        cwd: "/w",
        git_branch: "main",
        version: "2.1.19",
        permission_mode: "default",
        content: {
          role: "assistant",
          model: "claude-opus-4-5",
          message_id: "msg_1",
          content: [
            { type: "text", text: "Let me look." },
            { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls", file_path: null } },
            { type: "tool_result", tool_use_id: "toolu_1", content: "a.txt", is_error: true }
          ],
          stop_reason: "tool_use",
          usage: { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 }
        },
        tool_result: { stdout: "out", stderr: "err", interrupted: true, is_image: true }
      })
      expect(message).toEqual({
        uuid: "m-1",
        parentUuid: "m-0",
        type: "assistant",
        sessionId: id,
        timestamp: "2026-05-06T12:00:00.123456789Z",
        cwd: "/w",
        gitBranch: "main",
        version: "2.1.19",
        permissionMode: "default",
        content: {
          role: "assistant",
          model: "claude-opus-4-5",
          messageId: "msg_1",
          content: [
            { type: "text", text: "Let me look." },
            { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls", file_path: null } },
            { type: "tool_result", toolUseId: "toolu_1", content: "a.txt", isError: true }
          ],
          stopReason: "tool_use",
          usage: { inputTokens: 1, outputTokens: 2, cacheCreationInputTokens: 3, cacheReadInputTokens: 4 }
        },
        toolResult: { stdout: "out", stderr: "err", interrupted: true, isImage: true }
      })
    }).pipe(over)
  )

  it.effect("may have only the required fields", () =>
    Effect.gen(function* () {
      const message = yield* only({
        uuid: "",
        type: "file-history-snapshot",
        session_id: "",
        content: { role: "", content: null }
      })
      expect(message).toEqual({ uuid: "", type: "file-history-snapshot", sessionId: "", content: { role: "" } })
    }).pipe(over)
  )

  it.effect("may contain blocks of types that the server cannot show", () =>
    Effect.gen(function* () {
      const content = [
        { type: "thinking" },
        { type: "image" },
        { type: "text", text: "a" },
        { type: "text", text: "b" }
      ]
      const message = yield* only({ uuid: "m", type: "assistant", content: { role: "assistant", content } })
      expect(message?.content.content).toEqual(content)
      expect(message && textOf(message)).toBe("a\nb")
    }).pipe(over)
  )

  it.effect("contains the prompts and the answers of a conversation", () =>
    Effect.gen(function* () {
      yield* (yield* Execution).run({ prompt: "What is up?", claude: { sessionId: id } })
      const messages = yield* collect((yield* Sessions).conversation(id))
      expect(messages.map((message) => [message.type, textOf(message)])).toEqual([
        ["user", "What is up?"],
        ["assistant", "You said: What is up?"]
      ])
    }).pipe(over)
  )
})

describe("a transcript as Claude Code 2.1 writes it", () => {
  const text = (value: string) => [{ type: "text", text: value }]
  const record = (type: string, content: unknown = null) => ({ uuid: type, type, content: { role: "", content } })
  const transcript = [
    record("mode"),
    record("last-prompt", text("What is up?")),
    record("user", text("What is up?")),
    record("attachment", text("CLAUDE.md")),
    record("api-request"),
    record("api-request-blob", text("You are Claude Code. SYSTEM PROMPT")),
    record("system", text("SYSTEM PROMPT")),
    record("assistant", text("Not much.")),
    record("cost-state"),
    record("tools-used")
  ]
  const seeded = Effect.zipRight(
    inject({
      fault: Fault.replaceBody(
        JSON.stringify({ messages: transcript, total: 10, offset: 0, limit: 200, has_more: false }),
        "application/json"
      )
    }),
    Sessions
  )

  it.effect("is the conversation of user and assistant in one call", () =>
    Effect.gen(function* () {
      yield* only({ uuid: "m", type: "user", content: { role: "user" } })
      const messages = yield* collect((yield* seeded).conversation(id))
      expect(messages.map((message) => [message.type, textOf(message)])).toEqual([
        ["user", "What is up?"],
        ["assistant", "Not much."]
      ])
    }).pipe(over)
  )

  it.effect("has all its records in another, of which no text is that of a system prompt", () =>
    Effect.gen(function* () {
      yield* only({ uuid: "m", type: "user", content: { role: "user" } })
      const records = yield* collect((yield* seeded).allMessages(id))
      expect(records.map(({ type }) => type)).toEqual(transcript.map(({ type }) => type))
      expect(records.map(textOf).join("")).toBe("What is up?Not much.")
    }).pipe(over)
  )

  // The types that Claude Code 2.1 writes, and any other.
  const recordTypes = FastCheck.oneof(
    FastCheck.constantFrom(
      ...["api-request", "api-request-blob", "api-request-shape", "atis-latch", "attachment", "cost-state"],
      ...["file-history-snapshot", "last-prompt", "mode", "queue-operation", "summary", "system", "tools-used", ""]
    ),
    FastCheck.string().filter((type) => type !== "user" && type !== "assistant")
  )
  const roles = FastCheck.constantFrom("user", "assistant", "system", "")

  it.prop(
    "has text in messages only, whatever role and text another record has",
    [recordTypes, roles],
    ([type, role]) => {
      const content = { role, content: text("SYSTEM PROMPT") }
      expect(textOf({ uuid: "m", type, content })).toBe("")
      expect(isConversation({ type })).toBe(false)
    }
  )

  it.effect("is read although records have odd fields", () =>
    Effect.gen(function* () {
      yield* only({ uuid: "m", type: "user", content: { role: "user" } })
      const odd = [{ type: "user", uuid: "a", content: 7 }, {}, { uuid: 1, type: "user", content: { content: "x" } }]
      const page = { messages: [...odd, record("user", text("hi"))], total: 4, offset: 0, limit: 200, has_more: false }
      yield* inject({ fault: Fault.replaceBody(JSON.stringify(page), "application/json") })
      const records = yield* collect((yield* Sessions).allMessages(id))
      expect(records.map((message) => [message.uuid, message.type, textOf(message)])).toEqual([
        ["a", "user", ""],
        ["", "", ""],
        ["", "user", ""],
        ["user", "user", "hi"]
      ])
    }).pipe(over)
  )
})

describe("one message", () => {
  it.effect("is found by its id", () =>
    Effect.gen(function* () {
      const message = yield* only({ uuid: "m-1", type: "user", content: { role: "user" } })
      expect(yield* (yield* Sessions).message(id, MessageId.make("m-1"))).toEqual(message)
      expect((yield* requests).at(-1)).toMatchObject({ method: "GET", path: `/sessions/${id}/messages/m-1` })
    }).pipe(over)
  )

  it.effect("is NotFound in both forms that the server uses", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const missing = MessageId.make("m-9")
      expect(yield* Effect.flip(sessions.message(id, missing))).toMatchObject({
        _tag: "NotFound",
        operation: "Sessions.message",
        detail: `session history not found: ${id}`
      })
      yield* only({ uuid: "m-1", type: "user", content: { role: "user" } })
      expect(yield* Effect.flip(sessions.message(id, missing))).toMatchObject({
        _tag: "NotFound",
        detail: "message not found: m-9"
      })
    }).pipe(over)
  )

  it.effect("is InvalidResponse when the response lacks the message", () =>
    Effect.gen(function* () {
      yield* only({ uuid: "m-1", type: "user", content: { role: "user" } })
      yield* inject({ fault: Fault.replaceBody('{"message":null}', "application/json") })
      expect(yield* Effect.flip((yield* Sessions).message(id, MessageId.make("m-1")))).toMatchObject({
        _tag: "InvalidResponse",
        field: "message"
      })
    }).pipe(over)
  )

  it.effect("is InvalidRequest for an id with a slash, naming the argument", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Sessions).message(id, MessageId.make("a/b")))).toMatchObject({
        _tag: "InvalidRequest",
        field: "messageId"
      })
    }).pipe(over)
  )

  it.effect("sends nothing for an id with a slash", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip((yield* Sessions).message(id, MessageId.make("a/b")))
      expect(failure._tag).toBe("InvalidRequest")
      expect(yield* requests).toEqual([])
    }).pipe(over)
  )
})
