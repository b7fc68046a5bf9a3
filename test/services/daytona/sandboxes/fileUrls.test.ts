import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Sandboxes, SandboxId } from "../../../../src/daytona.js"
import { signature } from "../../../../src/services/daytona/sandboxes/fileUrls.js"
import { daytonaOver } from "../../../support/daytonaOver.js"
import * as Script from "../../../support/scriptedServer.js"

const id = SandboxId.make("s-1")
const path = "/home/daytona/a b.txt"

/** A server that responds with a key and an address. */
const server = () => {
  const script = Script.scripted(Script.json("test-signing-key"), Script.json({ url: "https://proxy.test/toolbox/" }))
  return { ...script, sandboxes: daytonaOver(script.layer) }
}

describe("a signed file URL", () => {
  it.effect("has the signature of the published test vector", () =>
    Effect.map(
      signature({ key: Redacted.make("test-signing-key"), method: "GET", path, expires: 1_700_000_000 }),
      (signed) => expect(signed).toBe("v1_mItW4_t3gnH91UF_wE2kaCnYZk3zV1ApTRowy_pNIFg")
    )
  )

  it.effect("cannot be made with an empty key", () =>
    Effect.map(Effect.flip(signature({ key: Redacted.make(""), method: "GET", path, expires: 0 })), (failure) =>
      expect(failure._tag).toBe("InvalidRequest")
    )
  )

  it.effect("points to the toolbox, is signed for one use, one path and one hour, and is a secret", () => {
    const { asked, sandboxes } = server()
    return Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_000 - 3_600_000)
      const url = yield* Effect.flatMap(Sandboxes, (all) => all.signedFileUrl(id, { path, use: "download" }))
      expect(String(url)).toBe("<redacted>")
      expect(Redacted.value(url)).toBe(
        "https://proxy.test/toolbox/s-1/files/download?path=%2Fhome%2Fdaytona%2Fa+b.txt&expires=1700000000&signature=v1_mItW4_t3gnH91UF_wE2kaCnYZk3zV1ApTRowy_pNIFg"
      )
      expect(asked.map(({ url }) => new URL(url).pathname)).toEqual([
        "/api/sandbox/s-1/signing-key",
        "/api/sandbox/s-1/toolbox-proxy-url"
      ])
    }).pipe(Effect.provide(sandboxes))
  })

  it.effect("for an upload has another endpoint, and one without expiry says so", () => {
    const { sandboxes } = server()
    return Effect.gen(function* () {
      const url = yield* Effect.flatMap(Sandboxes, (all) =>
        all.signedFileUrl(id, { path, use: "upload", expiresIn: Duration.infinity })
      )
      expect(Redacted.value(url)).toContain("/s-1/files/upload-v2?")
      expect(Redacted.value(url)).toContain("&expires=0&")
    }).pipe(Effect.provide(sandboxes))
  })

  it.effect("fetches the key again after 15 seconds, and after the key was rotated", () => {
    const key = Script.json("k")
    const url = Script.json({ url: "https://proxy.test/toolbox" })
    const script = Script.scripted(key, url, key, url, key, key, url)
    return Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const sign = sandboxes.signedFileUrl(id, { path, use: "download" })
      yield* sign
      yield* sign
      expect(script.asked).toHaveLength(2)
      yield* TestClock.adjust("16 seconds")
      yield* sign
      expect(script.asked).toHaveLength(4)
      yield* sandboxes.rotateSigningKey(id)
      yield* sign
      expect(script.asked).toHaveLength(7)
    }).pipe(Effect.provide(daytonaOver(script.layer)))
  })
})
