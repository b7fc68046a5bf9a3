import { createHash } from "node:crypto"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import * as HttpBody from "@effect/platform/HttpBody"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as formParts from "../../../../../src/embedded/daytona/toolbox/files/formParts.js"
import { at, textAt } from "../../support.js"
import { generations, inMemory, onPort, type Sandbox, sandbox, sandboxOnPort } from "../sandbox.js"

const sh = (box: Sandbox, command: string) =>
  Effect.map(box.post("/process/execute", { command }), ({ json }) => textAt(json, "result"))

const boundary = "a-boundary"
const type = `multipart/form-data; boundary=${boundary}`

/** A part of a form: its name, perhaps a file name, and its content. */
type Part = readonly [name: string, content: string, fileName?: string]

const partOf = ([name, content, fileName]: Part) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${
    fileName === undefined ? "" : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`
  }\r\n\r\n${content}\r\n`

const form = (...parts: ReadonlyArray<Part>) => HttpBody.text(`${parts.map(partOf).join("")}--${boundary}--\r\n`, type)

const size = 96 * 1024 * 1024
const block = new Uint8Array(1024 * 1024).map((_, index) => (index * 7) % 251)
const blocks = Stream.range(1, size / block.length).pipe(
  Stream.map(() => block),
  Stream.rechunk(1)
)
const digest = () => {
  const hash = createHash("sha256")
  for (let sent = 0; sent < size; sent += block.length) hash.update(block)
  return hash.digest("hex")
}

const text = (content: string) => Stream.make(new TextEncoder().encode(content))

describe("uploading several files", () => {
  for (const generation of generations) {
    it.live(`writes each to its path, with generation ${generation}`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        yield* sh(box, "echo longer than before > a")
        const answer = yield* box.post(
          "/files/bulk-upload",
          form(
            ["files[0].path", " a "],
            ["files[0].file", "one", "x"],
            ["other", "ignored"],
            ["files[b c].path", "d/é/b"],
            ["files[b c].file", "\r\n--a-\r\n", "y"],
            ["files[2].path", "c"],
            ["files[2].file", ""]
          )
        )
        expect([answer.status, answer.json]).toEqual([
          200,
          {
            files: [
              { path: "a", bytes: 3 },
              { path: "d/é/b", bytes: 8 },
              { path: "c", bytes: 0 }
            ]
          }
        ])
        expect(yield* sh(box, "cat a; od -An -tx1 d/é/b | tr -d ' '; stat -c %s c")).toBe("one0d0a2d2d612d0d0a\n0\n")
        expect((yield* box.post("/files/bulk-upload", form())).json).toEqual({ files: null })
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("writes what it can and reports the failures", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "mkdir d")
      const { json, status } = yield* box.post(
        "/files/bulk-upload",
        form(
          ["files[0].file", "no path", "x"],
          ["files[1].path", "d"],
          ["files[1].file", "a directory", "x"],
          ["files[2].path", "/etc/outside"],
          ["files[2].file", "outside", "x"],
          ["files[3].path", "ok"],
          ["files[3].file", "fine", "x"]
        )
      )
      expect([status, at(json, "files")]).toEqual([400, [{ path: "ok", bytes: 4 }]])
      expect(at(json, "errors")).toEqual([
        "files[0].file: missing path",
        "d: open d: is a directory",
        expect.stringContaining("/etc/outside")
      ])
      expect(yield* sh(box, "cat ok")).toBe("fine")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("refuses malformed and truncated forms, and keeps what arrived", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const none = yield* box.post("/files/bulk-upload", {})
      expect([none.status, none.json]).toEqual([400, { errors: ["invalid multipart form"] }])
      const cut = partOf(["files[0].path", "f"]) + partOf(["files[0].file", "partial", "x"]).slice(0, -4)
      const answer = yield* box.post("/files/bulk-upload", HttpBody.text(cut, type))
      expect([answer.status, answer.json]).toEqual([400, { errors: ["reading part: unexpected EOF"], files: null }])
      expect(yield* sh(box, "cat f")).toMatch(/^part/)
    }).pipe(Effect.provide(inMemory()))
  )

  for (const where of ["in memory", "on a port"]) {
    it.live(`streams large files to the disk, ${where}`, () => {
      const upload = (box: Sandbox) =>
        Effect.gen(function* () {
          const head = `${partOf(["files[0].path", "big"])}${partOf(["files[0].file", "", "x"]).slice(0, -2)}`
          const home = textAt((yield* box.get("/user-home-dir")).json, "dir")
          const lags: Array<number> = []
          // How much the client has sent that is not yet on the disk, block by block.
          const watched = Stream.mapEffect(Stream.zipWithIndex(blocks), ([bytes, index]) =>
            Effect.promise(async () => {
              const written = (await stat(join(home, "big")).catch(() => undefined))?.size ?? 0
              lags.push(index * bytes.length - written)
              return bytes
            })
          )
          const body = Stream.concat(text(head), Stream.concat(watched, text(`\r\n--${boundary}--\r\n`)))
          const { json } = yield* box.post("/files/bulk-upload", HttpBody.stream(body, type))
          expect(json).toEqual({ files: [{ path: "big", bytes: size }] })
          expect(Math.max(...lags)).toBeLessThan(size / 4)
          expect((yield* sh(box, "sha256sum big")).slice(0, 64)).toBe(digest())
        })
      return where === "in memory"
        ? Effect.flatMap(sandbox(), upload).pipe(Effect.provide(inMemory()))
        : Effect.flatMap(sandboxOnPort, upload).pipe(Effect.provide(onPort()))
    })
  }

  it.live("leaves a partial file behind when the client disconnects", () =>
    Effect.gen(function* () {
      const box = yield* sandboxOnPort
      const head = `${partOf(["files[0].path", "f"])}${partOf(["files[0].file", "", "x"]).slice(0, -2)}`
      const body = Stream.concat(text(`${head}${"x".repeat(100_000)}`), Stream.never)
      const fiber = yield* Effect.fork(box.post("/files/bulk-upload", HttpBody.stream(body, type)))
      const lengthOf = Effect.map(box.get("/files/info", { path: "f" }), ({ json }) => Number(at(json, "size")))
      yield* Effect.repeat(lengthOf, {
        until: (length) => length > 90_000,
        schedule: Schedule.spaced("10 millis")
      }).pipe(Effect.timeout("10 seconds"))
      yield* Fiber.interrupt(fiber)
      expect(yield* lengthOf).toBeGreaterThan(90_000)
    }).pipe(Effect.provide(onPort()))
  )
})

describe("uploading one file", () => {
  it.live("accepts a form or a body in the newer daemon", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const raw = yield* box.post("/files/upload-v2?path=d/e/raw", HttpBody.text("raw", "application/octet-stream"))
      expect([raw.status, raw.json]).toEqual([200, { name: "raw", path: "d/e/raw", type: "file" }])
      const formed = yield* box.post("/files/upload-v2?path=form", form(["x", "no"], ["file", "formed", "n"]))
      expect(formed.status).toBe(200)
      const empty = yield* box.post("/files/upload-v2?path=empty")
      expect(empty.status).toBe(200)
      expect(yield* sh(box, "cat d/e/raw form empty")).toBe("rawformed")
      const refused = [
        yield* box.post("/files/upload-v2?path=", HttpBody.text("x")),
        yield* box.post("/files/upload-v2?path=d", HttpBody.text("x")),
        yield* box.post("/files/upload-v2?path=y", form(["x", "no"])),
        yield* box.post("/files/upload-v2?path=y", HttpBody.text("no form", type))
      ]
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400])
      expect((yield* box.post("/files/upload?path=x", form(["file", "x", "x"]))).status).toBe(404)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("accepts a form in the older one", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const { status, text: body } = yield* box.post("/files/upload?path=d/f", form(["file", "formed", "n"]))
      expect([status, body]).toEqual([200, ""])
      expect(yield* sh(box, "cat d/f; stat -c ' %a' d")).toBe("formed 750\n")
      expect((yield* box.post("/files/upload?path=g", HttpBody.text("x"))).status).toBe(400)
      expect((yield* box.post("/files/upload-v2?path=g", HttpBody.text("x"))).status).toBe(404)
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )
})

describe("an upload that is refused", () => {
  const large = "x".repeat(2 * 1024 * 1024)
  const file: Part = ["file", large, "n"]
  const broken = HttpBody.text(`--${boundary}\r\nno header\r\n\r\n${large}`, type)

  for (const generation of generations) {
    it.live(`is answered on a port, not reset, by generation ${generation}`, () =>
      Effect.gen(function* () {
        const box = yield* sandboxOnPort
        const route = generation === "current" ? "/files/upload-v2" : "/files/upload"
        const statuses = (bodies: ReadonlyArray<readonly [string, HttpBody.HttpBody]>) =>
          Effect.forEach(bodies, ([path, body]) => Effect.map(box.post(path, body), ({ status }) => status))
        const upload = (path: string) => [`${route}?path=${encodeURIComponent(path)}`, form(file)] as const
        expect(
          yield* statuses([upload("/etc/x"), [route, form(file)], upload("."), [`${route}?path=f`, broken]])
        ).toEqual([403, 400, 400, 400])
        const bulk = form(["files[0].path", "/etc/x"], ["files[0].file", large, "n"], ["files[1].file", large, "n"])
        expect(
          yield* statuses([
            ["/files/bulk-upload", bulk],
            ["/files/bulk-upload", broken],
            ["/files/bulk-upload", HttpBody.text(large, "multipart/form-data")]
          ])
        ).toEqual([400, 400, 400])
      }).pipe(Effect.provide(onPort({ generation })))
    )
  }
})

describe("a form in chunks", () => {
  const whole = new TextEncoder().encode(
    `${partOf(["a", "--"])}${partOf(["b", "\r\n--a-boundar\r\n----", "n"])}${partOf(["c", ""])}--${boundary}--\r\n`
  )

  const parse = (pieces: ReadonlyArray<Uint8Array>) =>
    formParts.read({ "content-type": type }, Stream.fromIterable(pieces)).pipe(
      Stream.map((event) =>
        event._tag === "Bytes"
          ? Buffer.from(event.bytes).toString()
          : event._tag === "Begin"
            ? `<${event.head.name}>`
            : `</${event._tag}>`
      ),
      Stream.mkString,
      Effect.runSync
    )

  const expected = "<a>--</End><b>\r\n--a-boundar\r\n----</End><c></End>"

  it("is parsed the same wherever it is split", () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      expect([cut, parse([whole.slice(0, cut), whole.slice(cut)])]).toEqual([cut, expected])
    }
  })

  it("is parsed the same however often it is split", () => {
    const cuts = FastCheck.array(FastCheck.nat(whole.length), { maxLength: 20 })
    FastCheck.assert(
      FastCheck.property(cuts, (positions) => {
        const ends = [...positions, whole.length].sort((a, b) => a - b)
        const pieces = ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end))
        expect(parse(pieces)).toBe(expected)
      })
    )
    expect(parse(Array.from(whole, (byte) => Uint8Array.of(byte)))).toBe(expected)
  })
})
