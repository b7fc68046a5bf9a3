import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, textAt } from "../../support.js"
import { base } from "../machineSupport.js"
import { generations, withDesktop } from "./support.js"

describe("recordings", () => {
  for (const generation of generations) {
    it.live(`start, stop, are listed, downloaded and deleted (${generation})`, () =>
      Effect.gen(function* () {
        const { client, del, get, machine, post } = yield* withDesktop(generation)
        const started = yield* post("/computeruse/recordings/start", { label: "My demo.1" })
        expect(started.status).toBe(201)
        expect(started.json).toMatchObject({
          status: "recording",
          fileName: expect.stringMatching(/^My demo\.1_.*\.mp4$/)
        })
        expect(at(started.json, "durationSeconds")).toBeUndefined()
        expect(textAt(started.json, "filePath").startsWith(`${machine.home}/`)).toBe(true)
        const id = textAt(started.json, "id")

        const active = yield* del(`/computeruse/recordings/${id}`)
        expect(active.status).toBe(generation === "0.190" ? 400 : 409)
        expect(at(active.json, "code")).toBe(generation === "0.190" ? undefined : "RECORDING_STILL_ACTIVE")

        const stopped = yield* post("/computeruse/recordings/stop", { id })
        expect(stopped.status).toBe(200)
        expect(stopped.json).toMatchObject({
          id,
          status: "completed",
          endTime: expect.any(String),
          durationSeconds: expect.any(Number),
          sizeBytes: expect.any(Number)
        })
        expect((yield* post("/computeruse/recordings/stop", { id })).status).toBe(404)
        expect((yield* get("/computeruse/recordings")).json).toEqual({ recordings: [stopped.json] })
        expect((yield* get(`/computeruse/recordings/${id}`)).json).toEqual(stopped.json)

        const download = (range?: string) =>
          Effect.flatMap(
            client.execute(
              HttpClientRequest.get(`${base}/computeruse/recordings/${id}/download`, {
                headers: range === undefined ? {} : { range }
              })
            ),
            (response) =>
              Effect.map(response.arrayBuffer, (bytes) => ({
                status: response.status,
                headers: response.headers,
                bytes: Buffer.from(bytes)
              }))
          )
        const whole = yield* download()
        expect(whole.headers["content-type"]).toBe("video/mp4")
        expect(whole.bytes.toString("latin1", 4, 8)).toBe("ftyp")
        expect(whole.bytes.length).toBe(at(stopped.json, "sizeBytes"))
        const size = whole.bytes.length
        for (const [range, from, to] of [
          ["bytes=4-7", 4, 8],
          [`bytes=${size - 3}-`, size - 3, size],
          ["bytes=-2", size - 2, size],
          ["bytes=0-99999999", 0, size]
        ] as const) {
          const part = yield* download(range)
          expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes ${from}-${to - 1}/${size}`])
          expect(part.bytes.equals(whole.bytes.subarray(from, to))).toBe(true)
        }
        const several = yield* download("bytes=0-1,4-7")
        const [, boundary = ""] =
          /^multipart\/byteranges; boundary=([0-9a-f]+)$/.exec(several.headers["content-type"] ?? "") ?? []
        const parts = [
          [0, 2],
          [4, 8]
        ] as const
        const body = parts.map(
          ([from, to]) =>
            `--${boundary}\r\nContent-Range: bytes ${from}-${to - 1}/${size}\r\nContent-Type: video/mp4\r\n\r\n${whole.bytes.toString("latin1", from, to)}\r\n`
        )
        expect([several.status, several.bytes.toString("latin1")]).toEqual([206, `${body.join("")}--${boundary}--\r\n`])
        expect((yield* download(`bytes=${size}-`)).status).toBe(416)

        const deleted = yield* del(`/computeruse/recordings/${id}`)
        expect([deleted.status, deleted.text]).toEqual([204, ""])
        expect((yield* get(`/computeruse/recordings/${id}`)).status).toBe(404)
        expect((yield* get(`/computeruse/recordings/${id}/download`)).status).toBe(404)
        expect((yield* get("/computeruse/recordings")).json).toEqual({ recordings: [] })
      }).pipe(Effect.scoped)
    )
  }

  it.live("have an optional label, which cannot be a path", () =>
    Effect.gen(function* () {
      const { post } = yield* withDesktop("0.190")
      for (const label of ["../up", ".hidden", "a/b", "x".repeat(101)]) {
        const answer = yield* post("/computeruse/recordings/start", { label })
        expect([answer.status, at(answer.json, "error")]).toEqual([400, "invalid_label"])
      }
      expect((yield* post("/computeruse/recordings/start")).status).toBe(201)
      expect((yield* post("/computeruse/recordings/start", "not json")).status).toBe(201)
      const nameless = yield* post("/computeruse/recordings/stop", {})
      expect([nameless.status, nameless.json]).toEqual([400, { error: "id is required" }])
      expect((yield* post("/computeruse/recordings/stop", { id: "x" })).status).toBe(404)
    }).pipe(Effect.scoped)
  )
})
