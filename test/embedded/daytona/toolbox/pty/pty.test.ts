import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as pty from "../../../../../src/embedded/daytona/toolbox/pty/routes.js"
import { area, eventually } from "../socketSupport.js"
import { attached, connect, connected, create, info, old, type } from "./support.js"

describe("The terminals of the embedded toolbox", () => {
  it.live("are real ones, with size, environment and directory", () =>
    Effect.gen(function* () {
      const { sandbox, socket } = yield* attached({}, { cols: 101, rows: 33, envs: { COLOR: "red" } })
      yield* type(socket, 'test -t 0 && echo "$(stty size) $TERM $COLOR $(pwd)"')
      yield* socket.until(new RegExp(`33 101 xterm-256color red ${sandbox.machine.workDir}\r\n`))
      const resized = yield* sandbox.call("POST", "/process/pty/p/resize", { cols: 90, rows: 20 })
      assert.deepInclude(info(resized.json), { cols: 90, rows: 20, active: true })
      yield* type(socket, "stty size")
      yield* socket.until(/20 90\r\n/)
      assert.strictEqual((yield* sandbox.call("POST", "/process/pty/p/resize", { cols: 0, rows: 0 })).status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("describe themselves, before they start and while they run", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(pty.make)
      assert.deepStrictEqual((yield* create(sandbox)).json, { sessionId: "p" })
      const { json } = yield* sandbox.call("GET", "/process/pty/p")
      const { createdAt, ...rest } = info(json)
      assert.deepStrictEqual(rest, {
        id: "p",
        cwd: sandbox.machine.workDir,
        envs: { TERM: "xterm-256color" },
        cols: 80,
        rows: 24,
        active: false,
        lazyStart: true
      })
      assert.match(createdAt, /^\d{4}-\d\d-\d\dT/)
      assert.strictEqual((yield* sandbox.call("POST", "/process/pty/p/resize", { cols: 1, rows: 1 })).status, 500)
      yield* create(sandbox, { id: "q", lazyStart: false })
      const listed = yield* sandbox.call("GET", "/process/pty")
      const { sessions } = yield* Schema.decodeUnknown(Schema.Struct({ sessions: Schema.Array(Schema.Unknown) }))(
        listed.json
      )
      assert.deepStrictEqual(
        sessions.map((session) => [info(session).id, info(session).active]),
        [
          ["p", false],
          ["q", true]
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.live("send all output to every attached client, but nothing earlier", () =>
    Effect.gen(function* () {
      const { sandbox, socket } = yield* attached()
      yield* type(socket, "echo fir''st")
      yield* socket.until(/first\r\n/)
      const other = yield* connect(sandbox)
      assert.strictEqual(yield* other.next, connected)
      yield* socket.leave
      yield* other.send(new TextEncoder().encode("echo sec''ond\n"))
      assert.notInclude(yield* other.until(/second\r\n/), "first")
    }).pipe(Effect.scoped)
  )

  it.live("end with 1000 after exit 0 and with 1011 otherwise; the output of a shell that waits has arrived", () =>
    Effect.gen(function* () {
      const endOf = (line: string) =>
        Effect.gen(function* () {
          const { sandbox, socket } = yield* attached(old)
          yield* type(socket, line)
          const { end, messages } = yield* socket.rest
          assert.strictEqual((yield* sandbox.call("GET", "/process/pty/p")).status, 404)
          const binary = messages.filter((message) => typeof message !== "string")
          assert.isTrue(binary.every(({ length }) => length <= 32 * 1024))
          return [end.code, end.reason, Buffer.concat(binary).toString()] as const
        })
      const [code, reason, output] = yield* endOf("seq 1 20000; sleep 1; exit 0")
      assert.deepStrictEqual([code, reason], [1000, '{"exitCode":0}'])
      assert.include(output, "\r\n20000\r\n")
      assert.deepStrictEqual((yield* endOf("exit 3")).slice(0, 2), [
        1011,
        '{"exitCode":3,"exitReason":"non-zero exit"}'
      ])
      assert.deepStrictEqual((yield* endOf("exit 130")).slice(0, 2), [1011, '{"exitCode":130,"exitReason":"Ctrl+C"}'])
      assert.deepStrictEqual((yield* endOf("exit 139")).slice(0, 2), [
        1011,
        '{"exitCode":139,"exitReason":"signal 11"}'
      ])
      assert.deepStrictEqual((yield* endOf("kill -9 $$")).slice(0, 2), [
        1011,
        '{"exitCode":-1,"exitReason":"non-zero exit"}'
      ])
    }).pipe(Effect.scoped)
  )

  it.live("are killed with everything in them", () =>
    Effect.gen(function* () {
      const { sandbox, socket } = yield* attached()
      yield* type(socket, "sleep 1000 & echo pid=$!=")
      const pid = /pid=(\d+)=/.exec(yield* socket.until(/pid=\d+=/))?.[1]
      const answer = yield* sandbox.call("DELETE", "/process/pty/p")
      assert.strictEqual(answer.status, 200)
      assert.property(answer.json, "message")
      assert.deepStrictEqual((yield* socket.rest).end, {
        code: 1011,
        reason: '{"exitCode":137,"exitReason":"SIGKILL"}'
      })
      yield* eventually(
        Effect.sync(() => existsSync(`/proc/${pid}`)),
        (there) => !there
      )
      assert.strictEqual((yield* sandbox.call("DELETE", "/process/pty/p")).status, 404)
    }).pipe(Effect.scoped)
  )

  it.live("disconnect a client that does not read, and continue", () =>
    Effect.gen(function* () {
      const { sandbox, socket } = yield* attached()
      const slow = yield* connect(sandbox, { window: 1 })
      assert.strictEqual(yield* slow.next, connected)
      yield* type(socket, "seq 1 300000")
      yield* socket.until(/\r\n300000\r\n/)
      assert.deepStrictEqual((yield* slow.rest).end, { code: 1008, reason: "slow consumer" })
      yield* type(socket, "echo sti''ll here")
      yield* socket.until(/still here\r\n/)
    }).pipe(Effect.scoped)
  )

  it.live("end with the machine", () =>
    Effect.gen(function* () {
      const pid = yield* Effect.scoped(
        Effect.gen(function* () {
          const { socket } = yield* attached()
          yield* type(socket, "echo pid=$$=")
          return /pid=(\d+)=/.exec(yield* socket.until(/pid=\d+=/))?.[1]
        })
      )
      yield* eventually(
        Effect.sync(() => existsSync(`/proc/${pid}`)),
        (there) => !there
      )
    })
  )
})
