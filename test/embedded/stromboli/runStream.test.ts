import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Script } from "effect-sandboxes/embedded/stromboli"
import { after, events, get, open, server, session } from "./support.js"

const collect = (path: string) => Effect.map(Stream.runCollect(events(path)), Chunk.toReadonlyArray)
const streamOf = (output: Script.Output) => server({}, () => output)

const completed = new RegExp(
  `^event: done\\ndata: {"id":"run-[0-9a-f]{16}","session_id":"${session}","status":"completed"}$`
)

describe("GET /run/stream", () => {
  it.effect("sends each line as one event and then done", () =>
    Effect.gen(function* () {
      const [one, two, done, ...rest] = yield* collect(`/run/stream?prompt=x&session_id=${session}`)
      expect([one, two, rest]).toEqual(["data: one", "data: two", []])
      expect(done).toMatch(completed)
    }).pipe(Effect.provide(streamOf(Script.says("one", "two"))))
  )

  it.effect("keeps blank lines and spaces as they are", () =>
    Effect.gen(function* () {
      expect((yield* get("/run/stream?prompt=x")).text).toMatch(/^data: \n\ndata: {3}x \n\nevent: done\n/)
    }).pipe(Effect.provide(streamOf(Script.says("", "  x "))))
  )

  it.effect("sends the headers of an event stream", () =>
    Effect.gen(function* () {
      const { headers } = yield* get("/run/stream?prompt=x")
      expect(headers).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        connection: "keep-alive",
        "x-accel-buffering": "no"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect("sends its headers only with the first line", () =>
    Effect.gen(function* () {
      const opening = yield* Effect.fork(open("/run/stream?prompt=x"))
      yield* TestClock.adjust("59 seconds")
      expect(opening.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(opening)).status).toBe(200)
    }).pipe(Effect.provide(streamOf(after("1 minute", Script.says("late")))))
  )

  it.effect("refuses a missing prompt and missing credentials in plain text", () =>
    Effect.gen(function* () {
      const missing = yield* get("/run/stream")
      expect([missing.status, missing.text]).toEqual([400, "Missing required parameter: prompt"])
      expect(missing.headers["content-type"]).toBe("text/plain; charset=utf-8")
      const unconfigured = yield* get("/run/stream?prompt=x")
      expect([unconfigured.status, unconfigured.text]).toEqual([
        503,
        "Claude not configured. Run 'make claude-setup' first"
      ])
    }).pipe(Effect.provide(server({ claudeConfigured: false })))
  )

  it.effect("reports a refusal as an event, with status 200", () =>
    Effect.gen(function* () {
      expect(yield* collect("/run/stream?prompt=x&workdir=relative")).toEqual([
        "event: error\ndata: workdir validation failed: workdir must be an absolute path starting with /"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("ends with an error when the process fails", () =>
    Effect.gen(function* () {
      expect(yield* collect("/run/stream?prompt=x")).toEqual([
        "data: out",
        "event: error\ndata: execution failed: exit status 1"
      ])
    }).pipe(Effect.provide(streamOf(Script.exits(1, "out"))))
  )

  it.effect("reports a crash in the newer generation, with what was printed", () =>
    Effect.gen(function* () {
      const [line, done] = yield* collect(`/run/stream?prompt=x&session_id=${session}`)
      expect(line).toBe("data: half")
      expect(JSON.parse(done?.split("\ndata: ")[1] ?? "")).toEqual({
        id: expect.stringMatching(/^run-[0-9a-f]{16}$/),
        session_id: session,
        status: "crashed",
        crash_info: {
          exit_code: 137,
          signal: "killed",
          reason: "Process killed by killed",
          partial_output: "half\n"
        }
      })
    }).pipe(Effect.provide(streamOf(Script.dies("SIGKILL", "half"))))
  )

  it.effect("reports a run that timed out as crashed", () =>
    Effect.gen(function* () {
      const collected = yield* Effect.fork(collect("/run/stream?prompt=x"))
      yield* TestClock.adjust("30 minutes")
      const done = (yield* Fiber.join(collected)).at(-1)
      expect(done).toContain("event: done")
      expect(done).toContain('"status":"crashed"')
    }).pipe(Effect.provide(streamOf(Script.hangs("half"))))
  )

  it.effect("reports a crash as completed in api 0.4", () =>
    Effect.gen(function* () {
      const [line, done] = yield* collect(`/run/stream?prompt=x&session_id=${session}`)
      expect(line).toBe("data: half")
      expect(done).toMatch(completed)
    }).pipe(Effect.provide(server({ api: "0.4" }, () => Script.dies("SIGKILL", "half"))))
  )

  it.effect("passes structured output on in its last event", () =>
    Effect.gen(function* () {
      const done = (yield* collect("/run/stream?prompt=x")).at(-1) ?? ""
      expect(JSON.parse(done.split("\ndata: ")[1] ?? "")).toMatchObject({ structured_output: { a: 1 } })
    }).pipe(Effect.provide(streamOf(Script.says('{"structured_output":{"a":1}}'))))
  )

  it.effect("does not escape a carriage return, which ends the line of its event", () =>
    Effect.gen(function* () {
      const { text } = yield* get("/run/stream?prompt=x")
      expect(text).toMatch(/^data: shown\rlost\n\ndata: windows\n\nevent: done\n/)
    }).pipe(Effect.provide(streamOf(Script.says("shown\rlost", "windows\r"))))
  )

  it.effect("does not continue a session, because the endpoint cannot resume", () =>
    Effect.gen(function* () {
      yield* collect(`/run/stream?prompt=x&session_id=${session}`)
      expect(yield* collect(`/run/stream?prompt=y&session_id=${session}`)).toEqual([
        `data: Error: Session ID ${session} is already in use.`,
        "event: error\ndata: execution failed: exit status 1"
      ])
    }).pipe(Effect.provide(streamOf(Script.says("one"))))
  )

  it.effect("stops reading, silently, at a line of more than 64 KiB", () =>
    Effect.gen(function* () {
      const [line, done, ...rest] = yield* collect("/run/stream?prompt=x")
      expect([line, rest]).toEqual(["data: before", []])
      expect(done).toContain('"status":"completed"')
    }).pipe(Effect.provide(streamOf(Script.says("before", "x".repeat(65_536), "after"))))
  )

  it.effect("blocks the process after such a line until its timeout", () =>
    Effect.gen(function* () {
      const collected = yield* Effect.fork(collect("/run/stream?prompt=x"))
      yield* TestClock.adjust("29 minutes")
      expect(collected.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(collected)).toHaveLength(2)
    }).pipe(
      Effect.provide(streamOf(Stream.concat(Script.says("before", "x".repeat(65_536)), Script.floods(1_000_000))))
    )
  )

  it.effect("ignores resume and answers in plain text", () =>
    Effect.gen(function* () {
      expect((yield* collect("/run/stream?prompt=x&resume=true&model=opus&output_format=json"))[0]).toBe(
        "data: false  "
      )
    }).pipe(
      Effect.provide(
        server({}, ({ claude, resume }) => Script.says(`${resume} ${claude.model} ${claude.output_format}`))
      )
    )
  )

  it.effect("cancels the run when the client stops reading", () =>
    Effect.gen(function* () {
      const cancelled = yield* Deferred.make<void>()
      const output = Stream.ensuring(Script.hangs("one", "two"), Deferred.succeed(cancelled, undefined))
      const first = Stream.runCollect(Stream.take(events("/run/stream?prompt=x"), 1))
      yield* Effect.provide(first, streamOf(output))
      expect(yield* Deferred.isDone(cancelled)).toBe(true)
    })
  )

  it.effect("reads from the process only as fast as the client reads", () =>
    Effect.gen(function* () {
      let printed = 0
      const output = Stream.rechunk(
        Stream.tap(
          Stream.iterate(0, (n) => n + 1),
          () => Effect.sync(() => printed++)
        ),
        1
      ).pipe(Stream.map(String))
      const program = Effect.gen(function* () {
        const response = yield* HttpClient.get("http://stromboli.test/run/stream?prompt=x")
        yield* Stream.runDrain(Stream.take(response.stream, 5))
        // The real server's channel holds 100 lines, and it is refilled as it is read.
        expect(printed).toBeLessThan(250)
      })
      yield* Effect.provide(program, streamOf(output))
    })
  )
})
