import { createHmac } from "node:crypto"
import { open } from "node:fs/promises"
import { join } from "node:path"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { at, get, post, send, textAt } from "../../support.js"
import { generations, inMemory, onPort, type Sandbox, sandbox, sandboxOnPort } from "../sandbox.js"

type Headers = Readonly<Record<string, string>>

const sh = (box: Sandbox, command: string) =>
  Effect.map(box.post("/process/execute", { command }), ({ json }) => textAt(json, "result"))

const modified = "Fri, 02 Jan 2026 03:04:05 GMT"

/** A file of ten bytes, and the response to a request for it with some headers. */
const tenBytes = Effect.gen(function* () {
  const box = yield* sandbox()
  yield* sh(box, "printf 0123456789 > f; touch -d '2026-01-02T03:04:05.9Z' f; : > empty")
  const ask = (headers: Headers, path = "f") =>
    Effect.map(box.get("/files/download", { path }, headers), (answer) => [
      answer.status,
      answer.text,
      answer.headers["content-range"]
    ])
  return { box, ask }
})

describe("downloading a file", () => {
  for (const where of ["in memory", "on a port"]) {
    it.live(`has the right headers, ${where}`, () => {
      const download = (box: Sandbox) =>
        Effect.gen(function* () {
          yield* sh(box, `printf é > 'a "ü" 漢.txt'; touch -d '2026-01-02T03:04:05.9Z' a*`)
          const answer = yield* box.get("/files/download", { path: 'a "ü" 漢.txt' })
          expect([answer.status, answer.text]).toEqual([200, "é"])
          expect(answer.headers).toMatchObject({
            "content-type": "application/octet-stream",
            "content-length": "2",
            "last-modified": modified,
            "accept-ranges": "bytes",
            "content-disposition": `attachment; filename="a \\"ü\\" ?.txt"; filename*=utf-8''a%20%22%C3%BC%22%20%E6%BC%A2.txt`
          })
        })
      return where === "in memory"
        ? Effect.flatMap(sandbox(), download).pipe(Effect.provide(inMemory()))
        : Effect.flatMap(sandboxOnPort, download).pipe(Effect.provide(onPort()))
    })
  }

  it.live("supports ranges", () =>
    Effect.gen(function* () {
      const { ask, box } = yield* tenBytes
      expect(yield* ask({ range: "bytes=2-4" })).toEqual([206, "234", "bytes 2-4/10"])
      expect(yield* ask({ range: "bytes=7-" })).toEqual([206, "789", "bytes 7-9/10"])
      expect(yield* ask({ range: "bytes=7-99" })).toEqual([206, "789", "bytes 7-9/10"])
      expect(yield* ask({ range: "bytes=-3" })).toEqual([206, "789", "bytes 7-9/10"])
      expect(yield* ask({ range: "bytes=-99" })).toEqual([206, "0123456789", "bytes 0-9/10"])
      expect(yield* ask({ range: "bytes=0-0,20-" })).toEqual([206, "0", "bytes 0-0/10"])
      expect(yield* ask({ range: "bytes=0-,0-" })).toEqual([200, "0123456789", undefined])
      expect(yield* ask({ range: "bytes=0-0,x" })).toEqual([416, "invalid range\n", undefined])
      const none = "invalid range: failed to overlap\n"
      expect(yield* ask({ range: "bytes=10-" })).toEqual([416, none, "bytes */10"])
      expect(yield* ask({ range: "bytes=-0" })).toEqual([416, none, "bytes */10"])
      expect(yield* ask({ range: "bytes=4-2" })).toEqual([416, "invalid range\n", undefined])
      expect(yield* ask({ range: "lines=1-2" })).toEqual([416, "invalid range\n", undefined])
      expect((yield* box.get("/files/download", { path: "empty" })).headers["content-length"]).toBe("0")
      expect(yield* ask({ range: "bytes=0-" }, "empty")).toEqual([200, "", undefined])
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("supports conditions", () =>
    Effect.gen(function* () {
      const { ask } = yield* tenBytes
      const earlier = "Fri, 02 Jan 2026 03:04:04 GMT"
      expect(yield* ask({ "if-modified-since": modified })).toEqual([304, "", undefined])
      expect((yield* ask({ "if-modified-since": earlier }))[0]).toBe(200)
      expect((yield* ask({ "if-modified-since": modified, "if-none-match": '"x"' }))[0]).toBe(200)
      expect((yield* ask({ "if-none-match": "*" }))[0]).toBe(304)
      expect((yield* ask({ "if-unmodified-since": earlier }))[0]).toBe(412)
      expect((yield* ask({ "if-match": '"x"' }))[0]).toBe(412)
      expect((yield* ask({ range: "bytes=0-1", "if-range": modified }))[0]).toBe(206)
      expect((yield* ask({ range: "bytes=0-1", "if-range": earlier }))[0]).toBe(200)
      expect((yield* ask({ range: "bytes=0-1", "if-range": '"x"' }))[0]).toBe(200)
    }).pipe(Effect.provide(inMemory()))
  )

  for (const generation of generations) {
    it.live(`of generation ${generation} refuses what is not a file`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        yield* sh(box, "mkdir d; mkfifo p")
        const ask = (path: string) => Effect.map(box.get("/files/download", { path }), ({ status }) => status)
        expect([yield* ask("no"), yield* ask("d"), yield* ask("")]).toEqual([404, 400, 400])
        // The older daemon waits until something writes into a pipe.
        if (generation === "current") expect(yield* ask("p")).toBe(400)
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("reads only as much as the client consumes", () =>
    Effect.gen(function* () {
      const box = yield* sandboxOnPort
      const home = textAt((yield* box.get("/user-home-dir")).json, "dir")
      const size = 3 * 1024 ** 3
      yield* Effect.promise(async () => {
        const file = await open(join(home, "huge"), "w")
        await file.truncate(size)
        await file.close()
      })
      const response = yield* HttpClient.execute(HttpClientRequest.get(`${box.url}/files/download?path=huge`))
      expect(response.headers["content-length"]).toBe(`${size}`)
      const taken = yield* response.stream.pipe(
        Stream.scan(0, (length, part) => length + part.length),
        Stream.takeUntil((length) => length > 50_000_000),
        Stream.runLast
      )
      expect(taken._tag).toBe("Some")
    }).pipe(Effect.provide(onPort()))
  )
})

describe("downloading several files", () => {
  const boundary = "DAYTONA-FILE-BOUNDARY"

  for (const where of ["in memory", "on a port"]) {
    it.live(`returns them in order as parts of one body, ${where}`, () => {
      const download = (box: Sandbox) =>
        Effect.gen(function* () {
          yield* sh(box, `mkdir d; printf one > a.txt; printf -- '--${boundary}--' > 'ü".bin'`)
          const answer = yield* box.post("/files/bulk-download", { paths: ["a.txt", "no", "d", 'ü".bin', ""] })
          expect(answer.status).toBe(200)
          expect(answer.headers["content-type"]).toBe(`multipart/form-data; boundary=${boundary}`)
          expect(answer.headers["content-length"]).toBeUndefined()
          // The headers of a part are Latin-1, which is not valid UTF-8.
          const [a = "", none = "", directory = "", b = "", empty = "", end] = answer.text
            .split(new RegExp(`(?:^|\\r\\n)--${boundary}(?:\\r\\n|--\\r\\n$)`))
            .slice(1)
          expect(end).toBe("")
          expect(a).toBe(
            'Content-Disposition: form-data; name="file"; filename="a.txt"; filename*=utf-8\'\'a.txt\r\n' +
              "Content-Length: 3\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none"
          )
          expect(b).toBe(
            'Content-Disposition: form-data; name="file"; filename="\uFFFD\\".bin"; filename*=utf-8\'\'%C3%BC%22.bin\r\n' +
              `Content-Length: 25\r\nContent-Type: application/octet-stream\r\n\r\n--${boundary}--`
          )
          const errors = [none, directory, empty].map((part) => {
            const [head = "", body = ""] = part.split("\r\n\r\n")
            expect(head).toMatch(/^Content-Disposition: form-data; name="error"; filename=/)
            expect(head).toMatch(/\r\nContent-Type: application\/json; charset=utf-8$/)
            const json: unknown = JSON.parse(body)
            return [at(json, "statusCode"), at(json, "code"), at(json, "path"), at(json, "method")]
          })
          expect(errors).toEqual([
            [404, "FILE_NOT_FOUND", "no", "POST"],
            [400, "INVALID_FILE_PATH", "d", "POST"],
            [400, "INVALID_FILE_PATH", "", "POST"]
          ])
        })
      return where === "in memory"
        ? Effect.flatMap(sandbox(), download).pipe(Effect.provide(inMemory()))
        : Effect.flatMap(sandboxOnPort, download).pipe(Effect.provide(onPort()))
    })
  }

  it.live("refuses bodies without paths, as text or JSON in the older daemon", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const unreadable = yield* box.post("/files/bulk-download", "{")
      expect([unreadable.status, unreadable.headers["content-type"]]).toEqual([400, "text/plain; charset=utf-8"])
      expect(at(unreadable.json, "error")).toEqual(expect.any(String))
      const none = yield* box.post("/files/bulk-download", { paths: [] })
      expect([none.status, none.headers["content-type"]]).toEqual([400, "application/json; charset=utf-8"])
      expect(at(none.json, "error")).toEqual(expect.any(String))
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )
})

describe("a signed URL", () => {
  const sign = (key: string, method: string, path: string, expires: number) => {
    const signature = createHmac("sha256", key).update(`v1:files:${method}:${path}:${expires}`).digest("base64url")
    return `?${new URLSearchParams({ path, expires: `${expires}`, signature: `v1_${signature}` })}`
  }
  const key = { authorization: "Bearer good" }

  const signing = Effect.gen(function* () {
    const id = textAt((yield* post("/sandbox", {}, key)).json, "id")
    const url = `http://daytona.test/proxy/toolbox/${id}/files`
    const signingKey = (yield* get(`/sandbox/${id}/signing-key`, key)).json
    return { id, url, signingKey: String(signingKey) }
  })

  it.live("is valid for one file and one method, until it expires or the key changes", () =>
    Effect.gen(function* () {
      const { id, signingKey, url } = yield* signing
      const now = Math.floor(Date.now() / 1000)
      const download = (path: string, expires: number, named = path) =>
        Effect.map(
          send(HttpClientRequest.get(`${url}/download${sign(signingKey, "GET", path, expires).replace(path, named)}`)),
          ({ status, text }) => (status === 200 ? text : status)
        )
      const uploaded = yield* send(
        HttpClientRequest.post(`${url}/upload-v2${sign(signingKey, "POST", "f.txt", 0)}`).pipe(
          HttpClientRequest.bodyText("content")
        )
      )
      expect(uploaded.json).toEqual({ name: "f.txt", path: "f.txt", type: "file" })
      expect(yield* download("f.txt", 0)).toBe("content")
      expect(yield* download("f.txt", now + 60)).toBe("content")
      expect(yield* download("f.txt", now - 1)).toBe(401)
      expect(yield* download("f.txt", 0, "g.txt")).toBe(401)
      expect((yield* send(HttpClientRequest.get(`${url}/info${sign(signingKey, "GET", "f.txt", 0)}`))).status).toBe(401)
      yield* post(`/sandbox/${id}/signing-key/rotate`, undefined, key)
      expect(yield* download("f.txt", 0)).toBe(401)
    }).pipe(Effect.provide(inMemory({ auth: { apiKeys: ["good"] } })))
  )
})
