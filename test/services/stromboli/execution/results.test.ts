/** The results and failures of a run. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import { SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import type { RunRequest } from "../../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { after, inject, lines, type Setup, services, within } from "../../../support/embedded.js"

const run = (request: RunRequest = { prompt: "hi" }) => Effect.flatMap(Execution, (execution) => execution.run(request))

const known = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const answering = (answer: Run) => over({ run: answer })

/** A process that never ends, and records when it is started and stopped. */
const watched = Effect.gen(function* () {
  const started = yield* Deferred.make<void>()
  const stopped = yield* Deferred.make<void>()
  const process: Run = () =>
    Stream.unwrapScoped(
      Effect.acquireRelease(Deferred.succeed(started, undefined), () => Deferred.succeed(stopped, undefined)).pipe(
        Effect.as(Stream.never)
      )
    )
  return { started, stopped, process }
})

describe("a run that completes", () => {
  it.effect("is Completed, with its output, its session and the usage of the session", () =>
    Effect.gen(function* () {
      const result = yield* run({ prompt: "Say hello." })
      expect(result).toEqual({
        _tag: "Completed",
        id: expect.stringMatching(/^run-[0-9a-f]{16}$/),
        output: "You said: Say hello.",
        sessionId: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
        usage: {
          model: expect.any(String),
          inputTokens: expect.any(Number),
          outputTokens: expect.any(Number),
          cacheCreationInputTokens: 0,
          cacheReadInputTokens: 0,
          totalTokens: expect.any(Number),
          estimatedCostUsd: expect.any(Number)
        }
      })
      const { inputTokens = 0, outputTokens = 0, totalTokens } = result.usage ?? {}
      expect(inputTokens).toBeGreaterThan(0)
      expect(totalTokens).toBe(inputTokens + outputTokens)
    }).pipe(over())
  )

  it.effect("has an empty output when it printed nothing", () =>
    Effect.map(run(), (result) => expect(result.output).toBe("")).pipe(answering(() => Stream.empty))
  )

  it.effect("preserves the lines and characters of its output", () =>
    Effect.map(run(), (result) => expect(result.output).toBe("één\n\n3 €  \n😀")).pipe(
      answering(() => Script.says("één", "", "3 €  ", "😀"))
    )
  )

  it.effect("has no usage on a server before 0.5", () =>
    Effect.map(run(), (result) => {
      expect(result._tag).toBe("Completed")
      expect(result).not.toHaveProperty("usage")
    }).pipe(over({ server: { api: "0.4" } }))
  )

  it.effect("has no deadline on our side", () =>
    Effect.map(within("1 hour")(run()), (result) => expect(result.output).toBe("at last")).pipe(
      over({ run: () => after("29 minutes", "at last"), client: { timeout: "1 second" } })
    )
  )

  for (const value of [[1, [2]], "text", 7, false, "", 0, {}, { list: [null], nested: { ok: true } }]) {
    it.effect(`may have any JSON as its structured output, such as ${JSON.stringify(value)}`, () =>
      Effect.map(run({ prompt: "hi", claude: { outputFormat: "json", jsonSchema: '{"type":"object"}' } }), (result) =>
        expect(result.structuredOutput).toEqual(value)
      ).pipe(answering((input) => Script.replies(input, "here", value)))
    )
  }
})

describe("a run whose container dies", () => {
  it.effect("is Crashed, with the crash and its output", () =>
    Effect.map(run(), (result) => {
      expect(result).toMatchObject({
        _tag: "Crashed",
        output: "half of it",
        sessionId: expect.any(String),
        crash: { exitCode: 143, signal: "terminated", reason: "Process killed by terminated" }
      })
      expect(result._tag === "Crashed" && result.crash.partialOutput).toContain("half of it")
    }).pipe(answering(() => Script.dies("SIGTERM", "half of it")))
  )

  it.effect("has the signal in the server's other notation when the shell reported it", () =>
    Effect.map(run(), (result) =>
      expect(result).toMatchObject({ _tag: "Crashed", crash: { exitCode: 139, signal: "SIGSEGV" } })
    ).pipe(answering(() => Script.exits(139)))
  )

  it.effect("says whether Claude had finished before", () =>
    Effect.map(run(), (result) =>
      expect(result).toMatchObject({ _tag: "Crashed", crash: { taskCompleted: true } })
    ).pipe(answering(() => Script.dies("SIGKILL", "Task completed")))
  )

  it.effect("is Crashed with 137 and killed when podman.timeout is exceeded", () =>
    Effect.map(within("6 seconds")(run({ prompt: "hi", podman: { timeout: "5 seconds" } })), (result) =>
      expect(result).toMatchObject({ _tag: "Crashed", output: "working", crash: { exitCode: 137, signal: "killed" } })
    ).pipe(answering(() => Script.hangs("working")))
  )

  it.effect("is Crashed even without details of the crash", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.replaceBody('{"id":"run-1","status":"crashed"}', "application/json") })
      expect(yield* run()).toEqual({ _tag: "Crashed", id: "run-1", output: "", crash: {} })
    }).pipe(over())
  )
})

describe("a run in a compose project", () => {
  const podman = { environment: { type: "compose", path: "/srv/compose.yml", service: "app" } } as const

  it.effect("is RunFailed with what Claude reported, as outside of one", () =>
    Effect.map(Effect.flip(run({ prompt: "hi", podman, claude: { outputFormat: "json" } })), (failure) =>
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        subtype: "error_max_turns",
        totalCostUsd: expect.any(Number),
        output: expect.stringContaining("out of turns"),
        admitted: "yes"
      })
    ).pipe(answering((input) => Script.failsWith(input, "error_max_turns", "out of turns")))
  )

  it.effect("is RunFailed with what it had printed when its container dies, of which the server sees nothing", () =>
    Effect.map(Effect.flip(run({ prompt: "hi", podman })), (failure) =>
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        detail: "execution failed: compose exec failed: exit status 137, output: half of it\n",
        output: "half of it\n",
        admitted: "yes"
      })
    ).pipe(answering(() => Script.dies("SIGKILL", "half of it")))
  )

  it.effect("is NotFound or Conflict when its session is not what the run takes it for", () =>
    Effect.gen(function* () {
      const sessionId = SessionId.make("6f9619ff-8b86-4011-b42d-00cf4fc964ff")
      const failure = yield* Effect.flip(run({ prompt: "hi", podman, claude: { sessionId, resume: true } }))
      expect(failure).toMatchObject({ _tag: "NotFound", admitted: "no" })
      yield* run({ prompt: "hi", podman, claude: { sessionId } })
      expect(yield* Effect.flip(run({ prompt: "hi", podman, claude: { sessionId } }))).toMatchObject({
        _tag: "Conflict",
        admitted: "no"
      })
    }).pipe(over())
  )
})

describe("a run that fails", () => {
  const failedWith = (error: string) =>
    Fault.status(500, { body: JSON.stringify({ id: "", status: "error", error }), contentType: "application/json" })

  it.effect("is RunFailed with all that was printed when Claude exits with an error", () =>
    Effect.map(Effect.flip(run()), (failure) =>
      expect(failure).toMatchObject({
        _tag: "RunFailed",
        operation: "Execution.run",
        method: "POST",
        path: "/run",
        detail: "execution failed: exit status 1, output: no such model\n",
        output: "no such model\n",
        retryable: false,
        admitted: "yes"
      })
    ).pipe(answering(() => Script.exits(1, "no such model")))
  )

  const outOfTurns = {
    duration_api_ms: 1,
    session_id: "6f9619ff-8b86-4011-b42d-00cf4fc964ff",
    total_cost_usd: 0.25,
    num_turns: 3,
    is_error: true,
    subtype: "error_max_turns",
    terminal_reason: "max_turns",
    errors: ["Reached maximum number of turns (3)"],
    structured_output: { a: 1 },
    type: "result"
  }
  for (const [format, printed] of [
    ["json", JSON.stringify(outOfTurns)],
    ["stream-json", `{"type":"system","subtype":"init"}\n${JSON.stringify(outOfTurns)}\nwarning on stderr\n`],
    ["json with verbose", JSON.stringify([{ type: "system", subtype: "init" }, outOfTurns])]
  ] as const) {
    it.effect(`is RunFailed with Claude's own report in the format ${format}`, () =>
      Effect.gen(function* () {
        yield* inject({ fault: failedWith(`execution failed: exit status 1, output: ${printed}`) })
        expect(yield* Effect.flip(run())).toMatchObject({
          _tag: "RunFailed",
          message: "POST /run (Execution.run): the run failed: error_max_turns: Reached maximum number of turns (3)",
          output: printed,
          subtype: "error_max_turns",
          turns: 3,
          totalCostUsd: 0.25,
          sessionId: outOfTurns.session_id,
          structuredOutput: { a: 1 }
        })
      }).pipe(over())
    )
  }

  it.effect("keeps what was paid for, however long it is", () =>
    Effect.gen(function* () {
      const printed = `${"x".repeat(500_000)}\n${JSON.stringify(outOfTurns)}`
      yield* inject({ fault: failedWith(`execution failed: exit status 1, output: ${printed}`) })
      expect(yield* Effect.flip(run())).toMatchObject({ output: printed, totalCostUsd: 0.25 })
    }).pipe(over())
  )

  it.effect("is BadRequest that started nothing when the operating system refuses the command line", () =>
    Effect.gen(function* () {
      for (const error of [
        "execution failed: fork/exec /usr/bin/podman: argument list too long, output: ",
        "execution failed: fork/exec /usr/bin/podman: invalid argument, output: "
      ]) {
        yield* inject({ fault: failedWith(error) })
        expect(yield* Effect.flip(run())).toMatchObject({ _tag: "BadRequest", status: 500, admitted: "no" })
      }
    }).pipe(over())
  )

  it.effect("is not taken for one that never started because of what it printed", () =>
    Effect.gen(function* () {
      const error = "execution failed: exit status 1, output: sh: argument list too long"
      yield* inject({ fault: failedWith(error) })
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "RunFailed", admitted: "yes" })
    }).pipe(over())
  )

  it.effect("is ServerError when the server refuses an option that we cannot validate", () =>
    Effect.map(Effect.flip(run({ prompt: "hi", podman: { volumes: ["/etc:/x"] } })), (failure) =>
      expect(failure).toMatchObject({
        _tag: "ServerError",
        detail: "volume validation failed: volume host path not allowed: /etc"
      })
    ).pipe(over())
  )

  it.effect("is Unavailable, and can be retried, when Claude is not configured", () =>
    Effect.map(Effect.flip(run()), (failure) =>
      expect(failure).toMatchObject({
        _tag: "Unavailable",
        code: "UNAVAILABLE",
        status: 503,
        detail: "Claude not configured. Run 'make claude-setup' first",
        admitted: "no"
      })
    ).pipe(over({ server: { claudeConfigured: false } }))
  )

  it.effect("is Conflict when its session is busy, because the container name is taken", () =>
    Effect.gen(function* () {
      const { process, started } = yield* watched
      yield* Effect.gen(function* () {
        const claude = { sessionId: known }
        const first = yield* Effect.fork(run({ prompt: "first", claude }))
        yield* Deferred.await(started)
        const failure = yield* Effect.flip(run({ prompt: "second", claude }))
        expect(failure).toMatchObject({ _tag: "Conflict", status: 500, admitted: "no", retryable: false })
        expect(failure.message).toContain("Another run of this session is in progress")
        yield* Fiber.interrupt(first)
      }).pipe(answering(process))
    })
  )

  for (const outputFormat of ["text", "json", "stream-json"] as const) {
    it.effect(
      `is NotFound when it resumes a session that the server does not know, in the format ${outputFormat}`,
      () =>
        Effect.gen(function* () {
          const claude = { sessionId: known, resume: true, outputFormat, verbose: true }
          const failure = yield* Effect.flip(run({ prompt: "And now?", claude }))
          expect(failure).toMatchObject({ _tag: "NotFound", status: 500, admitted: "no", retryable: false })
          expect(failure.message).toContain(`No conversation found with session ID: ${known}`)
          expect(failure.message).toContain("To start it, leave out `resume`.")
        }).pipe(over())
    )
  }

  it.effect("is NotFound whichever of its two outputs the server reads first", () =>
    Effect.gen(function* () {
      const reason = `No conversation found with session ID: ${known}`
      const result = { type: "result", subtype: "error_during_execution", num_turns: 0, errors: [reason] }
      for (const printed of [`${reason}\n${JSON.stringify(result)}\n`, `${JSON.stringify(result)}\n${reason}\n`]) {
        yield* inject({ fault: failedWith(`execution failed: exit status 1, output: ${printed}`) })
        expect(yield* Effect.flip(run())).toMatchObject({ _tag: "NotFound", admitted: "no" })
      }
    }).pipe(over())
  )

  it.effect("is Conflict when it starts a session that exists", () =>
    Effect.gen(function* () {
      yield* run({ prompt: "hi", claude: { sessionId: known } })
      const failure = yield* Effect.flip(run({ prompt: "hi", claude: { sessionId: known } }))
      expect(failure).toMatchObject({ _tag: "Conflict", status: 500, admitted: "no", retryable: false })
      expect(failure.message).toContain("Run the prompt with `resume` to continue it")
    }).pipe(over())
  )

  it.effect("is not taken for one without a session because of what Claude said", () =>
    Effect.gen(function* () {
      for (const reason of [
        `No conversation found with session ID: ${known}`,
        `Error: Session ID ${known} is already in use.`
      ]) {
        for (const said of ["I shall look for it.", JSON.stringify(outOfTurns)]) {
          for (const printed of [`${said}\n${reason}\n`, `${reason}\n${said}\n`]) {
            yield* inject({ fault: failedWith(`execution failed: exit status 1, output: ${printed}`) })
            expect(yield* Effect.flip(run())).toMatchObject({ _tag: "RunFailed", admitted: "yes" })
          }
        }
      }
    }).pipe(over())
  )

  it.effect("is TransportError with unknown admission when the connection breaks, and is not sent again", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run", fault: Fault.resetAfterRequest })
      expect(yield* Effect.flip(within("1 minute")(run()))).toMatchObject({
        _tag: "TransportError",
        causeCode: "ECONNRESET",
        attempts: 1,
        admitted: "unknown"
      })
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(Effect.provide(services()))
  )

  it.effect("is sent again when the connection was refused, and runs once", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run", fault: Fault.refuseConnection, times: 2 })
      expect((yield* within("1 minute")(run()))._tag).toBe("Completed")
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(Effect.provide(services()))
  )

  it.effect("is InvalidResponse, though it ran, when the response is cut off", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run", fault: Fault.truncatedJson })
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "yes" })
    }).pipe(over())
  )

  it.effect("that was paid is not lost for a detail of its response", () =>
    Effect.gen(function* () {
      const body = { id: "run-1", status: "completed", output: "42", usage: { total_tokens: "many" }, session_id: 7 }
      yield* inject({ fault: Fault.replaceBody(JSON.stringify(body), "application/json") })
      expect(yield* run()).toEqual({ _tag: "Completed", id: "run-1", output: "42" })
    }).pipe(over())
  )

  it.effect("is InvalidResponse for an unknown status", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.replaceBody('{"id":"run-1","status":"dreaming"}', "application/json") })
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "InvalidResponse", field: "status", admitted: "yes" })
    }).pipe(over())
  )
})

describe("a run that is stopped", () => {
  it.effect("by interruption is stopped on the server", () =>
    Effect.gen(function* () {
      const { process, started, stopped } = yield* watched
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(run())
        yield* Deferred.await(started)
        expect(yield* Deferred.isDone(stopped)).toBe(false)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(stopped)
      }).pipe(answering(process))
    })
  )

  it.effect("by a deadline of the caller is Timeout, and is stopped on the server", () =>
    Effect.gen(function* () {
      const { process, stopped } = yield* watched
      yield* Effect.gen(function* () {
        const failure = yield* run().pipe(
          withRequestOptions({ timeout: "10 seconds" }),
          Effect.flip,
          within("1 minute")
        )
        expect(failure).toMatchObject({ _tag: "Timeout", side: "client", attempts: 1, admitted: "unknown" })
        yield* Deferred.await(stopped)
        expect(yield* lines).toEqual(["POST /run"])
      }).pipe(Effect.provide(services({ run: process })))
    })
  )
})

describe("a run in the background", () => {
  it.effect("returns the job and its new session", () =>
    Effect.gen(function* () {
      const started = yield* (yield* Execution).runAsync({ prompt: "hi" })
      expect(started).toEqual({
        jobId: expect.stringMatching(/^job-[0-9a-f]{16}$/),
        sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/)
      })
    }).pipe(over())
  )

  it.effect("keeps the session that it was given", () =>
    Effect.gen(function* () {
      const sessionId = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
      const started = yield* (yield* Execution).runAsync({ prompt: "hi", claude: { sessionId } })
      expect(started.sessionId).toBe(sessionId)
    }).pipe(over())
  )

  it.effect("has no session on a server before 0.4.1", () =>
    Effect.gen(function* () {
      expect(yield* (yield* Execution).runAsync({ prompt: "hi" })).toEqual({ jobId: expect.any(String) })
    }).pipe(over({ server: { api: "0.4" } }))
  )

  it.effect("is Unavailable when Claude is not configured", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip((yield* Execution).runAsync({ prompt: "hi" }))
      expect(failure).toMatchObject({ _tag: "Unavailable", path: "/run/async", admitted: "no" })
    }).pipe(over({ server: { claudeConfigured: false } }))
  )

  it.effect("is not started twice when the response is lost", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/run/async", fault: Fault.resetAfterRequest })
      const failure = yield* Effect.flip(within("1 minute")((yield* Execution).runAsync({ prompt: "hi" })))
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "unknown" })
      expect(yield* lines).toEqual(["POST /run/async"])
    }).pipe(Effect.provide(services()))
  )
})
