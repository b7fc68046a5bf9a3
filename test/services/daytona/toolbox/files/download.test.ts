import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { generations, inMemory, joined, pattern } from "./support.js"

const path = "/files/download"
const size = 300_000
const content = pattern(size)

const cut = (afterBytes: number, end: "reset" | "clean", times = 1) =>
  Effect.flatMap(EmbeddedDaytona, ({ faults }) => faults.inject({ fault: Fault.cutBody(afterBytes, end), path, times }))

const ranges = Effect.flatMap(EmbeddedDaytona, ({ requests }) =>
  Effect.map(requests, (all) =>
    all.filter(({ path: each }) => each.endsWith(path)).map(({ headers }) => headers["range"])
  )
)

const written = Effect.tap(Files, (files) => files.writeBytes("big", content))

describe.each(generations)("with generation %s", (generation) => {
  it.live("a range is the part of the file that exists", () =>
    Effect.gen(function* () {
      const files = yield* written
      const part = (offset?: number, length?: number) =>
        Effect.map(joined(files.download("big", { range: { offset, length } })), (bytes) => [bytes.length, bytes[0]])
      expect(yield* part(1000, 10)).toEqual([10, content[1000]])
      expect(yield* part(undefined, 10)).toEqual([10, content[0]])
      expect(yield* part(size - 5)).toEqual([5, content[size - 5]])
      expect(yield* part(size - 5, 100)).toEqual([5, content[size - 5]])
      expect(yield* Effect.flip(part(size))).toMatchObject({ _tag: "RangeNotSatisfiable", status: 416, subject: "big" })
      yield* files.writeText("empty", "")
      expect(yield* files.readBytes("empty")).toEqual(new Uint8Array())
      expect(yield* files.readBytes("empty", { range: { offset: 0, length: 5 } })).toEqual(new Uint8Array())
    }).pipe(Effect.provide(inMemory({ generation })))
  )

  it.live("a broken connection is resumed where it broke", () =>
    Effect.gen(function* () {
      const files = yield* written
      yield* cut(100_000, "reset")
      yield* cut(50_000, "clean")
      expect(yield* files.readBytes("big")).toEqual(content)
      expect(yield* ranges).toEqual([undefined, "bytes=100000-", "bytes=150000-"])
    }).pipe(Effect.provide(inMemory({ generation })))
  )
})

const layer = inMemory()

it.live("delivers the bytes of the file, however often and wherever the connection breaks", () =>
  Effect.gen(function* () {
    const files = yield* written
    const { faults } = yield* EmbeddedDaytona
    const breaks = FastCheck.array(
      FastCheck.record({
        after: FastCheck.oneof(FastCheck.integer({ min: 1, max: size + 10 }), FastCheck.integer({ min: 1, max: 5 })),
        end: FastCheck.constantFrom("reset" as const, "clean" as const)
      }),
      { maxLength: 6 }
    )
    const range = FastCheck.record({
      offset: FastCheck.integer({ min: 0, max: size - 1 }),
      length: FastCheck.integer({ min: 1, max: size })
    })
    for (const [cuts, asked] of FastCheck.sample(FastCheck.tuple(breaks, range), 25)) {
      yield* faults.clear
      for (const { after, end } of cuts) yield* cut(after, end)
      const bytes = yield* files.readBytes("big", { range: asked })
      expect(Buffer.compare(bytes, content.subarray(asked.offset, asked.offset + asked.length))).toBe(0)
    }
  }).pipe(Effect.provide(layer))
)

it.live("versions of a file that changes between connections are not mixed", () =>
  Effect.gen(function* () {
    const files = yield* written
    yield* cut(100_000, "reset")
    const received: Array<number> = []
    const error = yield* files.download("big").pipe(
      Stream.tap((bytes) =>
        received.length > 0
          ? Effect.void
          : Effect.zipRight(
              files.writeText("big", "something else"),
              Effect.sync(() => received.push(bytes.length))
            )
      ),
      Stream.runDrain,
      Effect.flip
    )
    expect(error).toMatchObject({ _tag: "FileChanged", path: "big", received: expect.any(Number), retryable: true })
  }).pipe(Effect.provide(inMemory()))
)

it.live("a file that is removed between connections has changed, too", () =>
  Effect.gen(function* () {
    const files = yield* written
    yield* cut(100_000, "reset")
    const bytes = files.download("big", { onProgress: () => Effect.ignore(files.delete("big")) })
    expect(yield* Effect.flip(Stream.runDrain(bytes))).toMatchObject({ _tag: "FileChanged" })
  }).pipe(Effect.provide(inMemory()))
)

it.live("without resumptions a broken connection is a failure that has the number of bytes received", () =>
  Effect.gen(function* () {
    const files = yield* written
    for (const end of ["reset", "clean"] as const) {
      yield* cut(100_000, end)
      const error = yield* Effect.flip(Stream.runDrain(files.download("big", { resumptions: 0 })))
      expect(error).toMatchObject({ _tag: "StreamInterrupted", subject: "big" })
    }
  }).pipe(Effect.provide(inMemory()))
)

it.live("progress includes the size", () =>
  Effect.gen(function* () {
    const files = yield* written
    const told: Array<readonly [number, number | undefined]> = []
    yield* cut(100_000, "reset")
    yield* Stream.runDrain(
      files.download("big", { onProgress: (...progress) => Effect.sync(() => told.push(progress)) })
    )
    expect(told.at(-1)).toEqual([size, size])
    expect(told.map(([bytes]) => bytes)).toEqual([...told.map(([bytes]) => bytes)].sort((a, b) => a - b))
  }).pipe(Effect.provide(inMemory()))
)

const over = (...answers: ReadonlyArray<Answer>) => {
  const { asked, layer } = scriptedToolbox(...answers)
  const use = <A, E>(program: (files: Files.Service) => Effect.Effect<A, E>) =>
    Effect.flatMap(Files, program).pipe(Effect.provide(Files.layer), Effect.provide(layer))
  return { asked, use }
}

const whole = (body: string, headers: Record<string, string>): Answer => ({ status: 200, body, headers })
const info = {
  name: "a",
  isDir: false,
  mode: "-rw-r--r--",
  permissions: "0644",
  owner: "0",
  group: "0",
  modTime: "",
  modifiedAt: "2026-06-01T00:00:00Z"
}
const modified = { "last-modified": "Mon, 01 Jun 2026 00:00:00 GMT" }

describe("a server that", () => {
  it.effect("repeatedly delivers nothing fails after the requested resumptions", () =>
    Effect.gen(function* () {
      const { asked, use } = over(whole("", { ...modified, "content-length": "5" }))
      const fiber = yield* Effect.fork(use((files) => Effect.flip(files.readBytes("a", { resumptions: 4 }))))
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "StreamInterrupted" })
      expect(asked).toHaveLength(5)
    })
  )

  it.effect("announces no length is asked for the size of the file", () =>
    Effect.gen(function* () {
      const { asked, use } = over(whole("hello", modified), json({ ...info, size: 5 }))
      expect(yield* use((files) => files.readText("a"))).toBe("hello")
      expect(asked.map(({ url }) => url.replace(/^.*files/, ""))).toEqual(["/download?path=a", "/info?path=a"])
    })
  )

  it.effect("announces neither length nor version cannot be resumed", () =>
    Effect.gen(function* () {
      const rest = { status: 206, body: "there", headers: { "content-range": "bytes 5-9/10" } }
      const { use } = over(whole("hello", {}), json({ ...info, size: 10 }), rest)
      expect(yield* use((files) => Effect.flip(files.readText("a")))).toMatchObject({ _tag: "StreamInterrupted" })
    })
  )

  it.effect("answers with a part of its compressed form is refused: its offsets are not those of the file", () =>
    Effect.gen(function* () {
      const encoded = { "content-encoding": "gzip", "content-range": "bytes 5-9/10", ...modified }
      const first = over({ status: 206, body: "there", headers: encoded })
      expect(yield* first.use((files) => Effect.flip(files.readText("a", { range: { offset: 5 } })))).toMatchObject({
        _tag: "InvalidResponse"
      })
      const rest = over(whole("hello", { ...modified, "content-length": "10" }), {
        status: 206,
        body: "there",
        headers: encoded
      })
      expect(yield* rest.use((files) => Effect.flip(files.readText("a")))).toMatchObject({ _tag: "InvalidResponse" })
    })
  )

  it.effect.each([
    ["another part", { "content-range": "bytes 6-9/10", ...modified }],
    ["a part of a file of another size", { "content-range": "bytes 5-10/11", ...modified }],
    ["a part of a file of another time", { "content-range": "bytes 5-9/10", "last-modified": "later" }]
  ] as const)("answers with %s has another version", ([, headers]) =>
    Effect.gen(function* () {
      const rest = { status: 206, body: "there", headers }
      const { use } = over(whole("hello", { ...modified, "content-length": "10" }), rest)
      expect(yield* use((files) => Effect.flip(files.readText("a")))).toMatchObject({
        _tag: "FileChanged",
        received: 5
      })
    })
  )

  it.effect("responds with the web page of a proxy is refused", () =>
    Effect.gen(function* () {
      const { use } = over(whole("<html>log in</html>", { "content-type": "text/html" }))
      expect(yield* use((files) => Effect.flip(files.readText("a")))).toMatchObject({ _tag: "InvalidResponse" })
      const named = { "content-type": "text/html", "content-disposition": "attachment", "content-length": "6" }
      const file = over(whole("<html>", named))
      expect(yield* file.use((files) => files.readText("a"))).toBe("<html>")
    })
  )

  it.effect("ignores the range is refused", () =>
    Effect.gen(function* () {
      const { use } = over(whole("hello", { "content-length": "5" }))
      expect(yield* use((files) => Effect.flip(files.readText("a", { range: { offset: 1 } })))).toMatchObject({
        _tag: "InvalidResponse"
      })
    })
  )

  it.effect("announces more than the limit is not read", () =>
    Effect.gen(function* () {
      const { use } = over(whole("hello", { "content-length": "5" }))
      expect(yield* use((files) => Effect.flip(files.readBytes("a", { maxBytes: 4 })))).toMatchObject({
        _tag: "FileTooLarge",
        size: 5
      })
      const unannounced = over(whole("hello", {}))
      expect(yield* unannounced.use((files) => Effect.flip(files.readBytes("a", { maxBytes: 4 })))).toMatchObject({
        _tag: "FileTooLarge"
      })
    })
  )
})
