import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as pty from "../../../../../src/embedded/daytona/toolbox/pty/routes.js"
import { accepted, area, isSocket } from "../socketSupport.js"
import { connect, connected, create, exitControl, old, type, versionToken } from "./support.js"

describe("The terminals of the embedded toolbox, for their clients,", () => {
  it.live("report a missing session, and end the connection", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(pty.make)
      const { end, messages } = yield* Effect.flatMap(connect(sandbox), ({ rest }) => rest)
      assert.strictEqual(end.code, 1006)
      assert.strictEqual(messages.length, 1)
      assert.match(
        String(messages[0]),
        /^{"type":"control","status":"error","error":"Failed to connect to PTY session: /
      )
    }).pipe(Effect.scoped)
  )

  it.live("choose sub-protocols as their generation does", () =>
    Effect.gen(function* () {
      const offers = [[], [exitControl], [exitControl, versionToken]]
      const chosen = (options: Parameters<typeof area>[1]) =>
        Effect.gen(function* () {
          const sandbox = yield* area(pty.make, options)
          return yield* Effect.forEach(offers, (protocols) =>
            Effect.map(connect(sandbox, { protocols }), ({ maxMessage, protocol }) => [protocol, maxMessage])
          )
        })
      assert.deepStrictEqual(yield* chosen(old), [
        [undefined, 65_536],
        [undefined, 65_536],
        [versionToken, 65_536]
      ])
      assert.deepStrictEqual(yield* chosen({}), [
        [undefined, 65_536],
        [exitControl, 65_536],
        [exitControl, 65_536]
      ])
    }).pipe(Effect.scoped)
  )

  it.live("report the exit in a message if the client requests it and the daemon is new enough", () =>
    Effect.gen(function* () {
      const controls = (options: Parameters<typeof area>[1]) =>
        Effect.gen(function* () {
          const sandbox = yield* area(pty.make, options)
          yield* create(sandbox)
          const socket = yield* connect(sandbox, { protocols: [versionToken, exitControl] })
          yield* type(socket, "exit 5")
          const { end, messages } = yield* socket.rest
          assert.strictEqual(end.code, 1011)
          return messages.filter((message) => typeof message === "string")
        })
      assert.deepStrictEqual(yield* controls(old), [connected])
      assert.deepStrictEqual(yield* controls({}), [
        connected,
        '{"type":"control","status":"exited","exitCode":5,"exitReason":"non-zero exit"}'
      ])
    }).pipe(Effect.scoped)
  )

  it.live("are created and connected in one step by the current generation only", () =>
    Effect.gen(function* () {
      const envs = `X-Daytona-Pty-Envs~${Buffer.from('{"COLOR":"blue"}').toString("base64url")}`
      const path = "/process/pty/create-connect?id=one&cols=70&rows=22"
      const sandbox = yield* area(pty.make)
      const socket = yield* accepted(sandbox.open(path, { protocols: [exitControl, envs] }))
      assert.strictEqual(yield* socket.next, connected)
      yield* type(socket, 'echo "$COLOR $(stty size)"')
      yield* socket.until(/blue 22 70\r\n/)
      const again = yield* sandbox.open(path)
      assert.isFalse(isSocket(again))
      assert.propertyVal(again, "status", 409)
      const before = yield* area(pty.make, old)
      const missing = yield* before.open(path)
      assert.deepInclude(missing, { status: 404, json: { error: "PTY session not found" } })
    }).pipe(Effect.scoped)
  )

  it.live("refuse what the daemon refuses", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(pty.make, old)
      yield* create(sandbox)
      const statuses = yield* Effect.forEach(
        [
          create(sandbox),
          create(sandbox, { id: "" }),
          create(sandbox, { id: "x", cols: 1001 }),
          create(sandbox, { id: "x", rows: 1001 }),
          create(sandbox, { id: "x", cols: -1 }),
          create(sandbox, { id: "x", cols: "80" }),
          create(sandbox, { id: "x", lazyStart: false, cwd: "missing" }),
          sandbox.call("GET", "/process/pty/x"),
          sandbox.call("POST", "/process/pty/x/resize", { cols: 1, rows: 1 }),
          sandbox.call("POST", "/process/pty/p/resize", { cols: 1, rows: 1001 }),
          sandbox.call("GET", "/process/pty/p/connect")
        ],
        Effect.map(({ json, status }) => [
          status,
          typeof json === "object" && json !== null && Object.keys(json).join()
        ])
      )
      const error = "error"
      assert.deepStrictEqual(statuses, [
        [409, error],
        [400, error],
        [400, error],
        [400, error],
        [400, error],
        [400, error],
        [500, error],
        [404, error],
        [410, error],
        [400, error],
        [400, false]
      ])
    }).pipe(Effect.scoped)
  )
})
