import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { CommandId, ProcessSessionId } from "../../../../../src/schema/daytona/toolbox/Session.js"
import { introduction } from "../../../../../src/services/daytona/toolbox/process/shellLiveness.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { newRefusal, scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const noPipe = newRefusal(
  500,
  "INTERNAL_ERROR",
  "failed to open input pipe: open input.pipe: no such file or directory"
)
const taken: Answer = { status: 204 }
const waiting = json({ id: "c", command: "read line" })
const session = (...others: ReadonlyArray<{ readonly command: string; readonly exitCode?: number }>) =>
  json({
    sessionId: "s",
    commands: [...others.map((each, index) => ({ id: `other-${index}`, ...each })), { id: "c", command: "read line" }]
  })
const alone = session({ command: introduction(ProcessSessionId.make("s")) }, { command: "ls", exitCode: 0 })
const busy = session({ command: "sleep 60" })

const lines = {
  input: "POST /process/session/s/command/c/input",
  command: "GET /process/session/s/command/c",
  session: "GET /process/session/s"
}
const round = [lines.input, lines.command, lines.session]

const sending = (...answers: ReadonlyArray<Answer>) => {
  const toolbox = scriptedToolbox(...answers)
  const done = Effect.flatMap(ProcessSessions, (sessions) =>
    sessions.sendInput(ProcessSessionId.make("s"), CommandId.make("c"), "hello")
  ).pipe(Effect.provide(ProcessSessions.layer), Effect.provide(toolbox.layer))
  return { ...toolbox, done }
}

describe("ProcessSessions.sendInput", () => {
  it.effect("retries while the shell has not started the command", () =>
    Effect.gen(function* () {
      const { bodies, done, lines: sent } = sending(noPipe, waiting, alone, noPipe, waiting, alone, taken)
      const fiber = yield* Effect.fork(done)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      expect(sent()).toEqual([...round, ...round, lines.input])
      expect(bodies().filter((body) => body !== undefined)).toEqual(Array(3).fill({ data: "hello" }))
    })
  )

  it.effect("gives up after about 2 seconds, without mentioning other commands", () =>
    Effect.gen(function* () {
      const { done } = sending(...Array.from({ length: 50 }, () => [noPipe, waiting, alone]).flat())
      const fiber = yield* Effect.fork(Effect.zip(Effect.flip(done), Clock.currentTimeMillis))
      yield* TestClock.adjust("10 seconds")
      const [error, at] = yield* Fiber.join(fiber)
      expect(error).toMatchObject({ _tag: "InputRefused", reason: "notStarted", retryable: true })
      expect(error.message).toContain("its shell did not start it within about 2 seconds")
      expect(at).toBeGreaterThan(1500)
      expect(at).toBeLessThan(3000)
    })
  )

  it.effect("fails at once when another command of the session has not ended", () =>
    Effect.gen(function* () {
      const { done, lines: sent } = sending(noPipe, waiting, busy)
      const error = yield* Effect.flip(done)
      expect(error).toMatchObject({ _tag: "InputRefused", reason: "notStarted", retryable: true })
      expect(error.message).toContain("other commands that have not ended")
      expect(sent()).toEqual(round)
    })
  )

  it.effect("detects that the command has ended in the meantime", () =>
    Effect.gen(function* () {
      const { done } = sending(noPipe, waiting, alone, noPipe, json({ id: "c", exitCode: 7 }))
      const fiber = yield* Effect.fork(Effect.flip(done))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "InputRefused", reason: "ended", exitCode: 7 })
    })
  )

  it.effect("can be interrupted while it waits", () =>
    Effect.gen(function* () {
      const { done, lines: sent } = sending(noPipe, waiting, alone, taken)
      const fiber = yield* Effect.fork(done)
      yield* TestClock.adjust("10 millis")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      expect(sent()).toEqual(round)
    })
  )
})
