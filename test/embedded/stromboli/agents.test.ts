import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Claude, EmbeddedStromboli, Script, SpawnFailed } from "effect-sandboxes/embedded/stromboli"
import { after, at, del, events, get, open, post, server, textAt } from "./support.js"

/** Answers each turn after ten seconds. */
const slow = server({}, (input) => after("10 seconds", Script.replies(input, `re: ${input.prompt}`)))

/** Prints a warning after a second and ends when its input is closed. */
const warning = EmbeddedStromboli.layerHttpClient().pipe(
  Layer.provide(
    Claude.layerFrom(
      () => Script.says(),
      () =>
        Effect.gen(function* () {
          const closed = yield* Deferred.make<void>()
          const line = Effect.as(Effect.sleep("1 second"), { from: "stderr", line: "a warning" } as const)
          return {
            write: () => Effect.void,
            output: Stream.concat(Stream.fromEffect(line), Stream.never).pipe(
              Stream.interruptWhen(Deferred.await(closed))
            ),
            exit: Effect.void,
            closeInput: Effect.asVoid(Deferred.succeed(closed, undefined)),
            kill: () => Effect.void
          }
        })
    )
  )
)

const create = (request: object = {}) => Effect.map(post("/agents", request), ({ json }) => textAt(json, "id"))
const send = (id: string, prompt: string) => post(`/agents/${id}/send`, { prompt })
const status = (id: string) => Effect.map(get(`/agents/${id}`), ({ json }) => at(json, "status"))

/** Subscribes now; the events are there once the fiber is joined. */
const subscribe = (id: string) =>
  Effect.gen(function* () {
    const collected = yield* Effect.fork(
      Effect.map(Stream.runCollect(events(`/agents/${id}/stream`)), Chunk.toReadonlyArray)
    )
    yield* TestClock.adjust(0)
    return collected
  })

const typesOf = (collected: ReadonlyArray<string>) => collected.map((event) => event.split("\n")[0])

describe("agents", () => {
  it.effect("are created with 201, starting and without a turn", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1) + 120)
      const answer = yield* post("/agents", {})
      expect(answer.status).toBe(201)
      expect(answer.json).toEqual({
        id: expect.stringMatching(/^agent-[0-9a-f-]{36}$/),
        session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        status: "starting",
        created_at: "2026-01-01T00:00:00.12Z",
        last_activity_at: "2026-01-01T00:00:00.12Z",
        idle_timeout_seconds: 1800,
        turns_completed: 0
      })
    }).pipe(Effect.provide(slow))
  )

  it.effect("get a session of their own, whatever the request asks for", () =>
    Effect.gen(function* () {
      const session_id = "11111111-1111-4111-8111-111111111111"
      yield* post("/run", { prompt: "My name is Ada.", claude: { session_id } })
      const { json } = yield* post("/agents", { claude: { session_id, resume: true } })
      expect(textAt(json, "session_id")).toMatch(/^[0-9a-f-]{36}$/)
      expect(textAt(json, "session_id")).not.toBe(session_id)
      const id = textAt(json, "id")
      const collected = yield* subscribe(id)
      yield* send(id, "What is my name?")
      yield* TestClock.adjust(0)
      yield* del(`/agents/${id}`)
      expect((yield* Fiber.join(collected)).join("\n")).toContain("You have not told me your name")
    }).pipe(Effect.provide(server()))
  )

  it.effect("start although their client is gone", () =>
    Effect.gen(function* () {
      const creating = yield* Effect.fork(post("/agents", { prompt: "x" }))
      yield* TestClock.adjust("10 millis")
      expect((yield* get("/agents")).json).toEqual([])
      yield* Fiber.interrupt(creating)
      yield* TestClock.adjust("10 millis")
      expect((yield* get("/agents")).json).toMatchObject([{ turns_completed: 1 }])
    }).pipe(Effect.provide(server({ agentStartTime: "20 millis" })))
  )

  it.effect("end a turn at any result, also at that of a turn of their own", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      const first = textAt((yield* send(id, "first")).json, "turn_id")
      yield* TestClock.adjust(0)
      expect(yield* status(id)).toBe("idle")
      const second = textAt((yield* send(id, "second")).json, "turn_id")
      // The CLI takes the turn for its sub-agent first, and then answers the second prompt.
      yield* TestClock.adjust("1 second")
      yield* del(`/agents/${id}`)
      const all = (yield* Fiber.join(collected)).flatMap((event): ReadonlyArray<Record<string, string>> => {
        const data = JSON.parse(event.split("\ndata: ")[1] ?? "{}")
        return data.type === "turn_end" ? [data] : []
      })
      expect(all.map(({ turn_id }) => turn_id)).toEqual([first, second, undefined, undefined])
      expect((yield* get("/agents")).json).toEqual([])
    }).pipe(
      Effect.provide(
        server({}, (input) =>
          Script.delegates(input, {
            answer: `re: ${input.prompt}`,
            news: `news of ${input.prompt}`,
            delay: input.prompt === "first" ? "500 millis" : 0
          })
        )
      )
    )
  )

  it.effect("print an origin in the result of a turn of their own, and none in that of a prompt", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      yield* send(id, "first")
      yield* TestClock.adjust(0)
      yield* del(`/agents/${id}`)
      const results = (yield* Fiber.join(collected)).flatMap((event): ReadonlyArray<unknown> => {
        const content = JSON.parse(event.split("\ndata: ")[1] ?? "{}").content ?? "{}"
        return content.includes('"type":"result"') ? [JSON.parse(content)] : []
      })
      expect(results).toMatchObject([{ result: "answer" }, { result: "news", origin: { kind: "task-notification" } }])
      expect(at(results[0], "origin")).toBeUndefined()
    }).pipe(Effect.provide(server({}, (input) => Script.delegates(input, { answer: "answer", news: "news" }))))
  )

  it.live("are stopped although their process runs in a fiber that is forked without further ado", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const stopped = yield* Effect.timeoutOption(del(`/agents/${id}`), "4 seconds")
      expect(Option.map(stopped, (answer) => answer.status)).toEqual(Option.some(204))
    }).pipe(
      Effect.provide(
        EmbeddedStromboli.layerHttpClient().pipe(
          Layer.provide(
            Claude.layerFrom(
              () => Script.says(),
              () =>
                Effect.gen(function* () {
                  const closed = yield* Deferred.make<void>()
                  yield* Effect.forkScoped(Effect.never)
                  return {
                    write: () => Effect.void,
                    output: Stream.drain(Stream.fromEffect(Deferred.await(closed))),
                    exit: Deferred.await(closed),
                    closeInput: Effect.asVoid(Deferred.succeed(closed, undefined)),
                    kill: () => Effect.void
                  }
                })
            )
          )
        )
      )
    )
  )

  it.effect("are generating immediately when they are created with a prompt", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/agents", { prompt: "x", idle_timeout_seconds: 60, disable_idle_timeout: true })
      expect(json).toMatchObject({ status: "generating", idle_timeout_seconds: 60, idle_timeout_disabled: true })
    }).pipe(Effect.provide(slow))
  )

  it.effect("are refused without a body and with a negative timeout", () =>
    Effect.gen(function* () {
      const empty = yield* post("/agents", "")
      expect([empty.status, empty.json]).toEqual([400, { error: "EOF" }])
      const negative = yield* post("/agents", { idle_timeout_seconds: -1 })
      expect([negative.status, negative.json]).toEqual([
        400,
        { error: "agent: invalid request: idle_timeout_seconds must be non-negative" }
      ])
    }).pipe(Effect.provide(slow))
  )

  it.effect("are listed as a bare array", () =>
    Effect.gen(function* () {
      expect((yield* get("/agents")).json).toEqual([])
      const id = yield* create()
      expect((yield* get("/agents")).json).toMatchObject([{ id }])
    }).pipe(Effect.provide(slow))
  )

  it.effect("run a turn: 202, generating, then idle again", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const sent = yield* send(id, "hello")
      expect(sent.status).toBe(202)
      expect(textAt(sent.json, "turn_id")).toMatch(/^turn-[0-9a-f-]{36}$/)
      expect(yield* status(id)).toBe("generating")
      const busy = yield* send(id, "again")
      expect([busy.status, busy.json]).toEqual([409, { error: "agent: a turn is already in progress" }])
      yield* TestClock.adjust("10 seconds")
      expect((yield* get(`/agents/${id}`)).json).toMatchObject({ status: "idle", turns_completed: 1 })
    }).pipe(Effect.provide(slow))
  )

  it.effect("refuse a prompt that is missing or blank", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const missing = yield* post(`/agents/${id}/send`, {})
      expect([missing.status, missing.json]).toEqual([
        400,
        { error: "Key: 'SendAgentRequest.Prompt' Error:Field validation for 'Prompt' failed on the 'required' tag" }
      ])
      const blank = yield* send(id, "  ")
      expect([blank.status, blank.json]).toEqual([400, { error: "agent: invalid request: prompt is required" }])
    }).pipe(Effect.provide(slow))
  )

  it.effect("are 404 on every route if unknown", () =>
    Effect.gen(function* () {
      const answers = [
        yield* get("/agents/none"),
        yield* send("none", "x"),
        yield* get("/agents/none/stream"),
        yield* del("/agents/none")
      ]
      for (const answer of answers) expect([answer.status, answer.json]).toEqual([404, { error: "agent: not found" }])
    }).pipe(Effect.provide(slow))
  )

  it.effect("stream the events of a turn, with the stream-json lines inside", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      const turn = textAt((yield* send(id, "hello")).json, "turn_id")
      yield* TestClock.adjust("10 seconds")
      yield* del(`/agents/${id}`)
      const all = yield* Fiber.join(collected)
      expect(typesOf(all)).toEqual([
        "event: turn_start",
        ...Array.from({ length: 4 }, () => "event: output"),
        "event: turn_end",
        "event: exited",
        "event: closed"
      ])
      const output = JSON.parse(all[3]?.split("\ndata: ")[1] ?? "")
      expect(output).toMatchObject({ type: "output", turn_id: turn, at: "1970-01-01T00:00:10Z" })
      expect(JSON.parse(output.content)).toMatchObject({
        type: "assistant",
        message: { content: [{ type: "text", text: "re: hello" }] }
      })
      expect(all.at(-1)).toBe("event: closed\ndata: {}")
    }).pipe(Effect.provide(slow))
  )

  it.effect("flush the headers of their stream before any event", () =>
    Effect.gen(function* () {
      const id = yield* create()
      expect((yield* open(`/agents/${id}/stream`)).status).toBe(200)
    }).pipe(Effect.provide(slow))
  )

  it.effect("do not replay events to a new subscriber", () =>
    Effect.gen(function* () {
      const id = yield* create({ prompt: "x" })
      yield* TestClock.adjust("10 seconds")
      const collected = yield* subscribe(id)
      yield* del(`/agents/${id}`)
      expect(typesOf(yield* Fiber.join(collected))).toEqual(["event: exited", "event: closed"])
    }).pipe(Effect.provide(slow))
  )

  it.effect("drop the oldest events of a subscriber that is more than 32 behind", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const response = yield* HttpClient.get(`http://stromboli.test/agents/${id}/stream`)
      yield* send(id, "x")
      yield* TestClock.adjust(0)
      yield* del(`/agents/${id}`)
      const text = yield* response.text
      const outputs = text.match(/event: output/g) ?? []
      // exited, turn_end and the result line take three of the 32 slots; closed takes none.
      expect(outputs).toHaveLength(30)
      expect(text).not.toContain("event: turn_start")
      expect(text).toContain("line 99")
      expect(text.endsWith("event: closed\ndata: {}\n\n")).toBe(true)
    }).pipe(
      Effect.provide(server({}, () => Script.says(...Array.from({ length: 100 }, (_, index) => `line ${index}`))))
    )
  )

  // Of 100 and 2,000 deltas, 48 and 1,170 arrived from the real server.
  it.effect.each([100, 2_000])(
    "lose about half of a burst of %i even if their subscriber is quick, but neither the result nor the turn's end",
    (count) =>
      Effect.gen(function* () {
        const id = yield* create()
        const collected = yield* subscribe(id)
        yield* send(id, "x")
        yield* TestClock.adjust(0)
        expect(yield* status(id)).toBe("idle")
        yield* del(`/agents/${id}`)
        const all = yield* Fiber.join(collected)
        const deltas = all.filter((event) => event.includes("text_delta")).length
        expect(deltas).toBeGreaterThan(0.35 * count)
        expect(deltas).toBeLessThan(0.65 * count)
        expect(all.filter((event) => event.includes('\\"type\\":\\"result\\"'))).toHaveLength(1)
        expect(typesOf(all).filter((type) => type === "event: turn_end")).toHaveLength(1)
      }).pipe(
        Effect.provide(
          server({}, (input) =>
            Script.replies(input, Array.from({ length: count }, (_, index) => `${index}`).join("\n"))
          )
        )
      )
  )

  it.effect("lose nothing of a burst of 25 lines if their subscriber is quick", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      yield* send(id, "x")
      yield* TestClock.adjust(0)
      yield* del(`/agents/${id}`)
      expect((yield* Fiber.join(collected)).filter((event) => event.includes("text_delta"))).toHaveLength(25)
    }).pipe(
      Effect.provide(
        server({}, (input) => Script.replies(input, Array.from({ length: 25 }, (_, index) => `${index}`).join("\n")))
      )
    )
  )

  it.effect("report stderr as error events, which end nothing", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      yield* TestClock.adjust("1 second")
      expect(yield* status(id)).toBe("starting")
      yield* del(`/agents/${id}`)
      const all = yield* Fiber.join(collected)
      expect(all[0]).toContain('"error":"a warning"')
      expect(typesOf(all)).toEqual(["event: error", "event: exited", "event: closed"])
    }).pipe(Effect.provide(warning))
  )

  it.effect("stay listed as exited when their process dies, until they are deleted", () =>
    Effect.gen(function* () {
      const id = yield* create()
      const collected = yield* subscribe(id)
      yield* send(id, "x")
      const all = yield* Fiber.join(collected)
      expect(all.at(-2)).toContain('"error":"exit status 3"')
      expect((yield* get(`/agents/${id}`)).json).toMatchObject({ status: "exited", exit_error: "exit status 3" })
      const gone = yield* send(id, "y")
      expect([gone.status, gone.json]).toEqual([410, { error: "agent: process has exited" }])
      expect((yield* del(`/agents/${id}`)).status).toBe(204)
      expect((yield* get(`/agents/${id}`)).status).toBe(404)
    }).pipe(Effect.provide(server({}, () => Script.exits(3, "oops"))))
  )

  it.effect("send nothing to a subscriber that comes after their exit", () =>
    Effect.gen(function* () {
      const id = yield* create({ prompt: "x" })
      yield* TestClock.adjust(0)
      expect(yield* status(id)).toBe("exited")
      const response = yield* open(`/agents/${id}/stream`)
      expect(response.status).toBe(200)
      const reading = yield* Effect.fork(response.text)
      yield* del(`/agents/${id}`)
      yield* TestClock.adjust("1 day")
      expect(reading.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(reading)
    }).pipe(Effect.provide(server({}, () => Script.exits(1))))
  )

  it.effect("are stopped by the watchdog, which says exited twice", () =>
    Effect.gen(function* () {
      const id = yield* create({ idle_timeout_seconds: 40 })
      const collected = yield* subscribe(id)
      yield* TestClock.adjust("59 seconds")
      expect(yield* status(id)).toBe("starting")
      yield* TestClock.adjust("1 second")
      const all = yield* Fiber.join(collected)
      expect(typesOf(all)).toEqual(["event: exited", "event: exited", "event: closed"])
      expect(all[0]).toContain('"error":"agent: idle timeout reached"')
      expect(all[1]).not.toContain("error")
      expect((yield* get(`/agents/${id}`)).status).toBe(404)
    }).pipe(Effect.provide(slow))
  )

  it.effect("are stopped by the watchdog even in the middle of a turn", () =>
    Effect.gen(function* () {
      const id = yield* create({ idle_timeout_seconds: 20, prompt: "x" })
      yield* TestClock.adjust("30 seconds")
      yield* TestClock.adjust("10 seconds")
      expect((yield* get(`/agents/${id}`)).status).toBe(404)
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("ignore the watchdog when it is disabled", () =>
    Effect.gen(function* () {
      const id = yield* create({ idle_timeout_seconds: 1, disable_idle_timeout: true })
      yield* TestClock.adjust("1 day")
      expect((yield* get(`/agents/${id}`)).status).toBe(200)
    }).pipe(Effect.provide(slow))
  )

  it.effect("are stopped with 204, by force after five seconds", () =>
    Effect.gen(function* () {
      const id = yield* create({ prompt: "x" })
      yield* TestClock.adjust(0)
      const stopping = yield* Effect.fork(del(`/agents/${id}`))
      yield* TestClock.adjust("4 seconds")
      expect(stopping.unsafePoll()).toBeNull()
      expect((yield* get(`/agents/${id}`)).status).toBe(404)
      yield* TestClock.adjust("1 second")
      const answer = yield* Fiber.join(stopping)
      expect([answer.status, answer.text]).toEqual([204, ""])
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("end with the server", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const server = EmbeddedStromboli.layerHttpClient().pipe(
        Layer.provide(
          Claude.layerFrom(() =>
            Stream.ensuring(
              Stream.never,
              Effect.sync(() => ended.push("the turn"))
            )
          )
        )
      )
      yield* Effect.provide(Effect.zipRight(create({ prompt: "x" }), TestClock.adjust(0)), server)
      expect(ended).toEqual(["the turn"])
    })
  )

  it.effect("report a process that cannot be started", () =>
    Effect.gen(function* () {
      const answer = yield* post("/agents", {})
      expect([answer.status, answer.json]).toEqual([500, { error: "agent: spawn: no podman" }])
    }).pipe(
      Effect.provide(
        EmbeddedStromboli.layerHttpClient().pipe(
          Layer.provide(
            Claude.layerFrom(
              () => Script.says(),
              () => new SpawnFailed({ message: "no podman" })
            )
          )
        )
      )
    )
  )
})
