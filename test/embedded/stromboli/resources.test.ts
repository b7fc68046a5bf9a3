import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { at, del, get, post, server, textAt } from "./support.js"

describe("secrets", () => {
  it.effect("are created once, with 201", () =>
    Effect.gen(function* () {
      const created = yield* post("/secrets", { name: "token", value: "v" })
      expect([created.status, created.json]).toEqual([201, { success: true, name: "token" }])
      const again = yield* post("/secrets", { name: "token", value: "v" })
      expect([again.status, again.json]).toEqual([
        409,
        { success: false, name: "token", error: "secret already exists" }
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("that exist are a server error with Podman 4.3, as is the list of images, and its health is degraded", () =>
    Effect.gen(function* () {
      yield* post("/secrets", { name: "token", value: "v" })
      const again = yield* post("/secrets", { name: "token", value: "v" })
      expect([again.status, again.json]).toEqual([
        500,
        { success: false, name: "token", error: "failed to create secret" }
      ])
      const images = yield* get("/images")
      expect([images.status, images.json]).toEqual([500, { error: "failed to list images" }])
      expect((yield* get("/health")).json).toMatchObject({ status: "degraded" })
    }).pipe(Effect.provide(server({ podman: "4.3" })))
  )

  it.effect("are refused with 400 in family C when they are invalid", () =>
    Effect.gen(function* () {
      const refusals = yield* Effect.forEach(
        [
          "",
          { name: "a" },
          { name: "a b", value: "v" },
          { name: "a".repeat(254), value: "v" },
          { name: "a", value: "v".repeat(1_000_001) }
        ],
        (body) => post("/secrets", body)
      )
      expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400])
      expect(refusals[0]?.json).toEqual({ success: false, error: "EOF" })
      expect(refusals[1]?.json).toEqual({
        success: false,
        error: "Key: 'CreateSecretRequest.Value' Error:Field validation for 'Value' failed on the 'required' tag"
      })
      expect(refusals[2]?.json).toMatchObject({ success: false, name: "a b" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("have a relative age in the list and a timestamp on their own, but never a value", () =>
    Effect.gen(function* () {
      yield* post("/secrets", { name: "token", value: "v" })
      yield* TestClock.adjust("240 hours")
      const listed = yield* get("/secrets")
      expect(listed.json).toEqual({ secrets: [{ id: expect.any(String), name: "token", created_at: "1 week ago" }] })
      expect((yield* get("/secrets/token")).json).toEqual({
        id: at(listed.json, "secrets", 0, "id"),
        name: "token",
        created_at: "1970-01-01T00:00:00Z"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect("are missing in two families", () =>
    Effect.gen(function* () {
      const looked = yield* get("/secrets/none")
      expect([looked.status, looked.json]).toEqual([404, { error: "secret not found" }])
      const removed = yield* del("/secrets/none")
      expect([removed.status, removed.json]).toEqual([404, { success: false, name: "none", error: "secret not found" }])
      expect((yield* get("/secrets/a%20b")).status).toBe(400)
      expect((yield* del("/secrets/a%20b")).status).toBe(400)
    }).pipe(Effect.provide(server()))
  )

  it.effect("can exist from the start and be deleted", () =>
    Effect.gen(function* () {
      expect((yield* del("/secrets/seeded")).json).toEqual({ success: true, name: "seeded" })
      expect((yield* get("/secrets")).json).toEqual({ secrets: [] })
    }).pipe(Effect.provide(server({ secrets: { seeded: "v" } })))
  )
})

describe("images", () => {
  const seeded = server({
    images: [
      { repository: "docker.io/library/python", tag: "3.12-alpine" },
      {
        repository: "localhost/agent",
        size: 5,
        created: Date.UTC(2026, 0, 1),
        labels: {
          "ai.stromboli.compatible": "true",
          "ai.stromboli.claude-cli": "true",
          "ai.stromboli.tools": "git, node"
        }
      },
      { repository: "<none>", tag: "<none>" }
    ],
    registry: [{ name: "docker.io/library/node", description: "d".repeat(60), stars: 3, official: true }]
  })

  it.effect("are listed by rank, without regard to labels", () =>
    Effect.gen(function* () {
      expect((yield* get("/images")).json).toMatchObject({
        images: [
          {
            repository: "localhost/agent",
            tag: "latest",
            compatibility_rank: 3,
            compatible: false,
            has_claude_cli: false
          },
          { repository: "docker.io/library/python", compatibility_rank: 4, created: "0001-01-01T00:00:00Z" }
        ]
      })
      expect(at((yield* get("/images")).json, "images", 0, "tools")).toBeUndefined()
    }).pipe(Effect.provide(seeded))
  )

  it.effect("show their labels when inspected", () =>
    Effect.gen(function* () {
      expect((yield* get("/images/agent:latest")).json).toMatchObject({
        compatibility_rank: 1,
        compatible: true,
        has_claude_cli: true,
        tools: ["git", "node"],
        created: "2026-01-01T00:00:00Z",
        rank_description: expect.any(String),
        labels: { "ai.stromboli.compatible": "true" }
      })
    }).pipe(Effect.provide(seeded))
  )

  it.effect("are found by a name without slashes only", () =>
    Effect.gen(function* () {
      expect((yield* get("/images/python:3.12-alpine")).status).toBe(200)
      expect((yield* get("/images/docker.io%2Flibrary%2Fpython:3.12-alpine")).text).toBe("404 page not found")
      const unknown = yield* get("/images/none")
      expect([unknown.status, unknown.json]).toEqual([404, { error: "image not found" }])
      const invalid = yield* get("/images/a---b")
      expect([invalid.status, invalid.json]).toEqual([400, { error: "validation error: invalid image name format" }])
    }).pipe(Effect.provide(seeded))
  )

  it.effect("are searched for in a registry", () =>
    Effect.gen(function* () {
      const { json } = yield* get("/images/search?q=node")
      expect(json).toEqual({
        results: [
          {
            index: "docker.io",
            name: "docker.io/library/node",
            description: `${"d".repeat(41)}...`,
            stars: 3,
            official: true,
            automated: false
          }
        ]
      })
      expect(at((yield* get("/images/search?q=node&no_trunc=true")).json, "results", 0, "description")).toBe(
        "d".repeat(60)
      )
      expect(textAt((yield* get("/images/search?q=node&no_trunc=1")).json, "results", 0, "description")).toContain(
        "..."
      )
      expect((yield* get("/images/search?q=nothing")).json).toEqual({ results: [] })
    }).pipe(Effect.provide(seeded))
  )

  it.effect("refuse an invalid search", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.forEach(["", "?q=a%20b", "?q=a&limit=0", "?q=a&limit=x"], (query) =>
        Effect.map(get(`/images/search${query}`), ({ json, status }) => [status, at(json, "error")])
      )
      expect(refused).toEqual([
        [400, "query parameter 'q' is required"],
        [400, expect.stringContaining("validation error: ")],
        [400, "invalid limit parameter"],
        [400, "invalid limit parameter"]
      ])
      expect((yield* get("/images/search?q=node&limit=500")).status).toBe(200)
    }).pipe(Effect.provide(seeded))
  )

  it.effect("are pulled when a registry has them", () =>
    Effect.gen(function* () {
      const pulled = yield* post("/images/pull", { image: "docker.io/library/node:22" })
      expect(pulled.json).toEqual({
        success: true,
        image: "docker.io/library/node:22",
        image_id: expect.stringMatching(/^[0-9a-f]{64}$/)
      })
      expect((yield* get("/images/node:22")).status).toBe(200)
      const unknown = yield* post("/images/pull", { image: "ghcr.io/none/none" })
      expect([unknown.status, unknown.json]).toEqual([500, { error: "failed to pull image" }])
      expect((yield* post("/images/pull", { image: "a b" })).status).toBe(400)
      expect((yield* post("/images/pull", {})).json).toEqual({
        error: "Key: 'ImagePullRequest.Image' Error:Field validation for 'Image' failed on the 'required' tag"
      })
    }).pipe(Effect.provide(seeded))
  )
})

describe("the system", () => {
  it.effect("is healthy, in a version that starts with v", () =>
    Effect.gen(function* () {
      expect((yield* get("/health")).json).toEqual({
        status: "ok",
        name: "stromboli",
        version: "v0.5.7-alpha",
        components: ["podman", "claude-credentials-file", "claude-credentials-secret"].map((name) => ({
          name,
          status: "ok"
        }))
      })
      expect((yield* get("/claude/status")).json).toEqual({ configured: true, message: "Claude is configured" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("answers 200 even when it is degraded", () =>
    Effect.gen(function* () {
      const { json, status } = yield* get("/health")
      expect(status).toBe(200)
      expect(json).toMatchObject({ status: "degraded", version: "dev" })
      expect(at(json, "components", 0)).toEqual({ name: "podman", status: "error", error: "not found" })
      expect((yield* get("/claude/status")).json).toEqual({
        configured: false,
        message: "Run 'make claude-setup' to configure"
      })
    }).pipe(
      Effect.provide(server({ version: "dev", brokenComponents: { podman: "not found" }, claudeConfigured: false }))
    )
  )
})
