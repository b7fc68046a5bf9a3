import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Pty } from "../../../../../src/services/daytona/toolbox/pty/Pty.js"
import type { PersistentTerminal } from "../../../../../src/services/daytona/toolbox/pty/persistentTerminal.js"
import { control, frames, lost, type SocketScript, type Step } from "../../../../support/scriptedWebSockets.js"
import { bytes, connected, exitReason, id, ptyOver } from "./support.js"

const unknown: SocketScript = [
  frames(control({ status: "error", error: "Failed to connect to PTY session: PTY session term 1 not found" })),
  lost
]

const ended: Step = { close: 1000, reason: exitReason(0) }

const attach = (schedule: Schedule.Schedule<unknown> = Schedule.recurs(5)) =>
  Effect.flatMap(Pty, (pty) => pty.attachPersistently(id, { schedule }))

/** All output, with marks as `|reason|`, and how the stream ended. */
const readAll = (terminal: PersistentTerminal) =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    return Stream.runForEach(terminal.output, (event) =>
      Effect.sync(() => parts.push(event._tag === "Output" ? event.bytes : bytes(`|${event.cause.reason}|`)))
    ).pipe(
      Effect.either,
      Effect.map((end) => ({ bytes: Buffer.concat(parts), text: Buffer.concat(parts).toString(), end }))
    )
  })

const over = (...sockets: ReadonlyArray<SocketScript>) =>
  Effect.scoped(Effect.flatMap(attach(), readAll)).pipe(Effect.provide(ptyOver(sockets).layer))

describe("a persistent terminal", () => {
  it.effect("survives lost connections, and marks where output may be missing", () =>
    Effect.gen(function* () {
      const { end, text } = yield* over(
        [frames(connected, bytes("one")), lost],
        [frames(bytes("two"), connected, bytes("three")), { close: 1008, reason: "slow consumer" }],
        [frames(connected), { close: 1001 }],
        [frames(connected, bytes("four")), ended]
      )
      expect(text).toBe("one|lost|twothree|slowConsumer||serverGone|four")
      expect(end._tag).toBe("Right")
    })
  )

  it.effect("returns the exit, whichever connection received it", () =>
    Effect.gen(function* () {
      const exit = Effect.scoped(Effect.flatMap(attach(), (terminal) => terminal.exit))
      const { layer } = ptyOver([
        [frames(connected), lost],
        [frames(connected), { close: 1011, reason: exitReason(143, "SIGTERM") }]
      ])
      expect(yield* Effect.provide(exit, layer)).toEqual({ exitCode: 143, reason: "SIGTERM" })
    })
  )

  it.effect("fails with PtyEndedUnseen when the shell has ended in the meantime", () =>
    Effect.gen(function* () {
      const { end, text } = yield* over([frames(connected, bytes("one")), lost], unknown)
      expect(text).toBe("one")
      expect(end).toMatchObject({ left: { _tag: "PtyEndedUnseen", ptyId: "term 1", retryable: false } })
    })
  )

  it.effect("fails with NotFound when the terminal did not exist in the first place", () =>
    Effect.gen(function* () {
      const { handshakes, layer } = ptyOver([unknown])
      expect((yield* Effect.flip(Effect.scoped(Effect.provide(attach(), layer))))._tag).toBe("NotFound")
      expect(handshakes).toHaveLength(1)
    })
  )

  it.effect("fails at once with an error that is not retryable", () =>
    Effect.gen(function* () {
      const { end } = yield* over([frames(connected), lost], { status: 401 })
      expect(end).toMatchObject({ left: { _tag: "Unauthorized" } })
    })
  )

  it.effect("gives up with the schedule, which starts over with every connection", () =>
    Effect.gen(function* () {
      const { handshakes, layer } = ptyOver([
        [frames(connected, bytes("one")), lost],
        [lost],
        [frames(connected, bytes("two")), lost],
        [lost],
        [lost],
        [lost]
      ])
      const { end, text } = yield* Effect.scoped(Effect.flatMap(attach(Schedule.recurs(2)), readAll)).pipe(
        Effect.provide(layer)
      )
      expect(text).toBe("one|lost|two")
      expect(end).toMatchObject({ left: { _tag: "PtyDetached", reason: "lost" } })
      expect(handshakes).toHaveLength(5)
    })
  )

  it.effect("waits before it reattaches", () =>
    Effect.gen(function* () {
      const { handshakes, layer } = ptyOver([[frames(connected), lost], [lost], [frames(connected), ended]])
      const whole = Effect.flatMap(Pty, (pty) => pty.attachPersistently(id))
      const fiber = yield* Effect.fork(Effect.scoped(Effect.flatMap(whole, readAll)).pipe(Effect.provide(layer)))
      yield* TestClock.adjust("200 millis")
      expect(handshakes).toHaveLength(1)
      yield* TestClock.adjust("50 millis")
      expect(handshakes).toHaveLength(2)
      yield* TestClock.adjust("500 millis")
      expect((yield* Fiber.join(fiber)).end._tag).toBe("Right")
      expect(handshakes).toHaveLength(3)
    })
  )

  it.scoped("delays input until it is reattached, and sends none twice", () =>
    Effect.gen(function* () {
      const cut = yield* Deferred.make<void>()
      const { layer, sent } = ptyOver([
        [frames(connected), { until: Deferred.await(cut) }, lost],
        [frames(connected), { sent: 1 }, frames(bytes("heard")), ended]
      ])
      const schedule = Schedule.spaced("1 second")
      const terminal = yield* Effect.provide(attach(schedule), layer)
      yield* terminal.send("first")
      yield* Deferred.succeed(cut, undefined)
      yield* Effect.yieldNow().pipe(Effect.repeatN(100))
      const second = yield* Effect.fork(terminal.send("second"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(second)
      expect((yield* readAll(terminal)).text).toBe("|lost|heard")
      expect(sent.map((messages) => messages.map((message) => Buffer.from(message).toString()))).toEqual([
        ["first"],
        ["second"]
      ])
      expect(yield* Effect.flip(terminal.send("third"))).toMatchObject({ _tag: "PtyEnded", exitCode: 0 })
    })
  )

  it.effect("leaves no connection behind, and is `left` for who holds it", () =>
    Effect.gen(function* () {
      const { layer, open } = ptyOver([[frames(connected), lost], [frames(connected)]])
      const terminal = yield* Effect.scoped(
        Effect.tap(attach(), (terminal) => Stream.runDrain(Stream.take(terminal.output, 1)))
      ).pipe(Effect.provide(layer))
      expect(open()).toBe(0)
      expect(yield* Effect.flip(terminal.exit)).toMatchObject({ _tag: "PtyDetached", reason: "left" })
      expect(yield* Effect.flip(terminal.send("x"))).toMatchObject({ _tag: "PtyDetached", reason: "left" })
    })
  )

  const piece = FastCheck.uint8Array({ minLength: 1, maxLength: 200 })

  it.effect.prop(
    "delivers of each connection what was sent on it, wherever they were cut",
    [FastCheck.array(FastCheck.array(piece, { maxLength: 20 }), { minLength: 1, maxLength: 8 }), FastCheck.nat()],
    ([connections, place]) =>
      Effect.gen(function* () {
        const scripts = connections.map((pieces, index): SocketScript => {
          const messages = [...pieces.slice(0, place % (pieces.length + 1)), connected, ...pieces]
          return [frames(...messages), index === connections.length - 1 ? ended : lost]
        })
        const { bytes: all, end } = yield* over(...scripts)
        const sent = scripts.map((script) =>
          Buffer.concat(
            (Array.isArray(script) ? script : []).flatMap((step: Step) =>
              "messages" in step ? step.messages.filter((message) => typeof message !== "string") : []
            )
          )
        )
        const expected = sent.flatMap((each, index) => (index === 0 ? [each] : [bytes("|lost|"), each]))
        expect(all.equals(Buffer.concat(expected))).toBe(true)
        expect(end._tag).toBe("Right")
      }),
    { fastCheck: { numRuns: 50 } }
  )
})
