import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Sandboxes } from "../../../../../src/services/daytona/sandboxes/Sandboxes.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { embeddedToolbox, embeddedToolboxOver, noSessionIsLeft } from "../../../../support/embeddedToolbox.js"
import { transports } from "../../../../support/transports.js"

const services = Layer.mergeAll(Process.layer, ProcessSessions.layer)

// Only one of them has web sockets on Node 20.
describe.each(transports)("over $name", ({ layer }) => {
  it.live("commands run, stream and end as in memory", () =>
    Effect.gen(function* () {
      const process = yield* Process
      expect(yield* process.execute("echo a; echo b >&2; exit 3")).toMatchObject({
        exitCode: 3,
        stdout: "a\n",
        stderr: "b\n"
      })
      const events = yield* Stream.runCollect(process.stream("seq 1 20000; sleep 0.3; echo end; exit 4"))
      const output = Buffer.concat([...events].flatMap((event) => (event._tag === "Stdout" ? [event.bytes] : [])))
      expect(output.toString()).toBe(`${Array.from({ length: 20000 }, (_, index) => `${index + 1}\n`).join("")}end\n`)
      expect([...events].at(-1)).toEqual({ _tag: "Exit", exitCode: 4 })
      const first = yield* Stream.runHead(process.stream("echo first; sleep 100"))
      expect(first._tag).toBe("Some")
      yield* noSessionIsLeft
    }).pipe(Effect.provide(services.pipe(Layer.provide(embeddedToolboxOver(layer)))))
  )
})

it.live("every wait fails when the sandbox is deleted", () =>
  Effect.gen(function* () {
    const process = yield* Process
    const sessions = yield* ProcessSessions
    const { sandboxId } = yield* Toolbox
    const session = yield* sessions.create()
    const command = yield* sessions.start(session, "echo begun; sleep 100")
    yield* sessions.awaitLog(session, command, "begun")
    const waits: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
      Stream.runDrain(sessions.follow(session, command)),
      sessions.run(session, "echo later"),
      sessions.awaitExit(session, command),
      process.execute("sleep 100"),
      process.executeMerged("sleep 100"),
      Stream.runDrain(process.stream("sleep 100")),
      process.codeRun("import time; time.sleep(100)")
    ]
    const all = yield* Effect.fork(Effect.forEach(waits, (wait) => Effect.flip(wait), { concurrency: "unbounded" }))
    yield* Effect.repeat(sessions.list, {
      until: (list) => list.length === 3,
      schedule: Schedule.spaced("10 millis")
    })
    yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.delete(sandboxId))
    const tags = (yield* Fiber.join(all)).map(({ _tag }) => _tag)
    const ended = "SessionEnded"
    expect(tags).toEqual([ended, ended, ended, ended, "TransportError", ended, "TransportError"])
  }).pipe(Effect.provide(services.pipe(Layer.provideMerge(embeddedToolbox()))))
)
