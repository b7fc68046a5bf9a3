import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Fault from "../../../../../src/embedded/faults/Fault.js"
import * as NodeTransport from "../../../../../src/node/NodeTransport.js"
import { PtyId } from "../../../../../src/schema/daytona/toolbox/Pty.js"
import { Pty } from "../../../../../src/services/daytona/toolbox/pty/Pty.js"
import type { Terminal } from "../../../../../src/services/daytona/toolbox/pty/terminal.js"
import { inject } from "../../../../support/daytonaOver.js"
import {
  embeddedToolbox,
  embeddedToolboxOver,
  type Generation,
  generations
} from "../../../../support/embeddedToolbox.js"
import { platformWebSocket } from "../../../../support/sockets.js"

const sandbox = (generation: Generation) => Layer.provideMerge(Pty.layer, embeddedToolbox({ generation }))

const connect = "/process/pty/{sessionId}/connect"

/**
 * The output up to a text that a command prints, and with it. The command line, which is echoed, must not contain it.
 */
const until = <E>(output: Stream.Stream<string, E>, text: string) => {
  let seen = ""
  return Stream.runDrain(
    Stream.takeUntil(output, (part) => {
      seen += part
      return seen.includes(text)
    })
  ).pipe(
    Effect.map(() => seen),
    Effect.timeout("20 seconds")
  )
}

/** The older daemon closes the connection before it has sent the last output of a shell that has ended. */
const lastly = (generation: Generation, exit: string) => (generation === "0.190" ? `sleep 1; ${exit}` : exit)

/** Input is echoed, so the text to print is typed in two parts. */
const sayAndHear = (terminal: Terminal, word: string) =>
  Effect.zipRight(terminal.send(`echo "${word.slice(0, 1)}""${word.slice(1)}"\n`), until(terminal.outputText, word))

describe.each(generations)("a terminal of the embedded daemon, generation %s", (generation) => {
  it.live("shows everything from the first prompt to the exit", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const terminal = yield* pty.scoped({ env: { PS1: "first-prompt> ", GREETING: "hello" } })
      yield* terminal.send(`echo "$GREETING-$TERM"; ${lastly(generation, "exit 3")}\n`)
      const text = yield* Stream.mkString(terminal.outputText)
      expect(text).toContain("hello-xterm-256color")
      expect(yield* terminal.exit).toEqual({ exitCode: 3, reason: "non-zero exit" })
      expect((yield* Effect.flip(terminal.send("more")))._tag).toBe("PtyEnded")
      expect((yield* Effect.flip(pty.get(terminal.id)))._tag).toBe("NotFound")
      expect(yield* pty.list).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("delivers a long output completely, and accepts a long input", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const terminal = yield* pty.scoped()
      yield* terminal.send(
        `stty -echo raw; head -c 200000 | wc -c; stty sane; seq 1 30000; ${lastly(generation, "exit")}\n`
      )
      // Input that arrives before the terminal is raw goes through the line editor, which limits the length of lines.
      yield* terminal.send(`${"x".repeat(99)}\n`.repeat(2000))
      const text = yield* Stream.mkString(terminal.outputText)
      const numbers = text.split(/\r?\n/).filter((line) => /^\d+$/.test(line))
      expect(numbers.slice(-30000)).toEqual(Array.from({ length: 30000 }, (_, index) => `${index + 1}`))
      expect(text).toContain("200000")
      expect(yield* terminal.exit).toEqual({ exitCode: 0 })
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("may lose its last output with the older daemon, unless the shell waits after it", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const outputOf = (script: string) =>
        Effect.gen(function* () {
          const terminal = yield* pty.scoped()
          yield* terminal.send(script)
          return yield* Stream.mkString(terminal.outputText)
        }).pipe(Effect.scoped)
      // The command line is echoed, so what it prints is typed in two parts.
      expect(yield* outputOf(`echo la""st; sleep 1; exit\n`)).toContain("last")
      const atOnce = Effect.map(outputOf(`seq 1 20000; echo la""st; exit\n`), (text) => text.includes("last"))
      if (generation === "0.190") yield* Effect.repeat(atOnce, { until: (arrived) => !arrived })
      else expect(yield* atOnce).toBe(true)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("can be awaited without a consumer of its output", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const terminal = yield* pty.scoped()
      yield* terminal.send("seq 1 100000; exit 7\n")
      expect((yield* terminal.exit).exitCode).toBe(7)
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("has the size that it was created with, and can be resized", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const terminal = yield* pty.scoped({ size: { columns: 111, rows: 33 } })
      yield* terminal.send("stty size\n")
      yield* until(terminal.outputText, "33 111")
      expect(yield* terminal.resize({ columns: 99, rows: 22 })).toMatchObject({ columns: 99, rows: 22, active: true })
      yield* terminal.send("stty size\n")
      yield* until(terminal.outputText, "22 99")
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("is killed on demand, and with its scope", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      yield* Effect.scoped(
        Effect.gen(function* () {
          const terminal = yield* pty.scoped({ id: "one" })
          yield* sayAndHear(terminal, "ready")
          yield* terminal.kill
          expect(yield* terminal.exit).toEqual({ exitCode: 137, reason: "SIGKILL" })
          yield* terminal.kill
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* pty.scoped({ id: "two" })
          expect(yield* pty.list).toMatchObject([{ id: "two", active: true }])
        })
      )
      expect(yield* pty.list).toEqual([])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("outlives its connections, and sends its output to all of them", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const id = yield* pty.createScoped({ id: "shared shell" })
      expect(yield* pty.get(id)).toMatchObject({ active: false, lazyStart: true })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const terminal = yield* pty.attach(id)
          yield* terminal.send("STATE=kept\n")
          yield* sayAndHear(terminal, "set")
        })
      )
      const [one, two] = yield* Effect.zip(pty.attach(id), pty.attach(id))
      yield* one.send(`echo "=$STATE="; ${lastly(generation, "exit")}\n`)
      const texts = yield* Effect.all([Stream.mkString(one.outputText), Stream.mkString(two.outputText)], {
        concurrency: "unbounded"
      })
      for (const text of texts) expect(text).toContain("=kept=")
      expect(yield* two.exit).toEqual({ exitCode: 0 })
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("that does not exist is NotFound, and one that exists already Conflict", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const nobody = PtyId.make("nobody")
      expect((yield* Effect.flip(pty.attach(nobody)))._tag).toBe("NotFound")
      expect((yield* Effect.flip(pty.kill(nobody)))._tag).toBe("NotFound")
      expect((yield* Effect.flip(pty.resize(nobody, { columns: 80, rows: 24 })))._tag).toBe("Gone")
      const id = yield* pty.createScoped({ id: "mine" })
      expect((yield* Effect.flip(pty.create({ id: "mine" })))._tag).toBe("Conflict")
      expect((yield* Effect.flip(pty.resize(id, { columns: 80, rows: 24 })))._tag).toBe("ServerError")
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("whose directory is missing is PtyNotStarted", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const error = yield* Effect.flip(Effect.scoped(pty.scoped({ cwd: "no/such/directory" })))
      expect(error._tag).toBe("PtyNotStarted")
      expect(yield* pty.list).toEqual([])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("is detached when the connection is lost, and can be reattached", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const id = yield* pty.createScoped()
      yield* inject({ path: connect, fault: Fault.cutSocket(100) })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const terminal = yield* pty.attach(id)
          yield* terminal.send("seq 1 1000\n")
          const error = yield* Effect.flip(Stream.runDrain(terminal.output))
          expect(error).toMatchObject({ _tag: "PtyDetached", reason: "lost", closeCode: 1006 })
        })
      )
      const again = yield* pty.attach(id)
      yield* sayAndHear(again, "alive")
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("reattaches by itself when it is persistent", () =>
    Effect.gen(function* () {
      const pty = yield* Pty
      const id = yield* pty.createScoped()
      yield* inject({ path: connect, fault: Fault.cutSocket(300) })
      yield* inject({
        path: connect,
        fault: Fault.closeSocket({ afterBytes: 300, code: 1008, reason: "slow consumer" })
      })
      const terminal = yield* pty.attachPersistently(id, { schedule: Schedule.spaced("50 millis") })
      const marks: Array<string> = []
      const text = terminal.output.pipe(
        Stream.map((event) => {
          if (event._tag === "Reattached") marks.push(event.cause.reason)
          return event._tag === "Output" ? Buffer.from(event.bytes).toString() : ""
        })
      )
      // Input may be lost with a connection: it is sent until there is a reaction.
      yield* Effect.ignore(terminal.send("seq 1 5 500\n")).pipe(
        Effect.repeat(Schedule.spaced("100 millis")),
        Effect.raceFirst(Stream.runDrain(Stream.takeUntil(text, () => marks.length === 2)))
      )
      expect(marks).toEqual(["lost", "slowConsumer"])
      yield* terminal.send("exit 4\n")
      expect((yield* terminal.exit).exitCode).toBe(4)
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  const transports = [
    ["npm ws", NodeTransport.layer],
    ["the platform", Layer.merge(FetchHttpClient.layer, Layer.scopedDiscard(platformWebSocket))]
  ] as const
  for (const [name, transport] of transports) {
    it.live(`works over the web sockets of ${name}`, () =>
      Effect.gen(function* () {
        const pty = yield* Pty
        const terminal = yield* pty.scoped()
        yield* terminal.send(`seq 1 20000; ${lastly(generation, "exit 5")}\n`)
        const text = yield* Stream.mkString(terminal.outputText)
        expect(text).toContain("\r\n20000\r\n")
        expect(yield* terminal.exit).toMatchObject({ exitCode: 5 })
        expect((yield* Effect.flip(pty.attach(terminal.id)))._tag).toBe("NotFound")
      }).pipe(Effect.scoped, Effect.provide(Layer.provide(Pty.layer, embeddedToolboxOver(transport, { generation }))))
    )
  }
})
