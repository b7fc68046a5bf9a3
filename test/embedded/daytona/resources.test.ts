import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona } from "../../../src/embedded/daytona/index.js"
import { at, base, del, get, patch, post, server, stateOf, textAt, verdict } from "./support.js"

describe("secrets", () => {
  it.effect("never return their value", () =>
    Effect.gen(function* () {
      const created = yield* post("/secret", { name: "KEY", value: "hidden-value", hosts: ["api.test"] })
      expect(created.status).toBe(201)
      expect(created.json).toEqual({
        id: expect.any(String),
        name: "KEY",
        placeholder: expect.stringMatching(/^dtn_secret_/),
        hosts: ["api.test"],
        createdAt: expect.any(String),
        updatedAt: expect.any(String)
      })
      const id = textAt(created.json, "id")
      const changed = yield* patch(`/secret/${id}`, { value: "hidden-too", description: "a key" })
      expect([changed.status, at(changed.json, "description")]).toEqual([200, "a key"])
      const texts = [yield* get("/secret"), yield* get(`/secret/${id}`), yield* get("/secret/paginated")]
      expect(texts.some(({ text }) => text.includes("hidden"))).toBe(false)
      expect((yield* del(`/secret/${id}`)).status).toBe(204)
      expect((yield* get(`/secret/${id}`)).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("have unique, valid names", () =>
    Effect.gen(function* () {
      yield* post("/secret", { name: "KEY", value: "v" })
      expect(verdict(yield* post("/secret", { name: "KEY", value: "v" }))[0]).toBe(409)
      const refused = yield* Effect.forEach(["1A", "a b", ""], (name) => post("/secret", { name, value: "v" }))
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 400])
    }).pipe(Effect.provide(server()))
  )

  it.effect("are listed in pages", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["a", "b", "c"], (name) => post("/secret", { name, value: "v" }))
      const first = yield* get("/secret/paginated?limit=2&sort=name&order=asc")
      expect(first.json).toMatchObject({ items: [{ name: "a" }, { name: "b" }], total: 3 })
      const cursor = encodeURIComponent(textAt(first.json, "nextCursor"))
      const second = yield* get(`/secret/paginated?limit=2&sort=name&order=asc&cursor=${cursor}`)
      expect(second.json).toMatchObject({ items: [{ name: "c" }], nextCursor: null })
      expect((yield* get("/secret/paginated?limit=201")).status).toBe(400)
    }).pipe(Effect.provide(server()))
  )
})

describe("a warm pool", () => {
  it.effect("keeps sandboxes ready for plain requests", () =>
    Effect.gen(function* () {
      const pool = yield* post("/warm-pools", { snapshot: "daytona-small", pool: 1 })
      expect([pool.status, at(pool.json, "currentSize")]).toEqual([201, 0])
      yield* TestClock.adjust("1 minute")
      expect((yield* get("/warm-pools")).json).toMatchObject([{ currentSize: 1, pool: 1, mem: 1, errorReason: null }])
      expect(at((yield* get("/sandbox")).json, "items")).toEqual([])
      const [warm] = yield* Effect.flatMap(EmbeddedDaytona, ({ sandboxes }) => sandboxes)
      expect(at((yield* get("/sandbox?includeWarm=true")).json, "items", 0, "warmPoolId")).toBe(at(pool.json, "id"))
      const hit = yield* post("/sandbox", { name: "box", labels: { a: "b" } })
      expect([stateOf(hit), at(hit.json, "id"), at(hit.json, "name"), at(hit.json, "autoStopInterval")]).toEqual([
        "started",
        warm?.id,
        "box",
        15
      ])
      expect(stateOf(yield* post("/sandbox", { name: "own", env: { A: "1" } }))).toBe("creating")
      yield* TestClock.adjust("1 minute")
      expect((yield* get("/warm-pools")).json).toMatchObject([{ currentSize: 1 }])
    }).pipe(Effect.provide(server({ durations: { create: "1 minute", pickUp: 0 }, startWait: 0 })))
  )

  it.effect("can be resized and removed", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/warm-pools", { snapshot: "daytona-small", pool: 2 })).json, "id")
      const resized = yield* patch(`/warm-pools/${id}`, { pool: 0 })
      expect([resized.status, at(resized.json, "currentSize")]).toEqual([200, 0])
      expect((yield* patch(`/warm-pools/${id}`, { pool: -1 })).status).toBe(400)
      expect((yield* post("/warm-pools", { snapshot: "daytona-small", pool: 0 })).status).toBe(400)
      expect((yield* post("/warm-pools", { snapshot: "nope", pool: 1 })).status).toBe(400)
      expect((yield* del(`/warm-pools/${id}`)).status).toBe(204)
      expect((yield* get("/warm-pools")).json).toEqual([])
    }).pipe(Effect.provide(server()))
  )
})

describe("access to a sandbox", () => {
  const box = Effect.map(post("/sandbox", { name: "box" }), ({ json }) => textAt(json, "id"))

  it.effect("previews its ports", () =>
    Effect.gen(function* () {
      const id = yield* box
      const plain = yield* get("/sandbox/box/ports/3000/preview-url")
      expect(plain.json).toEqual({ sandboxId: id, url: `http://3000-${id}.daytona.test`, token: expect.any(String) })
      const signed = yield* get("/sandbox/box/ports/3000/signed-preview-url?expiresInSeconds=5")
      const token = textAt(signed.json, "token")
      expect(signed.json).toEqual({ sandboxId: id, port: 3000, token, url: `http://3000-${token}.daytona.test` })
      expect(token).toHaveLength(16)
      const expired = yield* post(`/sandbox/box/ports/3000/signed-preview-url/${token}/expire`)
      expect([expired.status, expired.text]).toEqual([201, ""])
      expect(verdict(yield* get("/sandbox/box/ports/70000/preview-url"))).toEqual([400, "Invalid port"])
      expect(verdict(yield* get("/sandbox/box/ports/80/signed-preview-url?expiresInSeconds=86401"))).toEqual([
        400,
        "expiresInSeconds must be between 1 second and 24 hours"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("allows SSH with one token at a time", () =>
    Effect.gen(function* () {
      yield* box
      const first = yield* post("/sandbox/box/ssh-access?expiresInMinutes=10")
      expect(first.json).toMatchObject({ expiresAt: "1970-01-01T00:10:00.000Z" })
      const token = textAt(first.json, "token")
      expect(at(first.json, "sshCommand")).toBe(`ssh -p 2222 ${token}@daytona.test`)
      const second = textAt((yield* post("/sandbox/box/ssh-access")).json, "token")
      // An unknown token is not reported.
      expect((yield* del(`/sandbox/box/ssh-access?token=${token}`)).status).toBe(200)
      const revoked = yield* del(`/sandbox/box/ssh-access?token=${second}`)
      expect([revoked.status, at(revoked.json, "name")]).toEqual([200, "box"])
      expect((yield* get(`/sandbox/ssh-access/validate?token=${second}`)).status).toBe(403)
    }).pipe(Effect.provide(server()))
  )

  it.effect("is requested by id where the path says so", () =>
    Effect.gen(function* () {
      const id = yield* box
      expect((yield* get(`/sandbox/${id}/toolbox-proxy-url`)).json).toEqual({ url: `${base}/proxy/toolbox` })
      expect((yield* get("/sandbox/box/toolbox-proxy-url")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("has a signing key, which is a bare string", () =>
    Effect.gen(function* () {
      const id = yield* box
      const key = yield* get(`/sandbox/${id}/signing-key`)
      expect(key.json).toEqual(expect.any(String))
      const rotated = yield* post(`/sandbox/${id}/signing-key/rotate`)
      expect(rotated.json).not.toBe(key.json)
      expect((yield* get(`/sandbox/${id}/signing-key`)).json).toBe(rotated.json)
    }).pipe(Effect.provide(server()))
  )
})

describe("forks", () => {
  it.effect("know their ancestors, and keep their parent from being deleted", () =>
    Effect.gen(function* () {
      const parent = textAt((yield* post("/sandbox", { name: "parent", snapshot: "daytona-vm" })).json, "id")
      const child = yield* post("/sandbox/parent/fork", { name: "child" })
      expect([child.status, stateOf(child), at(child.json, "name")]).toEqual([200, "creating", "child"])
      expect(stateOf(yield* get("/sandbox/child"))).toBe("started")
      yield* post("/sandbox/child/fork", { name: "grandchild" })
      const ids = ({ json }: { readonly json: unknown }) => [at(json, 0, "name"), at(json, 1, "name")]
      expect(ids(yield* get("/sandbox/parent/forks"))).toEqual(["child", undefined])
      expect(ids(yield* get("/sandbox/grandchild/ancestors"))).toEqual(["parent", "child"])
      expect(at((yield* get("/sandbox/child/parent")).json, "id")).toBe(parent)
      expect(verdict(yield* get("/sandbox/parent/parent"))).toEqual([
        404,
        "Parent sandbox not found for sandbox parent"
      ])
      expect(verdict(yield* post("/sandbox/parent/fork", { name: "child" }))).toEqual([
        409,
        "Sandbox with this name already exists"
      ])
      expect(verdict(yield* del("/sandbox/parent"))).toEqual([
        400,
        "Cannot delete sandbox which has active fork children. The forks must be deleted first."
      ])
      yield* del("/sandbox/grandchild")
      yield* del("/sandbox/child")
      expect((yield* get("/sandbox/parent/forks")).json).toEqual([])
      expect((yield* get("/sandbox/parent/forks?includeDestroyed=true")).json).toHaveLength(1)
      expect((yield* del("/sandbox/parent")).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )
})

describe("a fork that is being deleted", () => {
  it.effect("no longer keeps its parent", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "parent", snapshot: "daytona-vm" })
      const child = textAt((yield* post("/sandbox/parent/fork", { name: "child" })).json, "id")
      expect(stateOf(yield* get(`/sandbox/${child}`))).toBe("started")
      yield* del(`/sandbox/${child}`)
      expect(stateOf(yield* get(`/sandbox/${child}`))).toBe("destroying")
      expect((yield* del("/sandbox/parent")).status).toBe(200)
    }).pipe(Effect.provide(server({ durations: { create: 0, fork: 0, pickUp: 0, destroy: "1 minute" } })))
  )
})

describe("metrics", () => {
  it.effect("have a point per minute, for the requested names", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/sandbox", { name: "box" })).json, "id")
      yield* TestClock.adjust("2 minutes")
      const path = `/sandbox/${id}/telemetry/metrics`
      const period = "from=1970-01-01T00:00:00Z&to=1970-01-01T01:00:00Z"
      const one = yield* get(`${path}?${period}&metricNames=daytona.sandbox.cpu.limit`)
      expect(one.json).toEqual({
        series: [
          {
            metricName: "daytona.sandbox.cpu.limit",
            dataPoints: [0, 1, 2].map((minute) => ({ timestamp: `1970-01-01T00:0${minute}:00.000Z`, value: 1 }))
          }
        ]
      })
      expect(at((yield* get(`${path}?${period}`)).json, "series")).toHaveLength(7)
      expect((yield* get(path)).status).toBe(400)
      expect((yield* get(`/sandbox/${id}/telemetry/logs?${period}`)).json).toMatchObject({ items: [], total: 0 })
    }).pipe(Effect.provide(server()))
  )
})

describe("the configuration and the regions", () => {
  it.effect("are reported", () =>
    Effect.gen(function* () {
      expect((yield* get("/config")).json).toMatchObject({
        version: "0.218.0",
        proxyTemplateUrl: "http://{{PORT}}-{{sandboxId}}.daytona.test",
        proxyToolboxUrl: `${base}/proxy/toolbox`,
        defaultSnapshot: "daytona-small",
        oidc: { issuer: `${base}/dex`, clientId: "daytona", audience: "daytona", provider: "dex" },
        maxAutoArchiveInterval: 43_200,
        maintananceMode: false,
        analyticsApiUrl: "http://analytics.test",
        rateLimit: { sandboxCreate: { limit: 5, ttl: 60 } }
      })
      expect((yield* get("/regions")).json).toMatchObject([
        { id: "us", regionType: "shared", organizationId: null },
        { id: "own", regionType: "custom", proxyUrl: "http://proxy.own.test" }
      ])
      expect((yield* get("/shared-regions")).json).toHaveLength(1)
      const { json } = yield* post("/sandbox", { target: "own" })
      expect(at(json, "toolboxProxyUrl")).toBe("http://proxy.own.test/toolbox")
    }).pipe(
      Effect.provide(
        server({
          regions: [{ id: "us" }, { id: "own", regionType: "custom", proxyUrl: "http://proxy.own.test" }],
          analyticsApiUrl: "http://analytics.test",
          rateLimits: { "sandbox-create": { limit: 5, ttl: 60 } }
        })
      )
    )
  )
})
