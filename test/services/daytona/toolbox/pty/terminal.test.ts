import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Pty } from "../../../../../src/services/daytona/toolbox/pty/Pty.js"
import { control, frames, lost, type Step } from "../../../../support/scriptedWebSockets.js"
import { bytes, connected, exitReason, id, overSockets, ptyOver } from "./support.js"

const attach = Effect.flatMap(Pty, (pty) => pty.attach(id))

/** All output as text, and how the stream ended. */
const readAll = (output: Stream.Stream<Uint8Array, { readonly _tag: string }>) =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    return Stream.runForEach(output, (part) => Effect.sync(() => parts.push(part))).pipe(
      Effect.either,
      Effect.map((end) => ({ bytes: Buffer.concat(parts), text: Buffer.concat(parts).toString(), end }))
    )
  })

const exitsWith = (code: number, reason: string, ...before: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const terminal = yield* attach
    const { text } = yield* readAll(terminal.output)
    return { text, exit: yield* terminal.exit }
  }).pipe(Effect.scoped, overSockets([frames(connected), ...before, { close: code, reason }]))

describe("attaching to a terminal", () => {
  it.scoped("offers the version before the exit control, at the encoded path", () =>
    Effect.gen(function* () {
      const { handshakes, layer } = ptyOver([[frames(connected)]])
      yield* Effect.provide(attach, layer)
      expect(handshakes[0]?.protocols).toEqual([
        expect.stringMatching(/^X-Daytona-SDK-Version~\d/),
        "X-Daytona-Pty-Exit-Control"
      ])
      expect(handshakes[0]?.url).toBe("ws://daytona.test/toolbox/box/process/pty/term%201/connect")
    })
  )

  it.scoped("keeps output that arrives before the confirmation", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect((yield* readAll(terminal.output)).text).toBe("$ ls\n")
    }).pipe(overSockets([frames(bytes("$ "), connected, bytes("ls\n")), { close: 1000, reason: exitReason(0) }]))
  )

  for (const problem of [
    "PTY session term 1 not found",
    "PTY session 'term 1' has terminated and is no longer available"
  ]) {
    it.effect(`fails with NotFound when the daemon says "${problem}"`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.scoped(attach))
        expect(error).toMatchObject({ _tag: "NotFound", detail: expect.stringContaining(problem), admitted: "no" })
      }).pipe(
        overSockets([frames(control({ status: "error", error: `Failed to connect to PTY session: ${problem}` })), lost])
      )
    )
  }

  it.effect("fails with NotFound when a newer daemon refuses the handshake with 404", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(Effect.scoped(attach)))._tag).toBe("NotFound")
    }).pipe(overSockets({ status: 404, body: '{"error":"PTY session not found"}' }))
  )

  it.effect("fails with PtyNotStarted when the shell cannot be started", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(attach))
      expect(error).toMatchObject({ _tag: "PtyNotStarted", ptyId: "term 1", sandboxId: "box" })
      expect(error.message).toContain("no such file or directory")
    }).pipe(
      overSockets([
        frames(
          control({
            status: "error",
            error:
              "Failed to connect to PTY session: failed to start PTY session: chdir /nope: no such file or directory"
          })
        ),
        lost
      ])
    )
  )

  it.effect("fails with PtyDetached when the connection is lost before the first message", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(attach))
      expect(error).toMatchObject({ _tag: "PtyDetached", reason: "lost", closeCode: 1006, retryable: true })
    }).pipe(overSockets([lost]))
  )

  it.effect("fails with Timeout when the daemon sends nothing, and closes the connection", () =>
    Effect.gen(function* () {
      const { layer, open } = ptyOver([[]])
      const fiber = yield* Effect.fork(Effect.flip(Effect.scoped(Effect.provide(attach, layer))))
      yield* TestClock.adjust("31 seconds")
      expect((yield* Fiber.join(fiber))._tag).toBe("Timeout")
      expect(open()).toBe(0)
    })
  )

  it.effect("closes the connection when it is interrupted", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const { layer, open } = ptyOver([
        [{ until: Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never) }]
      ])
      const fiber = yield* Effect.fork(Effect.scoped(Effect.provide(attach, layer)))
      yield* Deferred.await(reached)
      expect(open()).toBe(1)
      yield* Fiber.interrupt(fiber)
      expect(open()).toBe(0)
    })
  )
})

describe("the end of a terminal", () => {
  it.effect("is read from the close reason of an older daemon, whatever the code", () =>
    Effect.gen(function* () {
      expect(yield* exitsWith(1000, '{"exitCode":0}')).toEqual({ text: "", exit: { exitCode: 0 } })
      expect((yield* exitsWith(1011, '{"exitCode":2,"exitReason":"non-zero exit"}')).exit).toEqual({
        exitCode: 2,
        reason: "non-zero exit"
      })
      expect((yield* exitsWith(1011, '{"exitCode":-1,"exitReason":"non-zero exit"}')).exit.exitCode).toBe(-1)
      expect((yield* exitsWith(4000, '{"exitCode":137,"exitReason":"SIGKILL"}')).exit.reason).toBe("SIGKILL")
    })
  )

  it.effect("is read from a message of a newer daemon, and later output is delivered", () =>
    Effect.gen(function* () {
      const exited = control({ status: "exited", exitCode: 3, exitReason: "non-zero exit" })
      expect(yield* exitsWith(1006, "", frames(bytes("a"), exited, bytes("b")), frames(bytes("c")))).toEqual({
        text: "abc",
        exit: { exitCode: 3, reason: "non-zero exit" }
      })
    })
  )

  it.scoped("is known as soon as a newer daemon reports it, before the connection closes", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect(yield* terminal.exit).toEqual({ exitCode: 0 })
      expect(yield* terminal.exit).toEqual({ exitCode: 0 })
    }).pipe(overSockets([frames(connected, control({ status: "exited", exitCode: 0 }))]))
  )

  it.effect("may arrive before the confirmation", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect(yield* terminal.exit).toEqual({ exitCode: 127, reason: "non-zero exit" })
    }).pipe(Effect.scoped, overSockets([{ close: 1011, reason: exitReason(127, "non-zero exit") }]))
  )

  for (const [code, reason, expected] of [
    [1006, "", "lost"],
    [1000, "", "lost"],
    [1005, "", "lost"],
    [1008, "slow consumer", "slowConsumer"],
    [1001, "", "serverGone"],
    [1011, "PTY session unavailable", "serverGone"],
    [1011, '{"exitCode":"?"}', "serverGone"]
  ] as const) {
    it.scoped(`is unknown when the connection closes with ${code} "${reason}"`, () =>
      Effect.gen(function* () {
        const terminal = yield* attach
        const { end, text } = yield* readAll(terminal.output)
        expect(text).toBe("before")
        expect(end).toMatchObject({
          _tag: "Left",
          left: { _tag: "PtyDetached", reason: expected, closeCode: code, closeReason: reason, retryable: true }
        })
        expect(yield* Effect.flip(terminal.exit)).toMatchObject({ _tag: "PtyDetached", reason: expected })
        expect(yield* Effect.flip(terminal.send("x"))).toMatchObject({ _tag: "PtyDetached", reason: expected })
      }).pipe(overSockets([frames(connected, bytes("before")), { close: code, reason }]))
    )
  }

  it.scoped("does not hide that a slow consumer lost output", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect(yield* terminal.exit).toEqual({ exitCode: 0 })
      expect((yield* readAll(terminal.output)).end).toMatchObject({ left: { reason: "slowConsumer" } })
    }).pipe(
      overSockets([
        frames(connected, control({ status: "exited", exitCode: 0 })),
        { close: 1008, reason: "slow consumer" }
      ])
    )
  )

  it.effect("is `left` for who still waits when the scope closes", () =>
    Effect.gen(function* () {
      const { layer, open } = ptyOver([[frames(connected)]])
      const scope = yield* Scope.make()
      const terminal = yield* attach.pipe(Scope.extend(scope), Effect.provide(layer))
      const waits = yield* Effect.fork(Effect.flip(terminal.exit))
      const reads = yield* Effect.fork(Effect.flip(Stream.runDrain(terminal.output)))
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(waits)).toMatchObject({ _tag: "PtyDetached", reason: "left", retryable: false })
      expect(yield* Fiber.join(reads)).toMatchObject({ _tag: "PtyDetached", reason: "left" })
      expect(open()).toBe(0)
    })
  )
})

describe("the output of a terminal", () => {
  it.scoped("is read with backpressure", () =>
    Effect.gen(function* () {
      let produced = 0
      const many = Array.from(
        { length: 1000 },
        (): ReadonlyArray<Step> => [{ until: Effect.sync(() => produced++) }, frames(bytes("x"))]
      ).flat()
      const { layer } = ptyOver([[frames(connected), ...many, { close: 1000, reason: exitReason(0) }]])
      const terminal = yield* Effect.provide(attach, layer)
      yield* Stream.runDrain(Stream.take(terminal.output, 10))
      yield* Effect.yieldNow().pipe(Effect.repeatN(5000))
      expect(produced).toBeGreaterThan(10)
      expect(produced).toBeLessThan(200)
      const { end, text } = yield* readAll(terminal.output)
      expect(text).toHaveLength(990)
      expect(end._tag).toBe("Right")
      expect(produced).toBe(1000)
    })
  )

  it.scoped("continues where the last consumer stopped", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      const first = yield* Stream.runCollect(Stream.take(terminal.outputText, 2))
      expect(Chunk.toReadonlyArray(first)).toEqual(["a", "b"])
      expect((yield* readAll(terminal.output)).text).toBe("cd")
      expect((yield* readAll(terminal.output)).text).toBe("")
    }).pipe(
      overSockets([
        frames(connected, bytes("a"), bytes("b"), bytes("c"), bytes("d")),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.scoped("does not delay the exit: without a consumer, the latest part is kept", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect(yield* terminal.exit).toEqual({ exitCode: 0 })
      const { end, text } = yield* readAll(terminal.output)
      expect(end._tag).toBe("Right")
      expect(text.endsWith("998,999,")).toBe(true)
      expect(text.split(",").length - 1).toBeGreaterThanOrEqual(127)
      expect(text.split(",").length - 1).toBeLessThanOrEqual(129)
    }).pipe(
      overSockets([
        frames(connected, ...Array.from({ length: 1000 }, (_, index) => bytes(`${index},`))),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.scoped("reaches its consumer completely while another fiber waits for the exit", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      const { output, exit } = yield* Effect.all(
        { output: readAll(terminal.output), exit: terminal.exit },
        { concurrency: "unbounded" }
      )
      expect(output.text).toHaveLength(5000)
      expect(exit).toEqual({ exitCode: 0 })
    }).pipe(
      overSockets([
        frames(connected, ...Array.from({ length: 5000 }, () => bytes("x"))),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.scoped("is text in whole characters, however they were cut", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect(yield* Stream.mkString(terminal.outputText)).toBe("naïve 🙂 €")
    }).pipe(
      overSockets([
        frames(connected, ...Array.from(bytes("naïve 🙂 €"), (byte) => Uint8Array.of(byte))),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.scoped("is text in whole characters also across consumers", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      const first = yield* Stream.mkString(Stream.take(terminal.outputText, 2))
      expect(first + (yield* Stream.mkString(terminal.outputText))).toBe("€ 🙂")
    }).pipe(
      overSockets([
        frames(connected, ...Array.from(bytes("€ 🙂"), (byte) => Uint8Array.of(byte))),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.scoped("keeps what looks like a control message, and skips unknown control messages", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      expect((yield* readAll(terminal.output)).text).toBe(`${connected}plain text`)
    }).pipe(
      overSockets([
        frames(connected, bytes(connected), control({ status: "resized" }), '{"type":"title"}', "plain text"),
        { close: 1000, reason: exitReason(0) }
      ])
    )
  )

  it.effect.prop(
    "is what was sent, byte for byte, wherever control messages stand between",
    [
      FastCheck.array(
        FastCheck.oneof(
          FastCheck.uint8Array({ maxLength: 64 }),
          FastCheck.constantFrom(connected, control({ status: "unheard of" }))
        ),
        { maxLength: 300 }
      ),
      FastCheck.array(FastCheck.integer({ min: 1, max: 20 }), { maxLength: 30 }),
      FastCheck.boolean(),
      FastCheck.integer({ min: -1, max: 255 })
    ],
    ([messages, sizes, tells, exitCode]) =>
      Effect.gen(function* () {
        const steps: Array<Step> = []
        const left = [connected, ...messages]
        for (const size of sizes) steps.push(frames(...left.splice(0, size)))
        steps.push(frames(...left))
        if (tells) steps.splice(steps.length >> 1, 0, frames(control({ status: "exited", exitCode })))
        const closing: Step = tells ? lost : { close: exitCode === 0 ? 1000 : 1011, reason: exitReason(exitCode) }
        const [read, exit] = yield* Effect.flatMap(attach, (terminal) =>
          Effect.zip(readAll(terminal.output), terminal.exit)
        ).pipe(Effect.scoped, overSockets([...steps, closing]))
        const sent = Buffer.concat(messages.filter((message) => typeof message !== "string"))
        expect(read.bytes.equals(sent)).toBe(true)
        expect(read.end._tag).toBe("Right")
        expect(exit.exitCode).toBe(exitCode)
      }),
    { fastCheck: { numRuns: 50 } }
  )
})

describe("the input of a terminal", () => {
  it.scoped("is sent unchanged, in messages below 64 KiB", () =>
    Effect.gen(function* () {
      const { layer, sent } = ptyOver([[frames(connected)]])
      const terminal = yield* Effect.provide(attach, layer)
      const long = "é".repeat(100_000)
      yield* terminal.send(long)
      yield* terminal.send(Uint8Array.of(3, 255))
      yield* terminal.send("")
      yield* Stream.run(Stream.make<Array<string | Uint8Array>>("ls\n", bytes("exit\n")), terminal.input)
      const messages = (sent[0] ?? []).map((message) => Buffer.from(message))
      expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(32 * 1024)
      expect(Buffer.concat(messages)).toEqual(
        Buffer.concat([Buffer.from(long), Buffer.of(3, 255), Buffer.from("ls\nexit\n")])
      )
    })
  )

  it.scoped("of one call is not interleaved with that of another", () =>
    Effect.gen(function* () {
      const { layer, sent } = ptyOver([[frames(connected)]])
      const terminal = yield* Effect.provide(attach, layer)
      const [a, b] = ["a".repeat(200_000), "b".repeat(200_000)]
      yield* Effect.all([terminal.send(a), terminal.send(b)], { concurrency: "unbounded" })
      expect([a + b, b + a]).toContain(Buffer.concat((sent[0] ?? []).map((message) => Buffer.from(message))).toString())
    })
  )

  it.scoped("is refused with PtyEnded after the end", () =>
    Effect.gen(function* () {
      const terminal = yield* attach
      yield* terminal.exit
      expect(yield* Effect.flip(terminal.send("ls\n"))).toMatchObject({
        _tag: "PtyEnded",
        exitCode: 1,
        ptyId: "term 1",
        admitted: "no"
      })
    }).pipe(overSockets([frames(connected), { close: 1011, reason: exitReason(1) }]))
  )
})
