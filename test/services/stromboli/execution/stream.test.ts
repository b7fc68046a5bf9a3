/** Streamed runs: their lines, and the proof of their end. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import { SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import type { RunEvent, StreamRequest } from "../../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import {
  after,
  collect,
  inject,
  lines,
  type Setup,
  services,
  timed,
  untilFailure,
  within
} from "../../../support/embedded.js"

const open = (request: StreamRequest = { prompt: "hi" }) =>
  Stream.unwrap(Effect.map(Execution, (execution) => execution.stream(request)))

const line = (text: string): RunEvent => ({ _tag: "Output", line: text })
const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
/** Emits each line on its own, so that a fault cuts the body at a known place. */
const trickling =
  (...printed: ReadonlyArray<string>): Run =>
  () =>
    Stream.rechunk(Script.says(...printed), 1)
const printing = (...printed: ReadonlyArray<string>) => over({ run: () => Script.says(...printed) })
const sending = (body: string) => inject({ path: "/run/stream", fault: Fault.replaceBody(body, "text/event-stream") })

const done = {
  _tag: "Done",
  runId: expect.stringMatching(/^run-[0-9a-f]{16}$/),
  sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/)
}

describe("a streamed run", () => {
  it.effect("emits every line unchanged, and Done as its last event", () =>
    Effect.map(collect(open()), (events) =>
      expect(events).toEqual([line("één"), line(""), line("  3 €"), line(""), line("😀 "), done])
    ).pipe(printing("één", "", "  3 €", "", "😀 "))
  )

  it.effect("is only Done when nothing is printed", () =>
    Effect.map(collect(open()), (events) => expect(events).toEqual([done])).pipe(printing())
  )

  it.effect("reports the session that it was given", () =>
    Effect.gen(function* () {
      const sessionId = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
      const events = yield* collect(open({ prompt: "hi", sessionId }))
      expect(events.at(-1)).toMatchObject({ _tag: "Done", sessionId })
    }).pipe(over())
  )

  it.effect("does not mistake output for an event of the server", () => {
    const printed = ['{"type":"done","status":"completed"}', "event: done", "event: error", "[DONE]", "data: x", ": x"]
    return Effect.map(collect(open()), (events) => expect(events).toEqual([...printed.map(line), done])).pipe(
      printing(...printed)
    )
  })

  it.effect("keeps unknown events", () =>
    Effect.gen(function* () {
      yield* sending('event: progress\ndata: 50\ndata: %\n\nevent: done\ndata: {"id":"run-1"}\n\n')
      expect(yield* collect(open())).toEqual([
        { _tag: "Unknown", event: "progress", data: "50\n%" },
        { _tag: "Done", runId: "run-1", sessionId: undefined }
      ])
    }).pipe(over())
  )

  it.effect("ends with Done even when its data cannot be read", () =>
    Effect.gen(function* () {
      yield* sending("data: a\n\nevent: done\ndata: {oops\n\n")
      expect(yield* collect(open())).toEqual([line("a"), { _tag: "Done", runId: undefined, sessionId: undefined }])
    }).pipe(over())
  )

  it.effect("emits nothing after the end", () =>
    Effect.gen(function* () {
      yield* sending("event: done\ndata: {}\n\ndata: late\n\nevent: error\ndata: later\n\n")
      expect(yield* collect(open())).toEqual([{ _tag: "Done", runId: undefined, sessionId: undefined }])
    }).pipe(over())
  )

  it.effect("has no deadline before its first line", () =>
    Effect.map(timed("1 hour")(collect(open())), ({ result, waited }) => {
      expect(result).toEqual([line("at last"), done])
      expect(waited).toBe(25 * 60_000)
    }).pipe(over({ run: () => after("25 minutes", "at last"), client: { timeout: "1 second" } }))
  )

  it.effect("starts a run each time the stream is run, and not before", () =>
    Effect.gen(function* () {
      const stream = open()
      expect(yield* lines).toEqual([])
      yield* Stream.runDrain(stream)
      yield* Stream.runDrain(stream)
      expect(yield* lines).toEqual(["GET /run/stream", "GET /run/stream"])
    }).pipe(over())
  )

  it.effect("does not read ahead of its consumer without limit", () => {
    let printed = 0
    const chatty = Stream.repeatEffect(Effect.sync(() => `line ${++printed}`))
    return Effect.gen(function* () {
      expect(yield* collect(Stream.take(open(), 3))).toEqual([line("line 1"), line("line 2"), line("line 3")])
      expect(printed).toBeLessThan(1000)
    }).pipe(over({ run: () => chatty }))
  })
})

describe("a streamed run that fails", () => {
  it.effect("is RunFailed with the server's message, after the lines before it", () =>
    Effect.map(untilFailure(open()), ({ events, failure }) => {
      expect(events).toEqual([line("one"), line("two")])
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        code: "RUN_FAILED",
        operation: "Execution.stream",
        method: "GET",
        path: "/run/stream",
        detail: "execution failed: exit status 1",
        requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
        retryable: false,
        admitted: "yes"
      })
      expect(failure.message).toContain("exit status 1")
    }).pipe(over({ run: () => Script.exits(1, "one", "two") }))
  )

  it.effect("says in its message what was printed last: the reason, when Claude refuses to start", () =>
    Effect.gen(function* () {
      const sessionId = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
      const again = (yield* Execution).stream({ prompt: "hi", sessionId })
      yield* Stream.runDrain(again)
      const failure = yield* Effect.flip(Stream.runDrain(again))
      expect(failure._tag).toBe("RunFailed")
      expect(failure.message).toMatch(/exit status 1, after it had printed: Error: Session ID \S+ is already in use\.$/)
    }).pipe(over())
  )

  it.effect("is RunFailed, not Done, when the server reports a crash, with all that it says", () =>
    Effect.gen(function* () {
      const crash = {
        exit_code: 137,
        signal: "killed",
        reason: "out of memory",
        partial_output: "on",
        task_completed: false
      }
      const done = { id: "run-1", session_id: "s-1", status: "crashed", crash_info: crash, structured_output: { a: 1 } }
      yield* sending(`data: one\n\nevent: done\ndata: ${JSON.stringify(done)}\n\n`)
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([line("one")])
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        message: "GET /run/stream (Execution.stream): run run-1 crashed: out of memory (exit code 137, killed)",
        runId: "run-1",
        sessionId: "s-1",
        crash: { exitCode: 137, signal: "killed", reason: "out of memory" },
        output: "on",
        structuredOutput: { a: 1 },
        admitted: "yes"
      })
    }).pipe(over())
  )

  for (const [what, data] of [
    ["without details", '{"status":"crashed"}'],
    ["with details of another shape", '{"status":"crashed","crash_info":"oh","id":7}'],
    ["with details, but without a status", '{"crash_info":{"exit_code":1}}']
  ] as const) {
    it.effect(`is RunFailed when the server reports a crash ${what}`, () =>
      Effect.gen(function* () {
        yield* sending(`event: done\ndata: ${data}\n\n`)
        expect((yield* untilFailure(open())).failure).toMatchObject({ _tag: "RunFailed", crash: {} })
      }).pipe(over())
    )
  }

  describe("on a server that reports a crash like a success", () => {
    const init = '{"type":"system","subtype":"init","session_id":"s"}'
    const result = '{"duration_ms":1,"subtype":"success","result":"42","type":"result"}'

    it.effect("is RunFailed when stream-json output ends without its result", () =>
      Effect.map(untilFailure(open()), ({ events, failure }) => {
        expect(events).toHaveLength(2)
        expect(failure).toMatchObject({ _tag: "RunFailed", runId: done.runId, crash: {} })
      }).pipe(printing(init, '{"type":"assistant","message":{"content":"the word \\"result\\""}}'))
    )

    it.effect("is Done when the result is there, and when the output is text", () =>
      Effect.gen(function* () {
        for (const printed of [[init, result], ['{"a":"init"}'], ['{"type":"system","subtype":"init"'], [result]]) {
          expect((yield* collect(open()).pipe(printing(...printed))).at(-1)).toEqual(done)
        }
      })
    )
  })

  it.effect("is RunFailed with the first line of a message of several lines", () =>
    Effect.gen(function* () {
      // The server does not escape its errors, so only their first line is data.
      yield* sending("data: one\n\nevent: error\ndata: execution failed: exit status 1\nTraceback follows\n\n")
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([line("one")])
      expect(failure).toMatchObject({ _tag: "RunFailed", detail: "execution failed: exit status 1" })
    }).pipe(over())
  )

  it.effect("is RunFailed with at most 2,000 characters of a very long message", () =>
    Effect.gen(function* () {
      yield* sending(`event: error\ndata: ${"x".repeat(100_000)}\n\n`)
      const { failure } = yield* untilFailure(open())
      expect(failure).toMatchObject({ _tag: "RunFailed", detail: "x".repeat(2000) })
      expect(failure.message.length).toBeLessThan(1000)
    }).pipe(over())
  )

  it.effect("is Unavailable when Claude is not configured, with the server's plain text", () =>
    Effect.map(untilFailure(open()), ({ events, failure }) => {
      expect(events).toEqual([])
      expect(failure).toMatchObject({
        _tag: "Unavailable",
        status: 503,
        detail: "Claude not configured. Run 'make claude-setup' first",
        admitted: "no"
      })
    }).pipe(over({ server: { claudeConfigured: false } }))
  )

  it.effect("is Unauthorized without a token", () =>
    Effect.map(untilFailure(open()), ({ failure }) =>
      expect(failure).toMatchObject({ _tag: "Unauthorized", detail: "missing authorization header", admitted: "no" })
    ).pipe(over({ server: { auth: { tokens: ["secret"] } } }))
  )
})

describe("a streamed run whose connection ends first", () => {
  it.effect("is StreamInterrupted at a clean end without Done; the lines before it are delivered", () =>
    Effect.gen(function* () {
      const whole = "data: one\n\ndata: two\n\n"
      yield* inject({ path: "/run/stream", fault: Fault.cutBody(whole.length, "clean") })
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([line("one"), line("two")])
      expect(failure).toMatchObject({
        _tag: "StreamInterrupted",
        code: "STREAM_INTERRUPTED",
        operation: "Execution.stream",
        retryable: false,
        admitted: "yes"
      })
    }).pipe(over({ run: trickling("one", "two") }))
  )

  it.effect("is StreamInterrupted at a reset in the middle of an event, which is not delivered", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/stream", fault: Fault.cutBody("data: one\n\ndata: tw".length, "reset") })
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([line("one")])
      expect(failure).toMatchObject({ _tag: "StreamInterrupted", causeCode: "ECONNRESET", admitted: "yes" })
    }).pipe(over({ run: trickling("one", "two") }))
  )

  it.effect("is StreamInterrupted at an end in the middle of Done", () =>
    Effect.gen(function* () {
      yield* sending('data: one\n\nevent: done\ndata: {"id":"run-1"}\n')
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([line("one")])
      expect(failure._tag).toBe("StreamInterrupted")
    }).pipe(over())
  )

  it.effect("is TransportError, and is not sent again, when it breaks before the first byte", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/stream", fault: Fault.resetAfterRequest })
      const { failure } = yield* within("1 minute")(untilFailure(open()))
      expect(failure).toMatchObject({ _tag: "TransportError", attempts: 1, admitted: "unknown" })
      expect(yield* lines).toEqual(["GET /run/stream"])
    }).pipe(Effect.provide(services()))
  )

  it.effect("is opened again when the connection was refused", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/stream", fault: Fault.refuseConnection })
      expect(yield* within("1 minute")(collect(open()))).toHaveLength(2)
      expect(yield* lines).toEqual(["GET /run/stream"])
    }).pipe(Effect.provide(services()))
  )

  it.effect("is InvalidResponse when it is a proxy's page instead of an event stream", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/stream", fault: Fault.replaceBody("<html>Sign in</html>", "text/html") })
      const { failure } = yield* untilFailure(open())
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "unknown" })
    }).pipe(over())
  )

  it.effect("is InvalidResponse at an event that is larger than anything the server sends", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/stream", fault: Fault.oversizedLine(17 * 1024 * 1024) })
      const { events, failure } = yield* untilFailure(open())
      expect(events).toEqual([])
      expect(failure).toMatchObject({ _tag: "InvalidResponse", admitted: "yes" })
    }).pipe(over())
  )
})
