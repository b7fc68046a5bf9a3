import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { at, get, post, put, server, verdict } from "./support.js"

const box = post("/sandbox", { name: "box", labels: { a: "1", b: "2" } })

describe("labels", () => {
  it.effect("are replaced as a whole, and the response is the whole sandbox", () =>
    Effect.gen(function* () {
      yield* box
      const answer = yield* put("/sandbox/box/labels", { labels: { c: "3" } })
      expect([answer.status, at(answer.json, "labels"), at(answer.json, "name")]).toEqual([200, { c: "3" }, "box"])
      expect(at((yield* put("/sandbox/box/labels", {})).json, "labels")).toEqual({ c: "3" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("may conflict with another change", () =>
    Effect.gen(function* () {
      yield* box
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "update", outcome: Outcome.modifiedMeanwhile })
      const lost = yield* put("/sandbox/box/labels", { labels: {} })
      expect(verdict(lost)).toEqual([409, "Sandbox was modified by another operation"])
      expect(at((yield* get("/sandbox/box")).json, "labels")).toEqual({ a: "1", b: "2" })
      expect(yield* outcomes.pending).toEqual([])
    }).pipe(Effect.provide(server()))
  )
})

describe("intervals", () => {
  it.effect("are set with 201", () =>
    Effect.gen(function* () {
      yield* box
      const set = (path: string, field: string) =>
        Effect.map(post(`/sandbox/box/${path}`), ({ json, status }) => [status, at(json, field)])
      expect(yield* set("autostop/0", "autoStopInterval")).toEqual([201, 0])
      expect(yield* set("autoarchive/0", "autoArchiveInterval")).toEqual([201, 43_200])
      expect(yield* set("autoarchive/99999", "autoArchiveInterval")).toEqual([201, 43_200])
      expect(yield* set("autodelete/-1", "autoDeleteInterval")).toEqual([201, -1])
      expect(yield* set("autodelete/5", "autoDeleteInterval")).toEqual([201, 5])
      yield* TestClock.adjust("1 minute")
      expect(yield* set("ttl/10", "autoDestroyAt")).toEqual([201, "1970-01-01T00:11:00.000Z"])
      expect(yield* set("ttl/0", "autoDestroyAt")).toEqual([201, undefined])
      expect(yield* set("public/true", "public")).toEqual([201, true])
    }).pipe(Effect.provide(server()))
  )

  it.effect("are validated", () =>
    Effect.gen(function* () {
      yield* box
      const paths: ReadonlyArray<readonly [string, string, status?: number]> = [
        ["autostop/-1", "Auto-stop interval must be non-negative"],
        ["autoarchive/-1", "Auto-archive interval must be non-negative"],
        ["autostop/soon", "An unexpected error occurred.", 500],
        ["autostop/1.5", "An unexpected error occurred.", 500],
        ["autostop/99999999999", "An unexpected error occurred.", 500],
        ["public/maybe", "Validation failed (boolean string is expected)"],
        ["autopause/5", "Auto-pause is not supported for this sandbox"]
      ]
      const answers = yield* Effect.forEach(paths, ([path]) => Effect.map(post(`/sandbox/box/${path}`), verdict))
      expect(answers).toEqual(paths.map(([, message, status = 400]) => [status, message]))
    }).pipe(Effect.provide(server()))
  )

  it.effect("of a sandbox with a GPU stay ephemeral", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "gpu", autoDeleteInterval: 0 })
      expect(verdict(yield* post("/sandbox/gpu/autodelete/5"))).toEqual([400, "GPU sandboxes must remain ephemeral"])
    }).pipe(Effect.provide(server({ snapshots: [{ name: "g", gpu: 1, gpuType: "H100" }] })))
  )
})

describe("network settings", () => {
  const shown = (json: unknown) =>
    ["networkBlockAll", "networkAllowList", "domainAllowList"].map((key) => at(json, key))

  it.effect("exclude each other", () =>
    Effect.gen(function* () {
      yield* box
      const steps: ReadonlyArray<readonly [object, ReadonlyArray<unknown>]> = [
        [{ networkAllowList: "10.0.0.0/8" }, [false, "10.0.0.0/8", null]],
        [{ domainAllowList: "*.example.com" }, [false, "10.0.0.0/8", "*.example.com"]],
        [{ networkBlockAll: true }, [true, null, "*.example.com"]],
        [{ networkAllowList: "10.0.0.0/8", networkBlockAll: false }, [false, "10.0.0.0/8", "*.example.com"]],
        [{ networkBlockAll: false }, [false, null, "*.example.com"]],
        [{ networkAllowList: "", domainAllowList: "" }, [false, null, null]]
      ]
      const results = yield* Effect.forEach(steps, ([body]) =>
        Effect.map(post("/sandbox/box/network-settings", body), ({ json }) => shown(json))
      )
      expect(results).toEqual(steps.map(([, expected]) => expected))
    }).pipe(Effect.provide(server()))
  )

  it.effect("must not be empty", () =>
    Effect.gen(function* () {
      yield* box
      expect(verdict(yield* post("/sandbox/box/network-settings", {}))).toEqual([
        400,
        "At least one of networkBlockAll, networkAllowList or domainAllowList must be provided"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("cannot be changed where egress is restricted", () =>
    Effect.gen(function* () {
      yield* box
      expect((yield* post("/sandbox/box/network-settings", { networkBlockAll: false })).status).toBe(400)
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", restrictedEgress: true }] })))
  )
})

describe("secrets of a sandbox", () => {
  it.effect("must exist, and are replaced as a whole", () =>
    Effect.gen(function* () {
      yield* box
      yield* post("/secret", { name: "prod", value: "v" })
      const attach = (secrets: unknown) => put("/sandbox/box/secrets", { secrets })
      expect((yield* attach([{ KEY: "prod" }])).status).toBe(200)
      expect(verdict(yield* attach([{ KEY: "other" }]))).toEqual([404, "Secret 'other' not found"])
      const { sandboxes } = yield* EmbeddedDaytona
      expect((yield* sandboxes)[0]?.secrets).toEqual([{ KEY: "prod" }])
      yield* attach([])
      expect((yield* sandboxes)[0]?.secrets).toEqual([])
    }).pipe(Effect.provide(server()))
  )
})
