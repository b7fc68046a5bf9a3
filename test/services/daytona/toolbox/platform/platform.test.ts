/** Programs written for the local machine, run in a sandbox. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { layerCommandExecutor } from "../../../../../src/services/daytona/toolbox/platform/layerCommandExecutor.js"
import { layerFileSystem } from "../../../../../src/services/daytona/toolbox/platform/layerFileSystem.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { embeddedToolbox } from "../../../../support/embeddedToolbox.js"
import type { Answer } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const platform = Layer.mergeAll(layerFileSystem, layerCommandExecutor).pipe(
  Layer.provideMerge(Layer.mergeAll(Files.layer, Process.layer, ProcessSessions.layer)),
  Layer.provide(embeddedToolbox())
)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe("FileSystem", () => {
  it.live("writes, reads, lists and removes", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("a/b", { recursive: true })
      yield* fs.writeFileString("a/b/one.txt", "eins")
      yield* fs.writeFile("a/two.bin", Uint8Array.of(1, 2, 3), { mode: 0o600 })
      expect(yield* fs.readFileString("a/b/one.txt")).toBe("eins")
      expect([...(yield* fs.readFile("a/two.bin"))]).toEqual([1, 2, 3])
      expect((yield* fs.readDirectory("a", { recursive: true })).sort()).toEqual(["b", "b/one.txt", "two.bin"])
      const { mode, size, type } = yield* fs.stat("a/two.bin")
      expect({ mode, size: Number(size), type }).toEqual({ mode: 0o600, size: 3, type: "File" })
      yield* fs.remove("a", { recursive: true })
      expect(yield* fs.exists("a")).toBe(false)
    }).pipe(Effect.provide(platform))
  )

  it.live("copies, renames over existing files, links and truncates", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString("from 'here'.txt", "content")
      yield* fs.writeFileString("to.txt", "old")
      yield* fs.copyFile("from 'here'.txt", "copy.txt")
      yield* fs.rename("from 'here'.txt", "to.txt")
      expect(yield* fs.readFileString("to.txt")).toBe("content")
      yield* fs.symlink("to.txt", "link")
      expect(yield* fs.readLink("link")).toBe("to.txt")
      expect(yield* fs.realPath("link")).toMatch(/\/to\.txt$/)
      yield* fs.truncate("copy.txt", 3)
      expect(yield* fs.readFileString("copy.txt")).toBe("con")
      yield* fs.utimes("copy.txt", new Date(1_000_000), new Date(2_000_000))
      expect((yield* fs.stat("copy.txt")).mtime).toMatchObject({ value: new Date(2_000_000) })
    }).pipe(Effect.provide(platform))
  )

  it.live("streams in and out, and streams part of a file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const parts = ["one\n", "two\n", "three\n"].map((part) => new TextEncoder().encode(part))
      yield* Stream.run(Stream.fromIterable(parts), fs.sink("log.txt"))
      expect(yield* Stream.mkString(Stream.decodeText(fs.stream("log.txt")))).toBe("one\ntwo\nthree\n")
      const middle = fs.stream("log.txt", { offset: 4, bytesToRead: 3 })
      expect(yield* Stream.mkString(Stream.decodeText(middle))).toBe("two")
    }).pipe(Effect.provide(platform))
  )

  it.live("streams nothing past the end of a file, or for a length of 0", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString("log.txt", "abc")
      for (const part of [{ offset: 3 }, { offset: 10, bytesToRead: 2 }, { bytesToRead: 0 }]) {
        expect([...(yield* Stream.runCollect(fs.stream("log.txt", part)))]).toEqual([])
      }
      const missing = yield* Effect.flip(Stream.runDrain(fs.stream("none.txt", { bytesToRead: 0 })))
      expect(missing).toMatchObject({ reason: "NotFound" })
    }).pipe(Effect.provide(platform))
  )

  it.live("creates temporary files and directories that are deleted with their scope", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Effect.scoped(
        Effect.gen(function* () {
          const directory = yield* fs.makeTempDirectoryScoped({ prefix: "it's job " })
          yield* fs.writeFileString(`${directory}/x`, "x")
          expect(directory).toContain("/it's job ")
          expect((yield* fs.stat(directory)).type).toBe("Directory")
          return directory
        })
      )
      expect(yield* fs.exists(path)).toBe(false)
    }).pipe(Effect.provide(platform))
  )

  it.effect("gives up on a temporary directory in a sandbox that does not respond", () =>
    Effect.gen(function* () {
      const hung: Answer = { status: 200, after: "1 hour" }
      const toolbox = scriptedToolbox({ status: 201 }, hung, hung, { status: 204 })
      const making = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
        Effect.scoped,
        Effect.provide(layerFileSystem),
        Effect.provide(Layer.mergeAll(Files.layer, Process.layer)),
        Effect.provide(toolbox.layer)
      )
      const fiber = yield* Effect.fork(Effect.flip(making))
      yield* TestClock.adjust("40 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ reason: "TimedOut" })
    })
  )

  it.live("fails with the errors of the platform", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString("there.txt", "")
      const reasons = yield* Effect.forEach(
        [
          fs.readFile("nowhere"),
          fs.stat("nowhere"),
          fs.copyFile("nowhere", "x"),
          fs.makeDirectory("there.txt"),
          fs.writeFile("there.txt", new Uint8Array(), { flag: "wx" })
        ],
        (effect) =>
          Effect.map(Effect.flip(Effect.asVoid(effect)), (error) => (error._tag === "SystemError" ? error.reason : ""))
      )
      expect(reasons).toEqual(["NotFound", "NotFound", "NotFound", "AlreadyExists", "AlreadyExists"])
      expect((yield* Effect.flip(Effect.scoped(fs.open("there.txt"))))._tag).toBe("BadArgument")
    }).pipe(Effect.provide(platform))
  )
})

describe("CommandExecutor", () => {
  it.live("passes arguments through literally", () =>
    Effect.gen(function* () {
      const command = Command.make("printf", "%s|", "it's", "$HOME", "a b", "*")
      expect((yield* Command.string(command)).trimEnd()).toBe("it's|$HOME|a b|*|")
      expect(yield* Command.exitCode(Command.make("sh", "-c", "exit 7"))).toBe(7)
    }).pipe(Effect.provide(platform))
  )

  it.live("sets the directory and variables, and sends finite input", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("sub")
      const where = Command.make("sh", "-c", 'basename "$PWD"; echo "$WORD"; cat').pipe(
        Command.workingDirectory("sub"),
        Command.env({ WORD: "it's set" }),
        Command.feed("from outside\n")
      )
      expect(yield* Command.lines(where)).toEqual(["sub", "it's set", "from outside"])
      const left = yield* fs.readDirectory(".")
      expect(left.filter((name) => name.startsWith(".effect-sandboxes"))).toEqual([])
    }).pipe(Effect.provide(platform))
  )

  it.live("pipes commands", () =>
    Effect.gen(function* () {
      const sorted = Command.make("printf", "b\\na\\nb\\n").pipe(
        Command.pipeTo(Command.make("sort")),
        Command.pipeTo(Command.make("uniq"))
      )
      expect(yield* Command.lines(sorted)).toEqual(["a", "b"])
    }).pipe(Effect.provide(platform))
  )

  it.live("passes a shell line to the shell as one word", () =>
    Effect.gen(function* () {
      const line = Command.make("echo a; echo $0 $WORD; pwd # b").pipe(
        Command.runInShell("/bin/bash"),
        Command.env({ WORD: "ab" }),
        Command.workingDirectory("/")
      )
      const changed = Command.pipeTo(line, Command.make("tr", "ab", "xy"))
      expect(yield* Command.lines(changed)).toEqual(["x", "/yin/yxsh xy", "/"])
    }).pipe(Effect.provide(platform))
  )

  it.live("exchanges input and output with a running process, and kills it with its scope", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const command = Command.make("sh", "-c", 'while read -r line; do echo "got $line"; done')
      const heard = yield* Effect.scoped(
        Effect.gen(function* () {
          const process = yield* Command.start(command)
          expect(yield* process.isRunning).toBe(true)
          const said = Stream.make("one", "\ntwo\n").pipe(Stream.encodeText)
          yield* Effect.retry(Stream.run(said, process.stdin), { times: 50 })
          return yield* process.stdout.pipe(
            Stream.map(text),
            Stream.splitLines,
            Stream.takeUntil((line) => line === "got two"),
            Stream.runCollect
          )
        })
      )
      expect([...heard]).toEqual(["got one", "got two"])
      expect(yield* sessions.list).toEqual([])
    }).pipe(Effect.provide(platform))
  )
})
