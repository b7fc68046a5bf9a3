import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { emptyRuntime, type MakeSandboxRuntime } from "../../../src/embedded/daytona/index.js"
import { at, del, get, post, send, server, stateOf, textAt, verdict } from "./support.js"
import { eventually } from "./toolbox/socketSupport.js"

type Headers = Readonly<Record<string, string>>

const toolbox = (path: string, headers: Headers = {}) =>
  send(HttpClientRequest.get(`http://daytona.test/proxy/toolbox/${path}`, { headers }))

/** A runtime that echoes requests and records its lifecycle. */
const telling =
  (events: Array<string>): MakeSandboxRuntime =>
  ({ env, id }) =>
    Effect.as(
      Effect.acquireRelease(
        Effect.sync(() => events.push(`made for ${env["A"]}`)),
        () => Effect.sync(() => events.push("gone"))
      ),
      {
        toolbox: Effect.map(HttpServerRequest.HttpServerRequest, ({ method, url }) =>
          HttpServerResponse.text(`${method} ${url} in ${id}`)
        ),
        started: Effect.sync(() => void events.push("started")),
        stopped: Effect.sync(() => void events.push("stopped"))
      }
    )

describe("the runtime of a sandbox", () => {
  it.effect("is empty if configured so", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", {})).json, "id")
      const answer = yield* toolbox(`${id}/user-home-dir`)
      expect(answer.json).toEqual({
        statusCode: 501,
        message: "nothing runs inside the sandboxes of this embedded server",
        timestamp: "1970-01-01T00:00:00.000Z",
        path: "/user-home-dir",
        method: "GET"
      })
    }).pipe(Effect.provide(server({ runtime: emptyRuntime })))
  )

  it.live("runs the entrypoint of its snapshot in a session", () =>
    Effect.gen(function* () {
      yield* post("/snapshots", { name: "s", imageName: "a:1", entrypoint: ["sh", "-c", "echo up; sleep 60"] })
      yield* eventually(get("/snapshots/s"), (answer) => stateOf(answer) === "active")
      const id = textAt((yield* post("/sandbox", { snapshot: "s" })).json, "id")
      const session = yield* toolbox(`${id}/process/session/entrypoint`)
      expect([session.status, at(session.json, "sessionId")]).toEqual([200, "entrypoint"])
      yield* eventually(toolbox(`${id}/process/session/entrypoint/logs`), ({ text }) => text.includes("up"))
      const plain = textAt((yield* post("/sandbox", {})).json, "id")
      expect((yield* toolbox(`${plain}/process/session/entrypoint`)).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  const events: Array<string> = []
  it.effect("lives as long as the sandbox does", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", { name: "box", env: { A: "1" } })).json, "id")
      expect((yield* toolbox(`${id}/process/list?x=a%20b`)).text).toBe(`GET /process/list?x=a%20b in ${id}`)
      yield* post("/sandbox/box/stop")
      const stopped = yield* toolbox(`${id}/process/list`)
      expect(stopped.status).toBe(400)
      yield* post("/sandbox/box/start")
      yield* post("/sandbox/box/stop")
      yield* del("/sandbox/box")
      expect(events).toEqual(["made for 1", "started", "stopped", "started", "stopped", "gone"])
    }).pipe(Effect.provide(server({ runtime: telling(events) })))
  )

  it.effect("requires the owner's key or the preview token", () =>
    Effect.gen(function* () {
      const key = { authorization: "Bearer good" }
      const id = textAt((yield* post("/sandbox", {}, key)).json, "id")
      const token = textAt((yield* get(`/sandbox/${id}/ports/1/preview-url`, key)).json, "token")
      const path = `${id}/version`
      const attempts = [
        yield* toolbox(path, key),
        yield* toolbox(path, { "x-daytona-preview-token": token }),
        yield* toolbox(`${path}?DAYTONA_SANDBOX_AUTH_KEY=${token}`),
        yield* toolbox(path),
        yield* toolbox(path, { authorization: "Bearer bad" }),
        yield* toolbox(path, { authorization: "Bearer other" }),
        yield* toolbox(path, { "x-daytona-preview-token": "bad" })
      ]
      expect(attempts.map(({ status }) => status)).toEqual([200, 200, 200, 401, 401, 401, 401])
      expect(attempts.slice(3).map(({ json }) => at(json, "message"))).toEqual([
        expect.stringMatching(/^unauthorized: missing authentication: /),
        "unauthorized: authentication failed: Bearer token is invalid",
        "unauthorized: authentication failed: Bearer token is invalid",
        "unauthorized: authentication failed: Auth key header is invalid"
      ])
    }).pipe(
      Effect.provide(
        server({
          runtime: telling([]),
          organizations: [{ id: "one" }, { id: "two" }],
          auth: { apiKeys: ["good", { key: "other", organizationId: "two" }] }
        })
      )
    )
  )

  it.effect("is missed behind the proxy at first when its sandbox is gone, and is then refused like a wrong key", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", { name: "box" })).json, "id")
      expect((yield* toolbox(`${id}/version`)).status).toBe(200)
      yield* del("/sandbox/box")
      expect(verdict(yield* toolbox(`${id}/version`))).toEqual([404, "not found: sandbox container not found"])
      yield* TestClock.adjust("2 minutes")
      const refused = [401, "unauthorized: authentication failed: Bearer token is invalid"]
      expect(verdict(yield* toolbox(`${id}/version`))).toEqual(refused)
      const never = yield* toolbox("8f5b0d5e-0000-4000-8000-000000000001/version")
      expect([verdict(never), at(never.json, "code")]).toEqual([refused, "UNAUTHORIZED"])
    }).pipe(Effect.provide(server({ runtime: telling([]) })))
  )

  it.effect("counts requests as activity", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", {})).json, "id")
      const lastActivity = Effect.map(get(`/sandbox/${id}`), ({ json }) => at(json, "lastActivityAt"))
      yield* TestClock.adjust("1 minute")
      yield* toolbox(`${id}/version`, { "x-daytona-skip-last-activity-update": "true" })
      expect(yield* lastActivity).toBe("1970-01-01T00:00:00.000Z")
      yield* toolbox(`${id}/version`)
      expect(yield* lastActivity).toBe("1970-01-01T00:01:00.000Z")
      yield* TestClock.adjust("30 seconds")
      yield* toolbox(`${id}/version`)
      expect(yield* lastActivity).toBe("1970-01-01T00:01:00.000Z")
    }).pipe(Effect.provide(server({ runtime: telling([]) })))
  )

  it.effect("is unavailable for a sandbox without a runner", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", { name: "box" })).json, "id")
      yield* post("/sandbox/box/stop")
      yield* post("/sandbox/box/archive")
      const [status, message] = verdict(yield* toolbox(`${id}/version`))
      expect([status, String(message).slice(0, 26)]).toEqual([400, "failed to get runner info:"])
    }).pipe(Effect.provide(server()))
  )
})
