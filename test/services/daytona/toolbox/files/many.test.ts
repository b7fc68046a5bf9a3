import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { generations, inMemory } from "./support.js"

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const path = "/files/bulk-download"

/** What arrived, as text or as the reason of a failure, and how the stream ended. */
const outcome = <E>(files: Stream.Stream<Files.DownloadedFile, E>) =>
  Effect.suspend(() => {
    const came: Array<readonly [string, string]> = []
    return Stream.runForEach(files, ({ path, result }) =>
      Effect.sync(() =>
        came.push([
          path,
          Either.match(result, {
            onRight: textOf,
            onLeft: (error) => (error._tag === "FileFailed" ? error.reason : error._tag)
          })
        ])
      )
    ).pipe(
      Effect.either,
      Effect.map((end) => ({ came, end }))
    )
  })

const boundary = "DAYTONA-FILE-BOUNDARY"

describe.each(generations)("with generation %s", (generation) => {
  it.live("files arrive one by one, and a failed one does not fail the others", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const tricky = `a\r\n--${boundary}--\r\n\r\n--${boundary}\r\n`
      yield* files.uploadMany([
        { path: "ü \"q\" 'a'.txt", content: tricky },
        { path: "empty", content: "" },
        { path: "large", content: "x".repeat(1000) }
      ])
      yield* files.createFolder("folder")
      const asked = ["ü \"q\" 'a'.txt", "gone", "empty", "large", "folder", "ü \"q\" 'a'.txt"]
      const { came, end } = yield* outcome(files.downloadMany(asked, { maxBytes: 999 }))
      expect(came).toEqual([
        ["ü \"q\" 'a'.txt", tricky],
        ["gone", "FILE_NOT_FOUND"],
        ["empty", ""],
        ["large", "FileTooLarge"],
        ["folder", "INVALID_FILE_PATH"],
        ["ü \"q\" 'a'.txt", tricky]
      ])
      expect(end._tag).toBe("Right")
    }).pipe(Effect.provide(inMemory({ generation })))
  )

  it.live("a response that is cut anywhere is interrupted, and the files before are complete", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const { faults } = yield* EmbeddedDaytona
      const paths = ["1", "2", "3"]
      yield* files.uploadMany(paths.map((each) => ({ path: each, content: each.repeat(500) })))
      const whole = paths.map((each) => [each, each.repeat(500)])
      for (const end of ["reset", "clean"] as const) {
        for (const afterBytes of [1, 30, 200, 600, 700, 800, 1400, 1900]) {
          yield* faults.inject({ fault: Fault.cutBody(afterBytes, end), path })
          const { came, end: how } = yield* outcome(files.downloadMany(paths))
          expect(how).toMatchObject({ left: { _tag: "StreamInterrupted" } })
          expect(came).toEqual(whole.slice(0, came.length))
        }
      }
    }).pipe(Effect.provide(inMemory({ generation })))
  )
})

it.live("the consumer may stop at any time", () =>
  Effect.gen(function* () {
    const files = yield* Files
    yield* files.uploadMany(["1", "2"].map((each) => ({ path: each, content: each })))
    const first = yield* Stream.runCollect(Stream.take(files.downloadMany(["1", "2"]), 1))
    expect(Chunk.toReadonlyArray(first).map(({ path: each }) => each)).toEqual(["1"])
    expect(yield* Stream.runCount(files.downloadMany([]))).toBe(0)
  }).pipe(Effect.provide(inMemory()))
)

const over = (answer: Answer) => {
  const { layer } = scriptedToolbox(answer)
  return (paths: ReadonlyArray<string>, maxBytes = 100) =>
    Effect.flatMap(Files, (files) => outcome(files.downloadMany(paths, { maxBytes }))).pipe(
      Effect.provide(Files.layer),
      Effect.provide(layer)
    )
}

type Part = readonly [disposition: string, text: string]

const body = (parts: ReadonlyArray<Part>): string =>
  `${parts.map(([disposition, text]) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`).join("")}--${boundary}--\r\n`

const multipart = (text: string): Answer => ({
  status: 200,
  headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  body: text
})

const parts = (...each: ReadonlyArray<Part>): Answer => multipart(body(each))

describe("a response", () => {
  it.effect("whose parts come in another order is matched by name", () =>
    Effect.gen(function* () {
      const { came, end } = yield* over(
        parts(
          ["name=file; filename=b", "B"],
          ["name=error", '{"message":"no","code":"FILE_READ_FAILED","statusCode":500}'],
          [`name=file; filename="?"; filename*=utf-8''%C3%BC`, "Ü"],
          ["name=error", "not JSON"]
        )
      )(["a", "b", "ü", "c"])
      expect(came).toEqual([
        ["b", "B"],
        ["a", "FILE_READ_FAILED"],
        ["ü", "Ü"],
        ["c", "UNKNOWN"]
      ])
      expect(end._tag).toBe("Right")
    })
  )

  it.effect("without a length is limited too", () =>
    Effect.gen(function* () {
      const answer = parts(["name=file; filename=a", "x".repeat(200)], ["name=file; filename=b", "B"])
      expect((yield* over(answer)(["a", "b"])).came).toEqual([
        ["a", "FileTooLarge"],
        ["b", "B"]
      ])
    })
  )

  it.effect("with too few or too many files is a failure", () =>
    Effect.gen(function* () {
      const answer = parts(["name=file; filename=a", "A"])
      expect((yield* over(answer)(["a", "b"])).end).toMatchObject({
        left: { _tag: "StreamInterrupted", message: expect.stringContaining("1 of 2 files") }
      })
      const two = parts(["name=file; filename=a", "A"], ["name=file; filename=b", "B"])
      expect((yield* over(two)(["a"])).end).toMatchObject({ left: { _tag: "InvalidResponse" } })
    })
  )

  it.effect("that is not multipart is InvalidResponse", () =>
    Effect.gen(function* () {
      expect((yield* over(json({}))(["a"])).end).toMatchObject({ left: { _tag: "InvalidResponse" } })
      const malformed = multipart(`--${boundary} ?\r\n`)
      expect((yield* over(malformed)(["a"])).end).toMatchObject({ left: { _tag: "InvalidResponse" } })
    })
  )
})
