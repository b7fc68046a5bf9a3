/** A conversation whose runs are lost, and closing it. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { EmbeddedStromboli, Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import * as Session from "../../../../src/services/stromboli/sessions/Session.js"
import { Sessions } from "../../../../src/services/stromboli/sessions/Sessions.js"
import { inject, lines, requests, type Setup, services, within } from "../../../support/embedded.js"

/** Replies with what it remembers: nothing, unless the conversation is resumed. */
const remembering: Run = ({ history, prompt, resume }) =>
  Script.says(...(resume ? history.filter(({ role }) => role === "user").map(({ text }) => text) : []), prompt)

const over = (setup: Setup = {}) =>
  Effect.provide(services({ run: remembering, ...setup, client: { retry: false, ...setup.client } }))

const Sent = Schema.parseJson(
  Schema.Struct({ claude: Schema.Struct({ session_id: Schema.String, resume: Schema.optional(Schema.Boolean) }) })
)

/** The session of each run that was sent, and whether it was resumed. */
const turns = Effect.flatMap(requests, (all) =>
  Effect.forEach(
    all.filter(({ path }) => path === "/run"),
    ({ body }) =>
      Effect.map(Schema.decode(Sent)(body), ({ claude }) => [claude.session_id, claude.resume === true] as const)
  )
)

describe("a conversation whose first run was lost", () => {
  const lost = (fault: Fault.Fault) =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* inject({ path: "/run", fault })
      yield* Effect.flip(session.run({ prompt: "My name is Alice." }))
      const { output } = yield* session.run({ prompt: "Well?" })
      yield* session.run({ prompt: "Again?" })
      return { session, output }
    })

  it.scoped("is resumed if the server knows the session", () =>
    Effect.gen(function* () {
      const { output, session } = yield* lost(Fault.resetAfterRequest)
      expect(output).toBe("My name is Alice.\nWell?")
      expect(yield* turns).toEqual([
        [session.id, false],
        [session.id, true],
        [session.id, true]
      ])
      expect(yield* lines).toEqual(["POST /run", `GET /sessions/${session.id}/messages`, "POST /run", "POST /run"])
    }).pipe(over())
  )

  it.scoped("starts again under the same id if the server does not know the session", () =>
    Effect.gen(function* () {
      const { output, session } = yield* lost(Fault.status(502))
      expect(output).toBe("Well?")
      expect(yield* turns).toEqual([
        [session.id, false],
        [session.id, false],
        [session.id, true]
      ])
      expect(yield* lines).toEqual(["POST /run", `GET /sessions/${session.id}/messages`, "POST /run", "POST /run"])
    }).pipe(over())
  )

  it.scoped("is resumed in a compose project, which hides it from the server, because Claude says that it exists", () =>
    Effect.gen(function* () {
      const podman = { environment: { type: "compose", path: "/c.yml", service: "app" } } as const
      const session = yield* Session.make()
      yield* inject({ path: "/run", fault: Fault.resetAfterRequest })
      yield* Effect.flip(session.run({ prompt: "My name is Alice.", podman }))
      expect((yield* session.run({ prompt: "Well?", podman })).output).toBe("My name is Alice.\nWell?")
      yield* session.run({ prompt: "Again?", podman })
      expect(yield* turns).toEqual([
        [session.id, false],
        [session.id, false],
        [session.id, true],
        [session.id, true]
      ])
    }).pipe(over())
  )

  it.scoped("looks the session up after an interruption, too", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const run: Run = (input) =>
        input.resume
          ? Script.says("resumed")
          : Stream.unwrap(Effect.as(Deferred.succeed(started, undefined), Stream.never))
      yield* Effect.gen(function* () {
        const session = yield* Session.make()
        const first = yield* Effect.fork(session.run({ prompt: "hi" }))
        yield* Deferred.await(started)
        yield* Fiber.interrupt(first)
        expect((yield* session.run({ prompt: "Well?" })).output).toBe("resumed")
      }).pipe(over({ run }))
    })
  )

  it.scoped("fails the next run without sending it if the session cannot be looked up", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* inject({ path: "/run", fault: Fault.status(502) })
      yield* Effect.flip(session.run({ prompt: "My name is Alice." }))
      yield* inject({ path: "/sessions/{id}/messages", fault: Fault.status(500) })
      expect(yield* Effect.flip(session.run({ prompt: "Well?" }))).toMatchObject({ operation: "Sessions.messages" })
      expect(yield* turns).toHaveLength(1)
      expect((yield* session.run({ prompt: "Now?" })).output).toBe("Now?")
    }).pipe(over())
  )

  it.scoped("is resumed without a lookup after a later run was lost", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* session.run({ prompt: "One." })
      yield* inject({ path: "/run", fault: Fault.status(502) })
      yield* Effect.flip(session.run({ prompt: "Two." }))
      expect((yield* session.run({ prompt: "Three." })).output).toBe("One.\nThree.")
      expect(yield* lines).toEqual(["POST /run", "POST /run", "POST /run"])
    }).pipe(over())
  )

  it.scoped("looks the session up after a crash, which may have come before it was saved", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      const crashed = '{"id":"run-1","status":"crashed","crash_info":{"exit_code":137}}'
      yield* inject({ path: "/run", fault: Fault.status(200, { body: crashed, contentType: "application/json" }) })
      expect((yield* session.run({ prompt: "My name is Alice." }))._tag).toBe("Crashed")
      yield* session.run({ prompt: "Well?" })
      expect(yield* turns).toEqual([
        [session.id, false],
        [session.id, false]
      ])
    }).pipe(over())
  )

  it.scoped("is not looked up after a run that was never sent", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* Effect.flip(session.run({ prompt: "" }))
      yield* session.run({ prompt: "Hello" })
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(over())
  )
})

describe("closing a conversation", () => {
  const destroying = Session.make({ destroyOnClose: true })
  const remaining = Effect.flatMap(Sessions, (sessions) => sessions.list)

  it.effect("keeps the session on the server by default", () =>
    Effect.gen(function* () {
      const { id } = yield* Effect.scoped(Effect.tap(Session.make(), (session) => session.run({ prompt: "hi" })))
      expect(yield* remaining).toEqual([{ id, title: "" }])
    }).pipe(over())
  )

  it.effect("deletes it on request", () =>
    Effect.gen(function* () {
      const { id } = yield* Effect.scoped(Effect.tap(destroying, (session) => session.run({ prompt: "hi" })))
      expect(yield* lines).toEqual(["POST /run", `DELETE /sessions/${id}`])
      expect(yield* remaining).toEqual([])
    }).pipe(over())
  )

  it.effect("deletes it when the program failed", () =>
    Effect.gen(function* () {
      const failing = Effect.zipRight(
        Effect.flatMap(destroying, (session) => session.run({ prompt: "hi" })),
        Effect.fail("no luck")
      )
      expect(yield* Effect.flip(Effect.scoped(failing))).toBe("no luck")
      expect(yield* remaining).toEqual([])
    }).pipe(over())
  )

  it.effect("deletes it when a run was interrupted", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const run: Run = () => Stream.unwrap(Effect.as(Deferred.succeed(started, undefined), Stream.never))
      yield* Effect.gen(function* () {
        const talking = Effect.scoped(Effect.flatMap(destroying, (session) => session.run({ prompt: "hi" })))
        const fiber = yield* Effect.fork(talking)
        yield* Deferred.await(started)
        expect(yield* remaining).toHaveLength(1)
        yield* Fiber.interrupt(fiber)
        expect(yield* remaining).toEqual([])
      }).pipe(over({ run }))
    })
  )

  it.effect("sends nothing if there was no run", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(destroying)
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  for (const [what, fault] of [
    ["refuses", Fault.status(500, { body: '{"success":false,"error":"device or resource busy"}' })],
    ["is gone", Fault.refuseConnection],
    ["never answers", Fault.hang],
    ["has deleted it already", Fault.status(404, { body: '{"success":false,"error":"session not found: x"}' })]
  ] as const) {
    it.effect(`does not fail when the server ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ method: "DELETE", fault })
        const talking = Effect.scoped(Effect.flatMap(destroying, (session) => session.run({ prompt: "hi" })))
        expect((yield* within("2 minutes")(talking)).output).toBe("hi")
        expect(yield* (yield* EmbeddedStromboli).faults.pending).toEqual([])
      }).pipe(over())
    )
  }
})
