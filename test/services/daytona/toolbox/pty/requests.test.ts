import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Pty } from "../../../../../src/services/daytona/toolbox/pty/Pty.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { control, frames, lost } from "../../../../support/scriptedWebSockets.js"
import { connected, id, ptyOver } from "./support.js"

const made = json({ sessionId: "x" }, 201)
const killed = json({ message: "PTY session deleted" })
const problem = (status: number, error: string): Answer => json({ error }, status)

const info = {
  id: "term 1",
  cwd: "/home/daytona",
  envs: { KEY: "hush-hush" },
  cols: 80,
  rows: 24,
  createdAt: "2026-06-01T00:00:00Z",
  active: true,
  lazyStart: true
}

const use = <A, E, R>(run: (pty: Pty.Service) => Effect.Effect<A, E, R>) => Effect.flatMap(Pty, run)

describe("creating a terminal", () => {
  it.effect("is lazy, so that the first prompt is not lost", () =>
    Effect.gen(function* () {
      const { bodies, layer, lines } = ptyOver([], made)
      const options = {
        id: "term 1",
        cwd: "app",
        env: { A: "1", B: Redacted.make("2") },
        size: { columns: 120, rows: 40 }
      }
      expect(
        yield* Effect.provide(
          use((pty) => pty.create(options)),
          layer
        )
      ).toBe("term 1")
      expect(lines()).toEqual(["POST /process/pty"])
      expect(bodies()).toEqual([
        { id: "term 1", cwd: "app", envs: { A: "1", B: "2" }, cols: 120, rows: 40, lazyStart: true }
      ])
    })
  )

  it.effect("leaves the size to the daemon and generates a name by default", () =>
    Effect.gen(function* () {
      const { bodies, layer } = ptyOver([], made)
      const [first, second] = yield* Effect.provide(
        use((pty) => Effect.zip(pty.create(), pty.create())),
        layer
      )
      expect(first).not.toBe(second)
      expect(bodies()).toEqual([
        { id: first, lazyStart: true },
        { id: second, lazyStart: true }
      ])
    })
  )

  it.effect("refuses invalid options, and sends nothing", () =>
    Effect.gen(function* () {
      const { asked, layer } = ptyOver([], made)
      const refused = [
        [{ size: { columns: 0, rows: 24 } }, "columns"],
        [{ size: { columns: 80, rows: 1001 } }, "rows"],
        [{ size: { columns: 80.5, rows: 24 } }, "columns"],
        [{ env: { "NOT A NAME": "x" } }, "env.NOT A NAME"],
        [{ cwd: "" }, "cwd"],
        [{ cwd: "~/app" }, "cwd"],
        [{ id: "" }, "id"],
        [{ id: ".." }, "id"],
        [{ id: "a/b" }, "id"]
      ] as const
      for (const [options, field] of refused) {
        const error = yield* Effect.flip(
          Effect.provide(
            use((pty) => pty.create(options)),
            layer
          )
        )
        expect(error).toMatchObject({ _tag: "InvalidRequest", field, operation: "Pty.create" })
      }
      expect(asked).toEqual([])
    })
  )

  it.effect("fails with Conflict when the name is taken", () =>
    Effect.gen(function* () {
      const { layer } = ptyOver([], problem(409, "PTY session with ID 'a' already exists"))
      const error = yield* Effect.flip(
        Effect.provide(
          use((pty) => pty.create({ id: "a" })),
          layer
        )
      )
      expect(error).toMatchObject({
        _tag: "Conflict",
        admitted: "no",
        detail: expect.stringContaining("already exists")
      })
    })
  )

  it.effect("takes an existing terminal for its own after a retry with a generated name", () =>
    Effect.gen(function* () {
      const { layer, lines } = ptyOver([], { status: 502 }, problem(409, "PTY session already exists"))
      const fiber = yield* Effect.fork(
        Effect.provide(
          use((pty) => pty.create()),
          layer
        )
      )
      yield* TestClock.adjust("10 seconds")
      expect(Exit.isSuccess(yield* Fiber.await(fiber))).toBe(true)
      expect(lines()).toHaveLength(2)
    })
  )
})

describe("a scoped terminal", () => {
  it.effect("is created, attached to, and killed with the scope", () =>
    Effect.gen(function* () {
      const { handshakes, layer, lines, open } = ptyOver([[frames(connected)]], made, killed)
      yield* Effect.scoped(
        use((pty) => pty.scoped({ id: "term 1" })).pipe(Effect.tap(() => expect(open()).toBe(1)))
      ).pipe(Effect.provide(layer))
      expect(handshakes).toHaveLength(1)
      expect(open()).toBe(0)
      expect(lines()).toEqual(["POST /process/pty", "DELETE /process/pty/term%201"])
    })
  )

  it.effect("is killed when it cannot be attached to", () =>
    Effect.gen(function* () {
      const { layer, lines } = ptyOver(
        [
          [
            frames(control({ status: "error", error: "Failed to connect to PTY session: failed to start: chdir" })),
            lost
          ]
        ],
        made,
        killed
      )
      const error = yield* Effect.flip(Effect.scoped(use((pty) => pty.scoped({ id: "a" }))).pipe(Effect.provide(layer)))
      expect(error._tag).toBe("PtyNotStarted")
      expect(lines()).toEqual(["POST /process/pty", "DELETE /process/pty/a"])
    })
  )

  for (const status of [404, 410]) {
    it.effect(`is content when it has ended by then, with ${status}`, () =>
      Effect.gen(function* () {
        const { layer, lines } = ptyOver([], made, problem(status, "PTY session not found"))
        yield* Effect.scoped(use((pty) => pty.createScoped({ id: "a" }))).pipe(Effect.provide(layer))
        expect(lines()).toEqual(["POST /process/pty", "DELETE /process/pty/a"])
      })
    )
  }

  it.effect("is not killed when the name was taken", () =>
    Effect.gen(function* () {
      const { layer, lines } = ptyOver([], problem(409, "PTY session with ID 'a' already exists"))
      yield* Effect.flip(Effect.scoped(use((pty) => pty.createScoped({ id: "a" })))).pipe(Effect.provide(layer))
      expect(lines()).toEqual(["POST /process/pty"])
    })
  )

  it.effect("is killed when its creation was interrupted", () =>
    Effect.gen(function* () {
      const { asked, layer, lines } = ptyOver([], "never", killed)
      const fiber = yield* Effect.fork(Effect.scoped(use((pty) => pty.createScoped())).pipe(Effect.provide(layer)))
      yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => asked.length > 0 }))
      yield* Fiber.interrupt(fiber)
      expect(lines()).toEqual([
        "POST /process/pty",
        expect.stringMatching(/^DELETE \/process\/pty\/effect-sandboxes-[0-9a-f]{32}$/)
      ])
    })
  )

  it.effect("that may belong to another program is killed only if it was never attached to", () =>
    Effect.gen(function* () {
      const uncertain = (active: boolean) =>
        Effect.gen(function* () {
          const { layer, lines } = ptyOver([], { status: 502 }, json({ ...info, active }), killed)
          yield* Effect.flip(Effect.scoped(use((pty) => pty.createScoped({ id: "a" })))).pipe(Effect.provide(layer))
          return lines()
        })
      expect(yield* uncertain(true)).toEqual(["POST /process/pty", "GET /process/pty/a"])
      expect(yield* uncertain(false)).toEqual(["POST /process/pty", "GET /process/pty/a", "DELETE /process/pty/a"])
    })
  )
})

describe("managing terminals", () => {
  it.effect("lists them, also when the daemon says `null`", () =>
    Effect.gen(function* () {
      const { layer } = ptyOver([], json({ sessions: [info] }), json({ sessions: null }))
      const [some, none] = yield* Effect.provide(
        use((pty) => Effect.zip(pty.list, pty.list)),
        layer
      )
      expect(some).toEqual([
        {
          id: "term 1",
          cwd: "/home/daytona",
          env: { KEY: Redacted.make("hush-hush") },
          columns: 80,
          rows: 24,
          createdAt: "2026-06-01T00:00:00Z",
          active: true,
          lazyStart: true
        }
      ])
      expect(inspect(some, { depth: 9 })).not.toContain("hush-hush")
      expect(none).toEqual([])
    })
  )

  it.effect("quotes no environment in an error", () =>
    Effect.gen(function* () {
      const { layer } = ptyOver([], json({ ...info, cols: "hush-hush" }))
      const error = yield* Effect.flip(
        Effect.provide(
          use((pty) => pty.get(id)),
          layer
        )
      )
      expect(error._tag).toBe("InvalidResponse")
      expect(inspect(error, { depth: 9 })).not.toContain("hush-hush")
    })
  )

  it.effect("resizes one", () =>
    Effect.gen(function* () {
      const { bodies, layer, lines } = ptyOver([], json({ ...info, cols: 132, rows: 50 }))
      const resized = yield* Effect.provide(
        use((pty) => pty.resize(id, { columns: 132, rows: 50 })),
        layer
      )
      expect(resized).toMatchObject({ columns: 132, rows: 50 })
      expect(lines()).toEqual(["POST /process/pty/term%201/resize"])
      expect(bodies()).toEqual([{ cols: 132, rows: 50 }])
    })
  )

  it.effect("fails with Gone when the shell has ended, and with ServerError when it has not started", () =>
    Effect.gen(function* () {
      const { layer } = ptyOver(
        [],
        problem(410, "PTY session a not found"),
        problem(500, "cannot resize inactive PTY session")
      )
      const fails = Effect.provide(
        use((pty) => Effect.flip(pty.resize(id, { columns: 80, rows: 24 }))),
        layer
      )
      expect((yield* fails)._tag).toBe("Gone")
      expect((yield* fails)._tag).toBe("ServerError")
    })
  )

  it.effect("refuses sizes without any cells", () =>
    Effect.gen(function* () {
      const { asked, layer } = ptyOver([], json(info))
      const error = yield* Effect.flip(
        Effect.provide(
          use((pty) => pty.resize(id, { columns: 80, rows: 0 })),
          layer
        )
      )
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "rows" })
      expect(asked).toEqual([])
    })
  )

  it.effect("kills one, and fails with NotFound when it had ended", () =>
    Effect.gen(function* () {
      const { layer, lines } = ptyOver([], killed, problem(404, "PTY session not found"))
      yield* Effect.provide(
        use((pty) => pty.kill(id)),
        layer
      )
      expect(
        (yield* Effect.flip(
          Effect.provide(
            use((pty) => pty.kill(id)),
            layer
          )
        ))._tag
      ).toBe("NotFound")
      expect(lines()).toEqual(["DELETE /process/pty/term%201", "DELETE /process/pty/term%201"])
    })
  )

  it.scoped("kills an attached one, also when it has ended", () =>
    Effect.gen(function* () {
      const { layer, lines } = ptyOver([[frames(connected)]], problem(404, "PTY session not found"))
      const terminal = yield* Effect.provide(
        use((pty) => pty.attach(id)),
        layer
      )
      yield* terminal.kill
      expect(lines()).toEqual(["DELETE /process/pty/term%201"])
    })
  )
})
