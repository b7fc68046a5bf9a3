import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EmbeddedDaytona } from "../../../../../src/embedded/daytona/index.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { done, noSuchRoute, scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { generations, inMemory } from "./support.js"

const live = (
  name: string,
  generation: (typeof generations)[number],
  test: Effect.Effect<void, unknown, Files | EmbeddedDaytona>
) => it.live(name, () => Effect.provide(test, inMemory({ generation })))

describe.each(generations)("with generation %s", (generation) => {
  live(
    "what is written is listed, found, changed, moved and removed",
    generation,
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.createFolder("project/src")
      yield* files.createFolder("project/src")
      yield* files.writeText("project/src/main.ts", "const a = 1\nconst b = a\n")
      yield* files.writeText("project/notes ä.md", "")
      expect((yield* files.list("project")).map(({ isDirectory, name, size }) => [name, isDirectory, size])).toEqual(
        expect.arrayContaining([
          ["src", true, expect.any(Number)],
          ["notes ä.md", false, 0]
        ])
      )
      expect(yield* files.search("project", "*.ts")).toEqual([expect.stringMatching(/project\/src\/main\.ts$/)])
      expect(yield* files.search("nowhere", "*")).toEqual([])
      expect(yield* files.find("project", "const b")).toMatchObject([{ line: 2, content: "const b = a" }])
      const [first, second] = yield* files.replace({
        files: ["project/src/main.ts", "project/none"],
        pattern: "const",
        replacement: "let"
      })
      expect([first, second?.error === undefined]).toEqual([{ path: "project/src/main.ts", error: undefined }, false])
      expect(yield* files.readText("project/src/main.ts")).toBe("let a = 1\nlet b = a\n")

      yield* files.setPermissions("project/src/main.ts", { mode: "0600" })
      yield* files.move({ from: "project/src/main.ts", to: "project/index.ts" })
      expect(yield* files.info("project/index.ts")).toMatchObject({
        name: "index.ts",
        size: 20,
        isDirectory: false,
        permissions: "0600",
        mode: "-rw-------"
      })
      expect(yield* files.exists("project/src/main.ts")).toBe(false)
      yield* files.delete("project/index.ts")
      yield* files.delete("project", { recursive: true })
      expect(yield* files.exists("project")).toBe(false)
    })
  )

  live(
    "failures name the file, although the daemon may not say a word",
    generation,
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.writeText("here", "x")
      yield* files.createFolder("full/of")
      const missing = yield* Effect.forEach(
        [
          files.list("gone"),
          files.info("gone"),
          files.delete("gone"),
          files.setPermissions("gone", { mode: "644" }),
          files.move({ from: "gone", to: "there" }),
          files.readText("gone"),
          Stream.runDrain(files.download("gone"))
        ],
        (each) => Effect.flip<unknown, { readonly _tag: string; readonly message: string }, never>(each)
      )
      for (const error of missing) {
        expect(error).toMatchObject({ _tag: "NotFound", status: 404, subject: "gone", admitted: "no" })
        expect(error.message).toContain("gone")
      }
      expect(yield* Effect.flip(files.move({ from: "here", to: "full" }))).toMatchObject({ _tag: "Conflict" })
      expect(yield* Effect.flip(files.delete("full"))).toMatchObject({
        _tag: "BadRequest",
        detail: expect.stringContaining("recursive")
      })
      expect(yield* Effect.flip(files.list("here"))).toMatchObject({ _tag: "BadRequest", subject: "here" })
      expect(yield* Effect.flip(Stream.runDrain(files.download("full")))).toMatchObject({ _tag: "BadRequest" })
      expect(yield* Effect.flip(files.createFolder("here"))).toMatchObject({ _tag: "BadRequest", subject: "here" })
    })
  )

  live(
    "text is text, and nothing else is",
    generation,
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.writeText("text", "\uFEFFgrün 🙂\r\n")
      expect(yield* files.readText("text")).toBe("\uFEFFgrün 🙂\r\n")
      yield* files.writeBytes("bytes", Uint8Array.of(0, 255, 13, 10))
      expect(yield* Effect.flip(files.readText("bytes"))).toMatchObject({ _tag: "FileNotText", path: "bytes" })
      expect([...(yield* files.readBytes("bytes"))]).toEqual([0, 255, 13, 10])
      expect(yield* Effect.flip(files.readBytes("bytes", { maxBytes: 3 }))).toMatchObject({
        _tag: "FileTooLarge",
        size: 4,
        maxBytes: 3
      })
      const half = files.readText("text", { range: { offset: 0, length: 6 } })
      expect(yield* Effect.flip(half)).toMatchObject({ _tag: "FileNotText" })
    })
  )
})

it.live("a newer daemon lists as many levels as requested", () =>
  Effect.gen(function* () {
    const files = yield* Files
    yield* files.createFolder("a/b/c")
    const names = (depth: number) =>
      Effect.map(files.list("a", { depth }), (all) => all.map(({ path }) => path?.replace(/^.*\/a\//, "")).sort())
    expect(yield* names(1)).toEqual(["b"])
    expect(yield* names(2)).toEqual(["b", "b/c"])
  }).pipe(Effect.provide(inMemory()))
)

const over = (...answers: ReadonlyArray<Answer>) => {
  const server = scriptedToolbox(...answers)
  const use = <A, E>(program: (files: Files.Service) => Effect.Effect<A, E>) =>
    Effect.flatMap(Files, program).pipe(Effect.provide(Files.layer), Effect.provide(server.layer))
  return { ...server, use }
}

/** The check that a directory is not moved into itself. */
const checked = json({ exitCode: 0, result: "" })

describe("a request on the wire", () => {
  it.effect("has only the fields that were passed", () =>
    Effect.gen(function* () {
      const { lines, use } = over({ status: 200 }, done, done, checked, done, { status: 204 }, { status: 204 })
      yield* use((files) =>
        Effect.all([
          files.setPermissions("a b/&?", { owner: "0" }),
          files.createFolder("a"),
          files.createFolder("a", { mode: "0700" }),
          files.move({ from: "a", to: "b" }),
          files.delete("a"),
          files.delete("a", { recursive: true })
        ])
      )
      expect(lines()).toEqual([
        "POST /files/permissions?path=a+b%2F%26%3F&owner=0",
        "POST /files/folder?path=a&mode=0755",
        "POST /files/folder?path=a&mode=0700",
        "POST /process/execute",
        "POST /files/move?source=a&destination=b",
        "DELETE /files?path=a",
        "DELETE /files?path=a&recursive=true"
      ])
    })
  )

  it.effect("a list that is null is empty", () =>
    Effect.gen(function* () {
      const { use } = over(json(null), json({ files: null }), json(null), json(null))
      const found = yield* use((files) =>
        Effect.all([
          files.list("a"),
          files.search("a", "*"),
          files.find("a", "b"),
          files.replace({ files: ["a"], pattern: "b", replacement: "" })
        ])
      )
      expect(found).toEqual([[], [], [], []])
    })
  )

  it.effect("a move that left the original behind is a failure despite its status", () =>
    Effect.gen(function* () {
      const { use } = over(checked, json({ message: "copied", error: "permission denied" }))
      expect(yield* use((files) => Effect.flip(files.move({ from: "a", to: "b" })))).toMatchObject({
        _tag: "MoveIncomplete",
        path: "a",
        destination: "b",
        reason: "permission denied"
      })
    })
  )

  it.effect("invalid input is refused before anything is sent", () =>
    Effect.gen(function* () {
      const { asked, use } = over(done)
      const refused = (program: (files: Files.Service) => Effect.Effect<unknown, unknown>) =>
        use((files) => Effect.flip(program(files)))
      const fields = yield* Effect.all([
        refused((files) => files.info("")),
        refused((files) => files.info("a\0b")),
        refused((files) => files.info("~/a")),
        refused((files) => files.info("\uD800")),
        refused((files) => files.list("a", { depth: 0 })),
        refused((files) => files.createFolder("a", { mode: "1777" })),
        refused((files) => files.setPermissions("a", {})),
        refused((files) => files.setPermissions("a", { mode: "0888" })),
        refused((files) => files.move({ from: "a", to: "" })),
        refused((files) => files.search("a", "")),
        refused((files) => files.replace({ files: ["a", ""], pattern: "x", replacement: "" })),
        refused((files) => files.writeText(" a", "x")),
        refused((files) => files.upload("a", "x", { length: -1 })),
        refused((files) =>
          files.uploadMany([
            { path: "a", content: "" },
            { path: "~", content: "" }
          ])
        ),
        refused((files) => Stream.runDrain(files.download("a", { range: { offset: -1 } }))),
        refused((files) => Stream.runDrain(files.download("a", { range: { length: 0 } }))),
        refused((files) => Stream.runDrain(files.downloadMany(["a", ""])))
      ])
      expect(
        fields.map((error) => (typeof error === "object" && error !== null && "field" in error ? error.field : error))
      ).toEqual([
        "path",
        "path",
        "path",
        "path",
        "depth",
        "mode",
        "mode",
        "mode",
        "to",
        "pattern",
        "files.1",
        "path",
        "length",
        "files.1.path",
        "range.offset",
        "range.length",
        "paths.1"
      ])
      expect(asked).toEqual([])
    })
  )

  it.effect("an operation that the daemon lacks is not a missing file", () =>
    Effect.gen(function* () {
      const { use } = over(noSuchRoute)
      expect(yield* use((files) => Effect.flip(files.exists("a")))).toMatchObject({ _tag: "UnexpectedStatus" })
    })
  )
})
