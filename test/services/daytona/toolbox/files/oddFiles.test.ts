/** Files and directories that the daemon handles badly. */
import { existsSync, statSync } from "node:fs"
import { appendFile, chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { withRequestOptions } from "../../../../../src/RequestOptions.js"
import type { DownloadedFile } from "../../../../../src/schema/daytona/toolbox/FileResult.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { layerFileSystem } from "../../../../../src/services/daytona/toolbox/platform/layerFileSystem.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { Workspace } from "../../../../../src/services/daytona/toolbox/Workspace.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"
import { json, reset } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const sandbox = (generation: Generation) =>
  layerFileSystem.pipe(
    Layer.provideMerge(Layer.mergeAll(Files.layer, Process.layer, Workspace.layer)),
    Layer.provide(embeddedToolbox({ generation, paths: "anywhere" }))
  )

/** A directory of another file system than that of the sandboxes, where there is one. */
const otherFileSystem = ["/dev/shm"].find((path) => existsSync(path) && statSync(path).dev !== statSync(tmpdir()).dev)

const workDirectory = Effect.flatMap(Workspace, ({ workDirectory }) => workDirectory)

const onDisk = <A>(work: () => Promise<A>) => Effect.promise(work)

const results = (paths: ReadonlyArray<string>, maxBytes?: number) =>
  Effect.flatMap(Files, (files) =>
    Stream.runFold(files.downloadMany(paths, { maxBytes }), Array.of<readonly [string, string]>(), (all, each) => [
      ...all,
      [
        each.path,
        Either.match(each.result, {
          onLeft: (error) => (error._tag === "FileFailed" ? error.reason : error._tag),
          onRight: (bytes) => new TextDecoder().decode(bytes)
        })
      ] as const
    ])
  )

describe.each(generations)("with generation %s", (generation) => {
  it.live("a directory is not moved into itself, also not through a link, and nothing of it is lost", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const work = yield* workDirectory
      yield* files.writeText("b/sub/file", "precious")
      yield* onDisk(() => mkdir(join(work, "other")))
      yield* onDisk(() => symlink("../b/sub", join(work, "other", "link")))
      yield* onDisk(() => symlink(join(work, "b"), join(work, "-l")))
      for (const [from, to] of [
        ["b", "b/new"],
        ["b", "b/sub/new"],
        ["./b/", "other/../b//new"],
        ["b", "other/link/new"],
        [join(work, "b"), "-l/sub/new"],
        ["other/../b", join(work, "b", "new")]
      ] as const) {
        expect(yield* Effect.flip(files.move({ from, to })), `${from} to ${to}`).toMatchObject({
          _tag: "InvalidRequest",
          field: "to"
        })
      }
      expect(yield* files.readText("b/sub/file")).toBe("precious")
      // These only look like it.
      yield* files.createFolder("b2")
      yield* files.move({ from: "other/link", to: "b2/link" })
      yield* files.move({ from: "b", to: "b2/b" })
      yield* files.move({ from: "b2/b/sub/file", to: "b2/b/file" })
      expect(yield* files.readText("b2/b/file")).toBe("precious")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a file without a length is not an empty one", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const fs = yield* FileSystem.FileSystem
      yield* files.writeText("empty", "")
      expect(yield* files.readText("empty")).toBe("")
      expect((yield* files.readBytes("empty", { range: { offset: 0, length: 3 } })).length).toBe(0)
      for (const path of ["/proc/meminfo", "/proc/self/cmdline", "/dev/zero", "/dev/null"]) {
        expect(yield* Effect.flip(files.readText(path)), path).toMatchObject({ _tag: "FileWithoutLength", path })
      }
      expect(yield* Effect.flip(fs.readFile("/proc/meminfo"))).toMatchObject({ reason: "BadResource" })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a batch survives files whose length is wrong, and names them", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const boundary = "DAYTONA-FILE-BOUNDARY"
      const forged = `\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nforged`
      yield* files.uploadMany([
        { path: "a", content: "A" },
        { path: "b", content: "B" },
        { path: "c", content: `C${forged}` },
        { path: "large", content: "x".repeat(1000) }
      ])
      const odd = "/proc/meminfo"
      expect(yield* results(["a", odd, "b", "/proc/self/status", odd, "large", "c", odd], 500)).toEqual([
        ["a", "A"],
        [odd, "LENGTH_CHANGED"],
        ["b", "B"],
        ["/proc/self/status", "LENGTH_CHANGED"],
        [odd, "LENGTH_CHANGED"],
        ["large", "FileTooLarge"],
        ["c", `C${forged}`],
        [odd, "LENGTH_CHANGED"]
      ])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a file that grows while it is read fails alone", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const work = yield* workDirectory
      yield* onDisk(() => writeFile(join(work, "grows"), "x".repeat(3_000_000)))
      yield* files.writeText("after", "complete")
      const grows = onDisk(() => appendFile(join(work, "grows"), "y".repeat(10_000))).pipe(Effect.forever)
      const batch = Effect.map(results(["grows", "after"]), (found) =>
        found.map(([path, text]) => [path, text.slice(0, 20)])
      )
      // On a busy machine, the file may not grow just then.
      const caught = Effect.repeat(batch, { until: ([first]) => first?.[1] === "LENGTH_CHANGED" })
      expect(yield* Effect.raceFirst(caught, grows)).toEqual([
        ["grows", "LENGTH_CHANGED"],
        ["after", "complete"]
      ])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a link that leads nowhere can be deleted, and what is not there is NotFound", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const fs = yield* FileSystem.FileSystem
      const work = yield* workDirectory
      const isThere = (name: string) =>
        onDisk(() =>
          lstat(join(work, name)).then(
            () => true,
            () => false
          )
        )
      for (const [name, remove] of [
        ["-dangling", files.delete("-dangling")],
        ["it's", fs.remove("it's")],
        ["forced", fs.remove("forced", { force: true })],
        ["recursive", files.delete("recursive", { recursive: true })]
      ] as const) {
        yield* onDisk(() => symlink("nowhere", join(work, name)))
        yield* remove
        expect(yield* isThere(name)).toBe(false)
      }
      yield* onDisk(() => symlink("loop", join(work, "loop")))
      yield* files.delete("loop")
      expect(yield* isThere("loop")).toBe(false)
      expect((yield* Effect.flip(files.delete("gone")))._tag).toBe("NotFound")
      yield* fs.remove("gone", { force: true })
      yield* files.createFolder("folder")
      expect((yield* Effect.flip(files.delete("folder")))._tag).toBe("BadRequest")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("special bits are set, shown, and not mistaken for the type of a file", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const fs = yield* FileSystem.FileSystem
      const work = yield* workDirectory
      yield* files.writeText("program", "x")
      yield* files.createFolder("shared")
      const modes = { program: ["4755", "2755", "06755", "1644", "0644"], shared: ["1777", "2775", "0755"] }
      for (const [path, all] of Object.entries(modes)) {
        for (const mode of all) {
          if (mode === "0755") yield* onDisk(() => chmod(join(work, path), 0o755))
          else yield* files.setPermissions(path, { mode })
          expect(statSync(join(work, path)).mode & 0o7777, `${path} ${mode}`).toBe(Number.parseInt(mode, 8))
          expect(yield* fs.stat(path)).toMatchObject({
            type: path === "program" ? "File" : "Directory",
            mode: Number.parseInt(mode, 8)
          })
        }
      }
      yield* fs.chmod("program", 0o4711)
      expect((yield* fs.stat("program")).mode).toBe(0o4711)
      expect((yield* Effect.flip(files.setPermissions("gone", { mode: "4755" })))._tag).toBe("NotFound")
      expect((yield* Effect.flip(files.setPermissions("", { mode: "4755" })))._tag).toBe("InvalidRequest")
      expect(yield* fs.stat("/dev/null")).toMatchObject({ type: "CharacterDevice" })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a name that is not UTF-8 is listed and searched, not found, and never taken for removed", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const fs = yield* FileSystem.FileSystem
      const { executeOrFail } = yield* Process
      yield* executeOrFail("mkdir d && cd d && printf needle > ok && printf needle > \"$(printf 'a\\377b')\"")
      expect((yield* files.list("d")).map(({ name, size }) => [name, size])).toEqual([
        ["a\uFFFDb", 6],
        ["ok", 6]
      ])
      expect(yield* files.search("d", "a*")).toEqual(["d/a\uFFFDb"])
      expect((yield* files.find("d", "needle")).map(({ file }) => file)).toEqual(["d/a\uFFFDb", "d/ok"])
      const [odd = ""] = yield* fs.readDirectory("d")
      expect((yield* Effect.flip(files.readText(`d/${odd}`)))._tag).toBe("NotFound")
      expect(yield* Effect.flip(fs.remove(`d/${odd}`, { force: true }))).toMatchObject({ reason: "NotFound" })
      yield* files.delete("d", { recursive: true })
      expect(yield* files.exists("d")).toBe(false)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live.skipIf(otherFileSystem === undefined)(
    "a move to another file system copies what links lead to, and stays half done where they lead nowhere",
    () =>
      Effect.acquireUseRelease(
        onDisk(() => mkdtemp(join(otherFileSystem ?? "", "effect-sandboxes-"))),
        (elsewhere) =>
          Effect.gen(function* () {
            const files = yield* Files
            const { executeOrFail } = yield* Process
            yield* executeOrFail(
              "mkdir good bad; echo a | tee good/a > bad/a; chmod 640 good/a; ln -s a good/b; ln -s nowhere bad/b; echo c > bad/c"
            )
            yield* files.move({ from: "good", to: join(elsewhere, "good") })
            expect(yield* files.exists("good")).toBe(false)
            expect(statSync(join(elsewhere, "good", "a")).mode & 0o777).toBe(0o640)
            expect((yield* onDisk(() => lstat(join(elsewhere, "good", "b")))).isFile()).toBe(true)
            const error = yield* Effect.flip(files.move({ from: "bad", to: join(elsewhere, "bad") }))
            expect(error).toMatchObject({ _tag: "MoveIncomplete", step: "copy", destination: join(elsewhere, "bad") })
            expect(yield* onDisk(() => readdir(join(elsewhere, "bad")))).toEqual(["a"])
            expect((yield* files.list("bad")).map(({ name }) => name)).toEqual(["a", "c"])
          }),
        (elsewhere) => onDisk(() => rm(elsewhere, { recursive: true }))
      ).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a path that ends like a directory is not the path of a file", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const work = yield* workDirectory
      for (const path of ["reports/", "reports/.", "reports/..", ".", "..", "/"]) {
        for (const atomic of [false, true]) {
          expect(yield* Effect.flip(files.upload(path, "x", { atomic })), path).toMatchObject({
            _tag: "InvalidRequest",
            field: "path"
          })
        }
      }
      expect(existsSync(join(work, "reports"))).toBe(false)
      yield* files.writeText(".hidden", "")
      yield* files.writeText("...", "")
    }).pipe(Effect.provide(sandbox(generation)))
  )
})

describe("a pipe that nothing is written into", () => {
  const soon = withRequestOptions({ timeout: "300 millis", retry: false })

  it.live("is told apart from a daemon that does not respond, as a socket is from an unknown operation", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const process = yield* Process
      const listen = `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'`
      yield* process.executeMerged(`mkfifo p; ${listen}`)
      for (const path of ["p", "s"]) {
        expect(yield* Effect.flip(soon(files.readText(path))), path).toMatchObject({ _tag: "FileWithoutLength", path })
      }
      const replaced = files.replace({ files: ["p"], pattern: "a", replacement: "b" })
      expect((yield* Effect.flip(soon(replaced)))._tag).toBe("Timeout")
      expect((yield* Effect.flip(files.readText("gone")))._tag).toBe("NotFound")
    }).pipe(Effect.provide(sandbox("0.190")))
  )

  it.effect("does not hold up a batch for ever, and is named", () =>
    Effect.gen(function* () {
      const files = yield* Files
      const process = yield* Process
      yield* process.executeMerged("mkfifo p; truncate -s 1M a b; printf C > c")
      const arrived = yield* Deferred.make<DownloadedFile>()
      const batch = Stream.runForEach(files.downloadMany(["a", "b", "p", "c"]), (file) =>
        Deferred.succeed(arrived, file)
      )
      const failure = yield* Effect.fork(Effect.flip(batch))
      expect((yield* Deferred.await(arrived)).path).toBe("a")
      yield* Effect.fork(Effect.forever(TestClock.adjust("1 minute")))
      expect(yield* Fiber.join(failure)).toMatchObject({
        _tag: "StreamInterrupted",
        message: expect.stringMatching(/1 of 4 files had arrived.*perhaps p or the file before it/)
      })
    }).pipe(Effect.provide(sandbox("0.190")))
  )
})

it.live("a connection that breaks is blamed on a file of /sys, whose length is made up", () =>
  Effect.gen(function* () {
    const read = (path: string) => {
      const { layer } = scriptedToolbox(reset)
      return Effect.flatMap(Files, (files) => Effect.flip(files.readText(path))).pipe(
        Effect.provide(Files.layer),
        Effect.provide(layer)
      )
    }
    expect(yield* read("/sys/kernel/uevent_seqnum")).toMatchObject({ _tag: "FileWithoutLength" })
    expect(yield* read("/system/file")).toMatchObject({ _tag: "TransportError" })
  })
)

it.effect("a check that cannot be made is a failure, and nothing is moved", () =>
  Effect.gen(function* () {
    const { layer, lines } = scriptedToolbox(json({ exitCode: 127, result: "sh: not found" }))
    const moved = Effect.flatMap(Files, (files) => files.move({ from: "a", to: "c" }))
    expect(yield* Effect.flip(moved).pipe(Effect.provide(Files.layer), Effect.provide(layer))).toMatchObject({
      _tag: "BadRequest",
      detail: "sh: not found"
    })
    expect(lines()).toEqual(["POST /process/execute"])
  })
)
