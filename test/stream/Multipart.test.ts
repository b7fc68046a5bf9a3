import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { boundaryOf, decode } from "../../src/stream/MultipartDecoder.js"
import { encode } from "../../src/stream/MultipartForm.js"
import { parameterized, partHeaders } from "../../src/stream/MultipartHeaders.js"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const joined = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(bytes), (chunks) => Uint8Array.from(Buffer.concat(Chunk.toReadonlyArray(chunks))))

/** The bytes in pieces that end at these positions. */
const cutAt = (bytes: Uint8Array, cuts: ReadonlyArray<number>): Stream.Stream<Uint8Array> => {
  const positions = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  return Stream.fromIterable(positions.slice(1).map((end, index) => bytes.subarray(positions[index], end))).pipe(
    Stream.rechunk(2)
  )
}

const read = <E>(boundary: string, bytes: Stream.Stream<Uint8Array, E>) =>
  decode(boundary)(bytes).pipe(
    Stream.mapEffect(({ content, filename, length, name }) =>
      Effect.map(joined(content), (body) => ({ name, filename, length, body: textOf(body) }))
    ),
    Stream.runCollect,
    Effect.map(Chunk.toReadonlyArray)
  )

const boundary = "DAYTONA-FILE-BOUNDARY"

/** As the daemon answers: files with their length, failures without. */
const answer = (parts: ReadonlyArray<{ readonly name: string; readonly body: string; readonly counted: boolean }>) =>
  `${parts
    .map(({ body, counted, name }, index) => {
      const length = counted ? `\r\nContent-Length: ${bytesOf(body).length}` : ""
      return `${index === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Disposition: form-data; name="${name}"${length}\r\n\r\n${body}`
    })
    .join("")}${parts.length === 0 ? "" : "\r\n"}--${boundary}--\r\n`

/** Text that is full of what ends parts. */
const nasty = FastCheck.array(
  FastCheck.constantFrom("\r", "\n", "-", "--", boundary, `\r\n--${boundary.slice(0, -1)}`, `--${boundary}--`, "ü", "x")
).map((pieces) => pieces.join(""))

/** The same, with nothing in it that is a boundary. */
const harmless = nasty.map((text) => text.replaceAll(boundary, "BOUNDARY"))

const parts = FastCheck.array(
  FastCheck.oneof(
    FastCheck.record({ name: FastCheck.constant("file"), body: nasty, counted: FastCheck.constant(true) }),
    FastCheck.record({ name: FastCheck.constant("error"), body: harmless, counted: FastCheck.constant(false) })
  ),
  { maxLength: 4 }
)

const cuts = FastCheck.array(FastCheck.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })

describe("reading", () => {
  const sample = [
    { name: "file", body: `a\r\n--${boundary}--\r\nb`, counted: true },
    { name: "error", body: '{"statusCode":404}', counted: false },
    { name: "file", body: "", counted: true },
    { name: "error", body: `\r\n--${boundary}x\r\n-\r`, counted: false }
  ]
  const expected = sample.map(({ body, name }) => expect.objectContaining({ body, name }))

  it.effect("parts come out whole wherever the bytes are cut in two, and when they come one by one", () =>
    Effect.gen(function* () {
      const bytes = bytesOf(answer(sample))
      for (let position = 0; position <= bytes.length; position++) {
        expect(yield* read(boundary, cutAt(bytes, [position]))).toEqual(expected)
      }
      expect(yield* read(boundary, cutAt(bytes, [...bytes.keys()]))).toEqual(expected)
    })
  )

  it.effect.prop("any parts survive any cuts, also files that contain the boundary", { parts, cuts }, (given) =>
    Effect.gen(function* () {
      const bytes = bytesOf(answer(given.parts))
      const positions = given.cuts.map((fraction) => Math.floor(fraction * bytes.length))
      const found = yield* read(boundary, cutAt(bytes, positions))
      expect(found.map(({ body, name }) => ({ body, name }))).toEqual(
        given.parts.map(({ body, name }) => ({ body, name }))
      )
    })
  )

  it.effect("a body that ends anywhere before its closing boundary is truncated", () =>
    Effect.gen(function* () {
      const text = answer(sample)
      const bytes = bytesOf(text)
      for (let end = 0; end < bytes.length - 2; end++) {
        expect(yield* Effect.flip(read(boundary, Stream.make(bytes.subarray(0, end))))).toMatchObject({
          _tag: "MultipartBroken",
          reason: "truncated"
        })
      }
    })
  )

  it.effect("the failure of the bytes is the failure of the parts", () =>
    Effect.gen(function* () {
      const bytes = Stream.concat(Stream.make(bytesOf(answer(sample)).subarray(0, 100)), Stream.fail("gone"))
      expect(yield* Effect.flip(read(boundary, bytes))).toBe("gone")
    })
  )

  it.effect("a part that nobody reads is skipped, and one that is read too late says so", () =>
    Effect.gen(function* () {
      const found = yield* Stream.runCollect(decode(boundary)(Stream.make(bytesOf(answer(sample)))))
      expect([...found].map(({ name }) => name)).toEqual(["file", "error", "file", "error"])
      const [first] = [...found]
      expect(first && (yield* Effect.flip(Stream.runDrain(first.content)))).toMatchObject({ reason: "passed" })
    })
  )

  it.effect("a preamble and what follows the closing boundary do not count", () =>
    Effect.gen(function* () {
      const text = `hello\r\n--${boundary}x\r\n${answer(sample)}and good-bye`
      expect(yield* read(boundary, Stream.make(bytesOf(text)))).toEqual(expected)
    })
  )

  it.effect("a part that is longer or shorter than it says fails itself, not the part after it", () =>
    Effect.gen(function* () {
      const parts = ["four", "more, to be misread as the rest of it"].map((body) => ({
        name: "file",
        body,
        counted: true
      }))
      for (const length of [0, 3, 5, 40]) {
        const text = answer(parts).replace("Length: 4", `Length: ${length}`)
        let complete = 0
        const read = Stream.mapEffect(decode(boundary)(Stream.make(bytesOf(text))), ({ content }) =>
          Effect.zipRight(
            Stream.runDrain(content),
            Effect.sync(() => complete++)
          )
        )
        expect(yield* Effect.flip(Stream.runDrain(read))).toMatchObject({ reason: "length" })
        expect(complete).toBe(0)
      }
    })
  )

  it.effect("the header of a part is bounded, also when it comes byte by byte", () =>
    Effect.gen(function* () {
      const line = bytesOf(`--${boundary}\r\nx: `)
      const endless = Stream.concat(Stream.make(line), Stream.forever(Stream.make(bytesOf("y"))))
      const parts = decode(boundary, { maxHeaderBytes: 1000 })(endless)
      expect(yield* Effect.flip(Stream.runDrain(parts))).toMatchObject({ reason: "malformed" })
    })
  )
})

describe("headers", () => {
  it("filename* wins over filename, whatever its place", () => {
    const disposition = `form-data; name="file"; filename*=utf-8''%C3%A4%20%22b%22.txt; filename="? \\"b\\".txt"`
    expect(partHeaders(`Content-Disposition: ${disposition}\r\nContent-Length: 12`)).toMatchObject({
      name: "file",
      filename: 'ä "b".txt',
      length: 12
    })
    expect(partHeaders(`content-disposition:${disposition.replace("utf-8''%C3", "latin1''%C3")}`)).toMatchObject({
      filename: '? "b".txt',
      length: undefined
    })
  })

  it("a length that is no whole number is none", () => {
    expect(
      ["-1", "1e3", "0x10", "", "9".repeat(40)].map((each) => partHeaders(`Content-Length: ${each}`).length)
    ).toEqual([undefined, undefined, undefined, undefined, undefined])
  })

  it("the boundary is found with and without quotes", () => {
    expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc")
    expect(boundaryOf('Multipart/Mixed; charset=x ; boundary="a;b c" ')).toBe("a;b c")
    expect(boundaryOf("application/json; boundary=abc")).toBeUndefined()
    expect(parameterized("a; b=1; b=2").parameters.get("b")).toBe("1")
  })
})

describe("writing", () => {
  const content = (text: string) => Stream.make(bytesOf(text))

  it.effect("what is written can be read, and is as long as it says", () =>
    Effect.gen(function* () {
      const form = yield* encode([
        { _tag: "Field", name: "files[0].path", value: "/tmp/ä b" },
        { _tag: "File", name: "files[0].file", filename: 'ä"\r\nb', length: 5, content: content("hello") }
      ])
      const bytes = yield* joined(form.bytes)
      expect(bytes.length).toBe(form.length)
      expect(yield* read(boundaryOf(form.contentType) ?? "", Stream.make(bytes))).toEqual([
        { name: "files[0].path", filename: undefined, length: undefined, body: "/tmp/ä b" },
        { name: "files[0].file", filename: "ä%22%0D%0Ab", length: undefined, body: "hello" }
      ])
    })
  )

  it.effect("the platform's own parser reads it", () =>
    Effect.gen(function* () {
      const form = yield* encode([
        { _tag: "Field", name: "a", value: "1" },
        { _tag: "File", name: "b", filename: "b.bin", content: content("\r\n--\r\n") }
      ])
      expect(form.length).toBeUndefined()
      const body = yield* joined(form.bytes)
      const data = yield* Effect.promise(() =>
        new Response(body, { headers: { "content-type": form.contentType } }).formData()
      )
      expect(data.get("a")).toBe("1")
      const file = data.get("b")
      expect(file instanceof Blob && (yield* Effect.promise(() => file.text()))).toBe("\r\n--\r\n")
    })
  )

  it.effect("no two forms have the same boundary", () =>
    Effect.gen(function* () {
      const [a, b] = yield* Effect.all([encode([]), encode([])])
      expect(a.contentType).not.toBe(b.contentType)
    })
  )
})
