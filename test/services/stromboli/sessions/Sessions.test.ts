/** Sessions, the conversations that the server stores. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { EmbeddedStromboli, Fault, type Message } from "../../../../src/embedded/stromboli/index.js"
import { MessageId, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { textOf } from "../../../../src/schema/stromboli/Message.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Sessions } from "../../../../src/services/stromboli/sessions/Sessions.js"
import { collect, inject, lines, requests, type Setup, services } from "../../../support/embedded.js"

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const id = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
const other = SessionId.make("a0000000-4f89-41d3-9a0c-0305e82c3301")

const say = (prompt: string, sessionId = id) =>
  Effect.flatMap(Execution, (execution) => execution.run({ prompt, claude: { sessionId } }))

const json = (body: unknown) => Fault.replaceBody(JSON.stringify(body), "application/json")

/** The smallest message that the server returns. */
const aMessage = (index: number): Message => ({
  uuid: `m-${index}`,
  type: "user",
  content: { role: "user", content: [{ type: "text", text: `message ${index}` }] }
})

const seed = (...messages: ReadonlyArray<Message>) =>
  Effect.flatMap(EmbeddedStromboli, (server) =>
    Effect.forEach(messages, (message) => server.appendMessage(id, message), { discard: true })
  )
const seedMany = (count: number) => seed(...Array.from({ length: count }, (_, index) => aMessage(index)))

const asked = Effect.map(requests, (all) => all.map(({ query }) => query))

describe("the list of sessions", () => {
  it.effect("has ids on a current server, ordered by id, and titles only where something has set one", () =>
    Effect.gen(function* () {
      yield* say("Second?", other)
      yield* say("First!\nWith more.")
      expect(yield* (yield* Sessions).list).toEqual([
        { id, title: "" },
        { id: other, title: "" }
      ])
    }).pipe(over())
  )

  it.effect("has only ids on a server before 0.5", () =>
    Effect.gen(function* () {
      yield* say("Hello")
      expect(yield* (yield* Sessions).list).toEqual([{ id }])
    }).pipe(over({ server: { api: "0.4" } }))
  )

  it.effect("is empty when the server returns null", () =>
    Effect.gen(function* () {
      expect(yield* (yield* Sessions).list).toEqual([])
      expect(yield* lines).toEqual(["GET /sessions"])
    }).pipe(over({ server: { nullLists: true } }))
  )

  it.effect("may contain sessions without a title, or with an empty one", () =>
    Effect.gen(function* () {
      yield* inject({ fault: json({ sessions: [{ id: "a" }, { id: "b", title: "" }, { id: "c", title: null }] }) })
      expect(yield* (yield* Sessions).list).toEqual([{ id: "a" }, { id: "b", title: "" }, { id: "c" }])
    }).pipe(over())
  )

  it.effect("is ServerError with the server's message when the server cannot read them", () =>
    Effect.gen(function* () {
      const body = '{"sessions":null,"error":"failed to list sessions: permission denied"}'
      yield* inject({ fault: Fault.status(500, { body, contentType: "application/json" }) })
      expect(yield* Effect.flip((yield* Sessions).list)).toMatchObject({
        _tag: "ServerError",
        detail: "failed to list sessions: permission denied"
      })
    }).pipe(over())
  )
})

describe("a page of a history", () => {
  it.effect("is the first 50 messages by default, and sends no parameters", () =>
    Effect.gen(function* () {
      yield* seedMany(60)
      const page = yield* (yield* Sessions).messages(id)
      expect(page).toMatchObject({ total: 60, offset: 0, limit: 50, hasMore: true })
      expect(page.messages.map(({ uuid }) => uuid)).toEqual(Array.from({ length: 50 }, (_, index) => `m-${index}`))
      expect(yield* requests).toMatchObject([{ method: "GET", path: `/sessions/${id}/messages`, query: {} }])
    }).pipe(over())
  )

  it.effect("is the requested part of the history", () =>
    Effect.gen(function* () {
      yield* seedMany(10)
      const page = yield* (yield* Sessions).messages(id, { offset: 8, limit: 200 })
      expect(page.messages.map(textOf)).toEqual(["message 8", "message 9"])
      expect(page).toMatchObject({ total: 10, offset: 8, limit: 200, hasMore: false })
      expect(yield* asked).toEqual([{ offset: "8", limit: "200" }])
    }).pipe(over())
  )

  it.effect("is empty after the end, even when the server returns null", () =>
    Effect.gen(function* () {
      yield* seedMany(2)
      const page = yield* (yield* Sessions).messages(id, { offset: 7 })
      expect(page).toEqual({ messages: [], total: 2, offset: 7, limit: 50, hasMore: false })
    }).pipe(over({ server: { nullLists: true } }))
  )

  for (const [page, field] of [
    [{ limit: 0 }, "limit"],
    [{ limit: 201 }, "limit"],
    [{ limit: 1.5 }, "limit"],
    [{ limit: Number.NaN }, "limit"],
    [{ offset: -1 }, "offset"],
    [{ offset: 0.5 }, "offset"],
    [{ offset: Number.POSITIVE_INFINITY }, "offset"]
  ] as const) {
    const what = Object.entries(page).map(([name, value]) => `${name} ${value}`)
    it.effect(`is not requested with ${what}, which the server would replace by its default`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip((yield* Sessions).messages(id, page))).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Sessions.messages",
          field
        })
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("is NotFound when the session does not exist or has no messages yet", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const notFound = {
        _tag: "NotFound",
        operation: "Sessions.messages",
        path: `/sessions/${id}/messages`,
        detail: `session history not found: ${id}`
      }
      expect(yield* Effect.flip(sessions.messages(id))).toMatchObject(notFound)
      // A refused run leaves a session without a history.
      yield* Effect.flip(
        Effect.flatMap(Execution, (execution) =>
          execution.run({ prompt: "hi", claude: { sessionId: id }, podman: { volumes: ["/etc:/x"] } })
        )
      )
      expect(yield* sessions.list).toEqual([{ id, title: "" }])
      expect(yield* Effect.flip(sessions.messages(id))).toMatchObject(notFound)
    }).pipe(over())
  )
})

describe("a whole history", () => {
  it.effect("contains every message, in order, over several pages", () =>
    Effect.gen(function* () {
      yield* seedMany(450)
      const messages = yield* collect((yield* Sessions).allMessages(id))
      expect(messages.map(({ uuid }) => uuid)).toEqual(Array.from({ length: 450 }, (_, index) => `m-${index}`))
      expect(yield* asked).toEqual([
        { offset: "0", limit: "200" },
        { offset: "200", limit: "200" },
        { offset: "400", limit: "200" }
      ])
    }).pipe(over())
  )

  it.effect("does not request a page before it is read", () =>
    Effect.gen(function* () {
      yield* seedMany(9)
      const pages = (yield* Sessions).allMessages(id, { pageSize: 3 })
      expect(yield* asked).toHaveLength(0)
      yield* Stream.runDrain(Stream.take(pages, 3))
      expect(yield* asked).toHaveLength(1)
      const seen: Array<number> = []
      yield* Stream.runForEach(Stream.take(pages, 4), () => Effect.map(asked, (all) => seen.push(all.length)))
      expect(seen).toEqual([2, 2, 2, 3])
    }).pipe(over())
  )

  it.effect("ends at an empty page that claims to have more", () =>
    Effect.gen(function* () {
      const stuck = { messages: null, total: 9, offset: 0, limit: 200, has_more: true }
      yield* seedMany(1)
      yield* inject({ fault: json(stuck), times: Number.POSITIVE_INFINITY })
      expect(yield* Stream.runCollect((yield* Sessions).allMessages(id))).toEqual(Chunk.empty())
      expect(yield* asked).toHaveLength(1)
    }).pipe(over())
  )

  it.effect("is NotFound when there is none", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(collect((yield* Sessions).allMessages(id)))).toMatchObject({ _tag: "NotFound" })
    }).pipe(over())
  )

  it.effect("fails when a page fails, after the messages before it", () =>
    Effect.gen(function* () {
      yield* seedMany(4)
      yield* inject({ fault: Fault.status(500), skip: 1 })
      const seen: Array<string> = []
      const reading = Stream.runForEach((yield* Sessions).allMessages(id, { pageSize: 2 }), ({ uuid }) =>
        Effect.sync(() => seen.push(uuid))
      )
      expect(yield* Effect.flip(reading)).toMatchObject({ _tag: "ServerError" })
      expect(seen).toEqual(["m-0", "m-1"])
    }).pipe(over())
  )

  it.effect("is not requested in pages larger than the server returns", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(collect((yield* Sessions).allMessages(id, { pageSize: 500 })))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "limit" })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )
})

describe("deleting a session", () => {
  it.effect("deletes its history, too", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      yield* say("Hello")
      yield* sessions.destroy(id)
      expect((yield* requests).at(-1)).toMatchObject({ method: "DELETE", path: `/sessions/${id}`, body: "" })
      expect(yield* sessions.list).toEqual([])
      expect(yield* Effect.flip(sessions.messages(id))).toMatchObject({ _tag: "NotFound" })
    }).pipe(over())
  )

  it.effect("is NotFound, with the server's message, when it does not exist", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Sessions).destroy(id))).toMatchObject({
        _tag: "NotFound",
        operation: "Sessions.destroy",
        detail: `session not found: ${id}`
      })
    }).pipe(over())
  )
})

describe("a session id", () => {
  for (const wrong of ["", ".", "..", "a/b", "../x", "a\0b", "\ud800"]) {
    it.effect(`cannot be ${JSON.stringify(wrong)}, which would be another path`, () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const session = SessionId.make(wrong)
        const refusal = { _tag: "InvalidRequest", field: "id", attempts: 0, admitted: "no" }
        expect(yield* Effect.flip(sessions.messages(session))).toMatchObject(refusal)
        expect(yield* Effect.flip(collect(sessions.allMessages(session)))).toMatchObject(refusal)
        expect(yield* Effect.flip(sessions.message(session, MessageId.make("m-1")))).toMatchObject(refusal)
        expect(yield* Effect.flip(sessions.destroy(session))).toMatchObject(refusal)
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("reaches the server unchanged, with any other characters", () =>
    Effect.gen(function* () {
      const odd = SessionId.make("a b?c#d%2e:é")
      expect(yield* Effect.flip((yield* Sessions).destroy(odd))).toMatchObject({
        _tag: "NotFound",
        detail: "session not found: a b?c#d%2e:é"
      })
    }).pipe(over())
  )
})
