import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { type Answer, error, json, refused, reset } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { bytesOf, eventually, generations, inMemory, pattern } from "./support.js"

const bulkUpload = "/files/bulk-upload"

const uploads = Effect.flatMap(EmbeddedDaytona, ({ requests }) =>
  Effect.map(requests, (all) => all.filter(({ path }) => path.endsWith(bulkUpload)).length)
)

class Sour extends Data.TaggedError("Sour")<{ readonly status: number }> {}

describe.each(generations)("with generation %s", (generation) => {
  const layer = inMemory({ generation })

  it.live("streams, text and bytes arrive complete, in directories that are created", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const content = pattern(100_000)
      const pieces = [
        content.subarray(0, 1),
        content.subarray(1, 1),
        content.subarray(1, 70_000),
        content.subarray(70_000)
      ]
      yield* files.upload("a/b/ü 'c'", Stream.fromIterable(pieces))
      expect(yield* files.readBytes("a/b/ü 'c'")).toEqual(content)
      yield* files.upload("counted", Stream.fromIterable(pieces), { length: content.length })
      expect(yield* files.readBytes("counted")).toEqual(content)
      yield* files.writeText("empty", "")
      expect(yield* files.readBytes("empty")).toEqual(new Uint8Array())
      yield* files.writeText("counted", "shorter")
      expect(yield* files.readText("counted")).toBe("shorter")
    }).pipe(Effect.provide(layer))
  )

  it.live("many files are sent with one request, and those that failed are told from those that were written", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const before = yield* uploads
      expect(
        yield* files.uploadMany([
          { path: "m/1", content: "one" },
          { path: "m/2", content: Stream.make(bytesOf("tw"), bytesOf("o!")) },
          { path: "m/3", content: new Uint8Array() }
        ])
      ).toEqual([
        { path: "m/1", bytes: 3 },
        { path: "m/2", bytes: 4 },
        { path: "m/3", bytes: 0 }
      ])
      expect((yield* uploads) - before).toBe(1)
      const error = yield* Effect.flip(
        files.uploadMany([
          { path: "m/4", content: "four" },
          { path: "m", content: "a directory" },
          { path: "m/5", content: "five!" }
        ])
      )
      expect(error).toMatchObject({
        _tag: "UploadsFailed",
        status: 400,
        admitted: "yes",
        errors: [expect.stringContaining("m")],
        written: [
          { path: "m/4", bytes: 4 },
          { path: "m/5", bytes: 5 }
        ]
      })
      expect(yield* files.readText("m/5")).toBe("five!")
      expect(yield* files.uploadMany([])).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.live("a file that cannot be written is BadRequest with the reason", () =>
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.createFolder("d")
      expect(yield* Effect.flip(files.writeText("d", "x"))).toMatchObject({
        _tag: "BadRequest",
        subject: "d",
        detail: expect.stringContaining("d")
      })
    }).pipe(Effect.provide(layer))
  )

  it.live("an atomic upload is visible completely or not at all", () =>
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.writeText("it's.conf", "old")
      yield* files.setPermissions("it's.conf", { mode: "0640" })
      const seen: Array<string> = []
      const look = Effect.map(Effect.orDie(files.readText("it's.conf")), (text) => seen.push(text))
      const slow = Stream.make(bytesOf("ne"), bytesOf("w")).pipe(
        Stream.rechunk(1),
        Stream.tap(() => look)
      )
      yield* files.upload("it's.conf", slow, { atomic: true })
      expect(seen).toEqual(["old", "old"])
      expect(yield* files.readText("it's.conf")).toBe("new")
      expect(yield* files.info("it's.conf")).toMatchObject({ permissions: "0640" })
      expect(yield* files.list(".")).toHaveLength(1)

      const failing = Stream.concat(Stream.make(bytesOf("half")), Stream.fail(new Sour({ status: 7 })))
      expect(yield* Effect.flip(files.upload("it's.conf", failing, { atomic: true }))).toEqual(new Sour({ status: 7 }))
      yield* files.createFolder("folder")
      expect(yield* Effect.flip(files.writeText("folder", "x", { atomic: true }))).toMatchObject({
        _tag: "BadRequest",
        detail: expect.stringContaining("directory")
      })
      yield* files.writeText("new/file", "x", { atomic: true })
      expect(yield* files.readText("it's.conf")).toBe("new")
      expect((yield* files.list(".")).map(({ name }) => name).sort()).toEqual(["folder", "it's.conf", "new"])
      expect(yield* files.list("folder")).toEqual([])
    }).pipe(Effect.provide(inMemory({ generation })))
  )
})

it.live("a content that fails is the failure of the upload, and leaves no partial file", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const begun = eventually(Effect.orDie(files.exists("half")))
    // The server has the first half before the rest fails.
    const content = Stream.make(pattern(100_000)).pipe(
      Stream.concat(Stream.drain(Stream.fromEffect(begun))),
      Stream.concat(Stream.fail(new Sour({ status: 400 })))
    )
    for (const length of [undefined, 200_000]) {
      expect(yield* Effect.flip(files.upload("half", content, { length }))).toEqual(new Sour({ status: 400 }))
      expect(yield* files.exists("half")).toBe(false)
    }
  }).pipe(Effect.provide(inMemory()))
)

it.live("an interrupted upload leaves no partial file, and closes its source", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const closed = yield* Ref.make(false)
    const content = Stream.make(pattern(100_000)).pipe(
      Stream.concat(Stream.never),
      Stream.ensuring(Ref.set(closed, true))
    )
    const fiber = yield* Effect.fork(files.upload("half", content))
    yield* eventually(files.exists("half"))
    yield* Fiber.interrupt(fiber)
    expect(yield* files.exists("half")).toBe(false)
    yield* eventually(Ref.get(closed))
  }).pipe(Effect.provide(inMemory()))
)

it.live("an atomic upload that is interrupted leaves the whole file or none, and nothing else", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const { requests } = yield* EmbeddedDaytona
    const content = pattern(50_000)
    const moves = Effect.map(requests, (all) => all.filter(({ body }) => body.includes("mv -f")).length)
    let moved = 0
    // Each is interrupted a little later, until one is late enough, however busy the machine is.
    for (let round = 0; round < 20 || moved === 0; round++) {
      const path = `file-${round}`
      const before = yield* moves
      const fiber = yield* Effect.fork(files.writeBytes(path, content, { atomic: true }))
      // From the moment when the daemon has been asked to move the file.
      yield* eventually(Effect.map(moves, (now) => now > before))
      yield* Effect.sleep(`${round} millis`)
      yield* Fiber.interrupt(fiber)
      const left = yield* files.list(".")
      if (left.length > 0) {
        moved++
        expect(left.map(({ name, size }) => [name, size])).toEqual([[path, content.length]])
        yield* files.delete(path)
      }
      // The move cannot come later: what would be moved has been deleted.
      expect(yield* files.list(".")).toEqual([])
    }
  }).pipe(Effect.provide(inMemory()))
)

it.live("an upload whose response is lost deletes what it wrote", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const { faults } = yield* EmbeddedDaytona
    yield* faults.inject({ fault: Fault.resetAfterRequest, path: bulkUpload })
    expect(yield* Effect.flip(files.upload("lost", Stream.make(bytesOf("x"))))).toMatchObject({
      _tag: "TransportError",
      admitted: "unknown"
    })
    expect(yield* files.exists("lost")).toBe(false)
  }).pipe(Effect.provide(inMemory()))
)

it.effect("a file that the daemon creates only after its deletion is deleted again, also under a test clock", () =>
  Effect.gen(function* () {
    const [missing, deleted] = [error(404, "not found"), { status: 204 }]
    for (const atomic of [false, true]) {
      const late = over(reset, missing, missing, deleted, missing, missing, { status: 500 })
      expect(yield* late.use((files) => files.writeText("late", "x", { atomic }))).toMatchObject({ _tag: "Left" })
      // The temporary file of an atomic upload is deleted once more.
      const deletions = late.lines().filter((line) => line.startsWith("DELETE"))
      expect(deletions.slice(0, 5)).toHaveLength(5)
      expect(new Set(deletions.map((line) => /late/.test(line)))).toEqual(new Set([true]))
    }
    const never = over(reset, missing)
    yield* never.use((files) => files.writeText("never", "x"))
    expect(never.lines()).toHaveLength(9)
  })
)

it.live("a content of another length than declared is not written", () =>
  Effect.gen(function* () {
    const files = yield* Files
    const content = Stream.make(bytesOf("12345"))
    for (const [length, seen] of [
      [4, "more"],
      [6, "only 5"]
    ] as const) {
      expect(yield* Effect.flip(files.upload("odd", content, { length }))).toMatchObject({
        _tag: "UploadIncomplete",
        path: "odd",
        expected: length,
        message: expect.stringContaining(seen)
      })
      expect(yield* files.exists("odd")).toBe(false)
    }
  }).pipe(Effect.provide(inMemory()))
)

it.live("a content may require services, and reports progress", () =>
  Effect.gen(function* () {
    const Letter = Context.GenericTag<"Letter", string>("Letter")
    const files = yield* Files
    const told: Array<readonly [number, number | undefined]> = []
    const content = Stream.fromEffect(Effect.map(Letter, bytesOf)).pipe(Stream.concat(Stream.make(bytesOf("bc"))))
    yield* files
      .upload("letters", content, { length: 3, onProgress: (...all) => Effect.sync(() => told.push(all)) })
      .pipe(Effect.provideService(Letter, "a"))
    expect(yield* files.readText("letters")).toBe("abc")
    expect(told).toEqual([
      [1, 3],
      [3, 3]
    ])
  }).pipe(Effect.provide(inMemory()))
)

const over = (...answers: ReadonlyArray<Answer>) => {
  const { layer, lines } = scriptedToolbox(...answers)
  const use = <A, E>(program: (files: Files.Service) => Effect.Effect<A, E>) =>
    Effect.flatMap(Files, program).pipe(Effect.provide(Files.layer), Effect.provide(layer), Effect.either)
  return { lines, use }
}

const post = `POST ${bulkUpload}`

describe("an upload that", () => {
  it.effect("was counted differently than it was sent is incomplete", () =>
    Effect.gen(function* () {
      const short = over(json({ files: [{ path: "/a", bytes: 2 }] }))
      // The scripted server reads no bodies, so none were sent.
      expect(yield* short.use((files) => files.writeText("/a", "abc"))).toMatchObject({
        left: { _tag: "UploadIncomplete", path: "/a", written: 2 }
      })
      const none = over(json({ files: null }), error(404, "not found"))
      expect(yield* none.use((files) => files.writeText("/a", "abc"))).toMatchObject({
        left: { _tag: "UploadIncomplete", path: "/a" }
      })
    })
  )

  it.effect("is not counted by the daemon is compared with the size of the file", () =>
    Effect.gen(function* () {
      const info = (size: number) =>
        json({
          name: "a",
          size,
          isDir: false,
          mode: "-rw-r--r--",
          permissions: "0644",
          owner: "0",
          group: "0",
          modifiedAt: "2026-01-01T00:00:00Z"
        })
      const whole = over(json({ files: null }), info(0))
      expect(yield* whole.use((files) => files.writeText("/a", ""))).toMatchObject({ _tag: "Right" })
      const other = over(json({ files: null }), info(7))
      expect(yield* other.use((files) => files.writeText("/a", ""))).toMatchObject({
        left: { _tag: "UploadIncomplete", written: 7 }
      })
    })
  )

  it.live("provably did not arrive is retried for text, not for a stream", () =>
    Effect.gen(function* () {
      const text = over(refused, json({ files: [{ path: "/a", bytes: 0 }] }))
      expect(yield* text.use((files) => files.writeText("/a", ""))).toMatchObject({ _tag: "Right" })
      expect(text.lines()).toEqual([post, post])
      const stream = over(refused)
      expect(yield* stream.use((files) => files.upload("/a", Stream.empty))).toMatchObject({
        left: { _tag: "TransportError", admitted: "no" }
      })
      expect(stream.lines()).toEqual([post])
      const lost = over(reset)
      expect(yield* lost.use((files) => files.writeText("/a", ""))).toMatchObject({ left: { admitted: "unknown" } })
      // It may have arrived, so what it may have written is deleted.
      expect(new Set(lost.lines())).toEqual(new Set([post, "DELETE /files?path=%2Fa"]))
      expect(lost.lines().filter((line) => line === post)).toEqual([post])
    })
  )
})
