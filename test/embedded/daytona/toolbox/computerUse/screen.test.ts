import { inflateSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, textAt } from "../../support.js"
import { withRunningDesktop } from "./support.js"

const sizeOfPng = (screenshot: string) => {
  const bytes = Buffer.from(screenshot, "base64")
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n")
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bytes }
}

describe("screenshots", () => {
  it.live("show the whole screen, with the position of the pointer if that is shown", () =>
    Effect.gen(function* () {
      const { get, post } = yield* withRunningDesktop()
      yield* post("/computeruse/mouse/move", { x: 50, y: 60 })
      const plain = yield* get("/computeruse/screenshot")
      expect(Object.keys(plain.json ?? {})).toEqual(["screenshot", "cursorPosition"])
      const { bytes, height, width } = sizeOfPng(textAt(plain.json, "screenshot"))
      expect([width, height]).toEqual([320, 200])
      expect(at(plain.json, "cursorPosition")).toEqual({ x: 0, y: 0 })
      const data = bytes.indexOf("IDAT")
      const rows = inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)))
      expect(rows).toHaveLength(200 * (320 * 3 + 1))

      const shown = yield* get("/computeruse/screenshot", { showCursor: "true" })
      expect(at(shown.json, "cursorPosition")).toEqual({ x: 50, y: 60 })
      expect(textAt(shown.json, "screenshot")).not.toBe(textAt(plain.json, "screenshot"))
    }).pipe(Effect.scoped)
  )

  it.live("show valid regions", () =>
    Effect.gen(function* () {
      const { get } = yield* withRunningDesktop()
      const region = { x: "10", y: "20", width: "30", height: "40" }
      const { json } = yield* get("/computeruse/screenshot/region", region)
      expect(sizeOfPng(textAt(json, "screenshot"))).toMatchObject({ width: 30, height: 40 })
      expect(at(json, "cursorPosition")).toEqual({ x: 10, y: 20 })
      const noWidth = yield* get("/computeruse/screenshot/region", { ...region, width: "0" })
      expect([noWidth.status, noWidth.json]).toEqual([
        400,
        { error: "invalid screenshot region: width and height must be greater than zero" }
      ])
      const noNumber = yield* get("/computeruse/screenshot/region/compressed", { ...region, x: "a" })
      expect([noNumber.status, noNumber.json]).toEqual([400, { error: "Invalid parameters" }])
    }).pipe(Effect.scoped)
  )

  it.live("show no more of a region than is on the screen, whatever its size", () =>
    Effect.gen(function* () {
      const { get } = yield* withRunningDesktop()
      const shown = (query: Readonly<Record<string, string>>, path = "") =>
        Effect.map(get(`/computeruse/screenshot/region${path}`, query), ({ json, status }) =>
          status === 200 ? sizeOfPng(textAt(json, "screenshot")) : status
        )
      const huge = { x: "-10", y: "150", width: "594196054", height: "99999999999999999999" }
      expect(yield* shown(huge)).toMatchObject({ width: 320, height: 50 })
      expect(yield* shown(huge, "/compressed")).toMatchObject({ width: 320, height: 50 })
      expect(yield* shown({ x: "20000", y: "0", width: "20000", height: "20000" })).toBe(400)
    }).pipe(Effect.scoped)
  )

  it.live("are scaled on request, and report their size", () =>
    Effect.gen(function* () {
      const { get } = yield* withRunningDesktop()
      const compressed = (query: Readonly<Record<string, string>>) =>
        Effect.map(get("/computeruse/screenshot/compressed", query), ({ json }) => {
          const bytes = Buffer.from(textAt(json, "screenshot"), "base64")
          expect(at(json, "sizeBytes")).toBe(bytes.length)
          expect(at(json, "cursorPosition")).toBeUndefined()
          return bytes
        })
      const half = yield* compressed({ scale: "0.5" })
      expect(sizeOfPng(half.toString("base64"))).toMatchObject({ width: 160, height: 100 })
      const jpeg = yield* compressed({ format: "jpeg", quality: "10", scale: "0.25" })
      expect(jpeg.subarray(0, 2).toString("hex")).toBe("ffd8")
      expect(jpeg.subarray(-2).toString("hex")).toBe("ffd9")
      const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
      expect([jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]).toEqual([80, 50])
      for (const query of [{ format: "webp", scale: "0.5" }, { scale: "7" }, { scale: "x" }]) {
        expect(sizeOfPng((yield* compressed(query)).toString("base64"))).toMatchObject({ width: 320, height: 200 })
      }
    }).pipe(Effect.scoped)
  )
})
