import * as FileSystem from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { EmbeddedDaytona, Fault } from "../../src/embedded/daytona/index.js"
import { NodeFiles } from "../../src/node/daytona/index.js"
import { Files } from "../../src/services/daytona/toolbox/files/Files.js"
import { eventually, onPort, pattern } from "../services/daytona/toolbox/files/support.js"
import { transports } from "../support/transports.js"

const size = 5_000_000
const content = pattern(size)

/** An empty directory that goes with the scope. */
const directory = Effect.acquireRelease(
  Effect.promise(() => FileSystem.mkdtemp("/tmp/effect-sandboxes-files-")),
  (path) => Effect.promise(() => FileSystem.rm(path, { recursive: true }))
)

const names = (path: string) => Effect.promise(() => FileSystem.readdir(path))

/** The files of a directory that this process has open. */
const openIn = (path: string) =>
  Effect.promise(async () => {
    const descriptors = await FileSystem.readdir("/proc/self/fd").catch(() => [])
    const links = await Promise.all(descriptors.map((fd) => FileSystem.readlink(`/proc/self/fd/${fd}`).catch(() => "")))
    return links.filter((link) => link.startsWith(path))
  })

describe.each(transports)("over $name", (transport) => {
  const layer = onPort(transport.layer)

  it.live("a file goes from disk to disk through a sandbox, with its permissions", () =>
    Effect.gen(function* () {
      const local = yield* directory
      const [from, to] = [join(local, "from"), join(local, "to")]
      yield* Effect.promise(() => FileSystem.writeFile(from, content, { mode: 0o640 }))
      const progress: Array<number> = []
      const onProgress = (bytes: number) => Effect.sync(() => progress.push(bytes))
      yield* NodeFiles.uploadFromFile(from, "there", { keepPermissions: true, onProgress })
      yield* NodeFiles.downloadToFile("there", to, { keepPermissions: true, onProgress })
      expect(Buffer.compare(yield* Effect.promise(() => FileSystem.readFile(to)), content)).toBe(0)
      expect((yield* Effect.promise(() => FileSystem.stat(to))).mode & 0o777).toBe(0o640)
      expect(progress.filter((bytes) => bytes === size)).toHaveLength(2)
      expect(yield* names(local)).toEqual(["from", "to"])
      expect(yield* openIn(local)).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("a broken connection is taken up again, and a broken download leaves what was there", () =>
    Effect.gen(function* () {
      const local = yield* directory
      const files = yield* Files
      const { faults } = yield* EmbeddedDaytona
      const to = join(local, "to")
      yield* files.writeBytes("there", content)
      yield* Effect.promise(() => FileSystem.writeFile(to, "old"))
      const cut = faults.inject({ fault: Fault.cutBody(2_000_000, "reset"), path: "/files/download" })
      yield* cut
      const error = yield* Effect.flip(NodeFiles.downloadToFile("there", to, { resumptions: 0 }))
      expect(error).toMatchObject({ _tag: "StreamInterrupted" })
      expect(yield* names(local)).toEqual(["to"])
      expect(yield* Effect.promise(() => FileSystem.readFile(to, "utf8"))).toBe("old")
      yield* cut
      yield* NodeFiles.downloadToFile("there", to)
      expect(Buffer.compare(yield* Effect.promise(() => FileSystem.readFile(to)), content)).toBe(0)
      expect(yield* faults.pending).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("an interrupted download leaves no file and nothing open", () =>
    Effect.gen(function* () {
      const local = yield* directory
      const files = yield* Files
      yield* files.writeBytes("there", content)
      const stuck = NodeFiles.downloadToFile("there", join(local, "to"), {
        onProgress: (bytes) => (bytes > 1_500_000 ? Effect.never : Effect.void)
      })
      const fiber = yield* Effect.fork(stuck)
      yield* eventually(Effect.map(names(local), (all) => all.length > 0))
      yield* Fiber.interrupt(fiber)
      expect(yield* names(local)).toEqual([])
      expect(yield* openIn(local)).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("what this machine refuses is LocalFileFailed", () =>
    Effect.gen(function* () {
      const local = yield* directory
      const files = yield* Files
      yield* files.writeText("there", "x")
      const nowhere = join(local, "no", "where")
      const notThere = { _tag: "LocalFileFailed", causeCode: "ENOENT" }
      expect(yield* Effect.flip(NodeFiles.downloadToFile("there", nowhere))).toMatchObject(notThere)
      expect(yield* Effect.flip(NodeFiles.uploadFromFile(nowhere, "up"))).toMatchObject(notThere)
      expect(yield* Effect.flip(NodeFiles.downloadToFile("there", local))).toMatchObject({ _tag: "LocalFileFailed" })
      expect(yield* Effect.flip(NodeFiles.uploadFromFile(local, "up"))).toMatchObject({
        _tag: "LocalFileFailed",
        causeCode: "EISDIR"
      })
      expect(yield* files.exists("up")).toBe(false)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
