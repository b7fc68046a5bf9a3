import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../src/embedded/daytona/index.js"
import { Files } from "../../src/services/daytona/toolbox/files/Files.js"
import { eventually, joined, onPort, pattern } from "../services/daytona/toolbox/files/support.js"
import { transports } from "../support/transports.js"

class Sour extends Data.TaggedError("Sour") {}

const block = pattern(64 * 1024)
const count = 64
const content = Stream.rechunk(
  Stream.map(Stream.range(1, count), () => block),
  1
)
const whole = Uint8Array.from(Buffer.concat(Array.from({ length: count }, () => block)))

describe.each(transports)("over $name", (transport) => {
  const layer = onPort(transport.layer)

  it.live("files go up and down as streams", () =>
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.upload("unknown", content)
      yield* files.upload("known", content, { length: whole.length })
      for (const path of ["unknown", "known"]) expect(Buffer.compare(yield* files.readBytes(path), whole)).toBe(0)
      yield* files.upload("copy", files.download("known"))
      expect(yield* files.info("copy")).toMatchObject({ size: whole.length })
      yield* files.writeText("empty", "")
      expect(yield* files.readText("empty")).toBe("")
      yield* files.move({ from: "empty", to: "moved" })
      expect(yield* Stream.runCount(files.downloadMany(["known", "moved", "gone"]))).toBe(3)
    }).pipe(Effect.provide(layer))
  )

  it.live("a download whose connection breaks goes on where it was", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const { faults } = yield* EmbeddedDaytona
      yield* files.upload("big", content)
      for (const [afterBytes, end] of [
        [1, "reset"],
        [1_000_000, "reset"],
        [70_000, "clean"],
        [2_000_000, "reset"]
      ] as const) {
        yield* faults.inject({ fault: Fault.cutBody(afterBytes, end), path: "/files/download" })
      }
      expect(Buffer.compare(yield* joined(files.download("big")), whole)).toBe(0)
      expect(yield* faults.pending).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.live("an upload whose content fails fails with that, and is removed", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const opened = eventually(Effect.orDie(files.exists("half")))
      const failing = content.pipe(
        Stream.take(8),
        Stream.concat(Stream.drain(Stream.fromEffect(opened))),
        Stream.concat(Stream.fail(new Sour()))
      )
      for (const length of [undefined, whole.length]) {
        expect(yield* Effect.flip(files.upload("half", failing, { length }))).toEqual(new Sour())
        expect(yield* files.exists("half")).toBe(false)
      }
    }).pipe(Effect.provide(layer))
  )

  it.live("an upload that is interrupted lets go of its content, and is removed", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const released = yield* Ref.make(false)
      const endless = content.pipe(Stream.concat(Stream.never), Stream.ensuring(Ref.set(released, true)))
      const fiber = yield* Effect.fork(files.upload("half", endless))
      yield* eventually(files.exists("half"))
      yield* Fiber.interrupt(fiber)
      expect(yield* files.exists("half")).toBe(false)
      yield* eventually(Ref.get(released))
    }).pipe(Effect.provide(layer))
  )

  it.live("a refusal in the middle of an upload is an answer", () =>
    Effect.gen(function* () {
      const files = yield* Files
      yield* files.createFolder("folder")
      expect(yield* Effect.flip(files.upload("folder", content))).toMatchObject({ _tag: "BadRequest", status: 400 })
      expect(yield* files.exists("folder")).toBe(true)
    }).pipe(Effect.provide(layer))
  )
})
