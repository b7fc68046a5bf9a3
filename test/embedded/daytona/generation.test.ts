import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, get, post, server } from "./support.js"

const old = server({ generation: "0.190" })

describe("generation 0.190", () => {
  it.effect("omits what it does not have", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { name: "box", ttlMinutes: 5 })
      const absent = ["spot", "kvm", "autoPauseInterval", "autoDestroyAt"]
      expect(absent.map((key) => at(json, key))).toEqual(absent.map(() => undefined))
      const listed = (yield* get("/sandbox")).json
      expect([at(listed, "items", 0, "name"), at(listed, "items", 0, "networkBlockAll")]).toEqual(["box", undefined])
      const access = (yield* get("/object-storage/push-access")).json
      expect([at(access, "bucket"), at(access, "region")]).toEqual(["daytona-volume-builds", undefined])
      const snapshot = (yield* get("/snapshots/daytona-small")).json
      expect([at(snapshot, "general"), at(snapshot, "sourceSandboxId")]).toEqual([true, undefined])
      const volume = (yield* post("/volumes", { name: "v" })).json
      expect([at(volume, "errorReason"), at(volume, "lastUsedAt")]).toEqual([null, undefined])
    }).pipe(Effect.provide(old))
  )

  it.effect("has fewer routes", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      const answers = [
        yield* get("/secret/paginated"),
        yield* get("/warm-pools"),
        yield* post("/sandbox/box/ttl/5"),
        yield* post("/sandbox/box/autopause/5"),
        yield* post("/sandbox/box/autostop/5")
      ]
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 201])
      expect(answers[0]?.headers["x-daytona-api-version"]).toBe("0.190.0")
    }).pipe(Effect.provide(old))
  )

  it.effect("counts the list with all other requests", () =>
    Effect.gen(function* () {
      const { headers } = yield* get("/sandbox")
      expect(headers["x-ratelimit-limit-authenticated"]).toBe("5")
      expect(headers["x-ratelimit-limit-sandbox-list"]).toBeUndefined()
    }).pipe(
      Effect.provide(
        server({
          generation: "0.190",
          rateLimits: { authenticated: { limit: 5, ttl: 60 }, "sandbox-list": { limit: 5, ttl: 60 } }
        })
      )
    )
  )
})
