/** `cp`. */
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../../src/embedded/daytona/index.js"
import { home, run, start } from "../support/program.js"
import { daytonaWithBox } from "../support/servers.js"
import { open } from "../support/terminal.js"

const write = (root: string, files: Readonly<Record<string, string | Uint8Array>>) =>
  Effect.promise(async () => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), content)
    }
  })

const filesIn = (root: string) =>
  Effect.promise(async () => {
    const found = await readdir(root, { recursive: true, withFileTypes: true })
    return found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort()
  })

/** A sandbox, a home, and `cp` in it. */
const setUp = Effect.gen(function* () {
  const started = yield* daytonaWithBox()
  const directory = yield* home
  const options = { home: directory, variables: started.variables }
  const cp = (...args: ReadonlyArray<string>) => run(["cp", ...args], options)
  return { ...started, directory, options, cp }
})

const large = new Uint8Array(3_000_000).map((_, index) => (index * index) % 251)

describe("cp", () => {
  it.scopedLive("copies folders both ways, with permissions and empty folders", () =>
    Effect.gen(function* () {
      const { box, cp, directory } = yield* setUp
      yield* write(directory, { "app/a.txt": "a", "app/deep/er/b.bin": large, "app/run.sh": "#!/bin/sh\n" })
      yield* Effect.promise(() => mkdir(join(directory, "app/empty")))
      yield* Effect.promise(() => chmod(join(directory, "app/run.sh"), 0o755))
      const up = yield* cp("app", "box:there")
      expect(up).toEqual({ code: 0, stdout: "", stderr: "Copied 3 files, 3 MB.\n" })
      expect((yield* box.files.info("there/run.sh")).permissions).toBe("0755")
      expect(yield* box.files.exists("there/empty")).toBe(true)
      const down = yield* cp("box:there", "back")
      expect(down.code).toBe(0)
      expect(yield* filesIn(join(directory, "back"))).toEqual(["a.txt", "deep/er/b.bin", "run.sh"])
      expect(Buffer.compare(yield* Effect.promise(() => readFile(join(directory, "back/deep/er/b.bin"))), large)).toBe(
        0
      )
      expect((yield* Effect.promise(() => stat(join(directory, "back/run.sh")))).mode & 0o777).toBe(0o755)
    })
  )

  it.scopedLive("copies into a folder that exists, as `cp -r` does, and tells what with --json", () =>
    Effect.gen(function* () {
      const { box, cp, directory } = yield* setUp
      yield* write(directory, { "one.txt": "1", "two.txt": "22" })
      yield* box.files.createFolder("into")
      const { stdout } = yield* cp("one.txt", "two.txt", "box:into", "--json")
      expect(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
          .sort((left, right) => left.bytes - right.bytes)
      ).toEqual([
        { from: "one.txt", to: "box:into/one.txt", bytes: 1 },
        { from: "two.txt", to: "box:into/two.txt", bytes: 2 }
      ])
      expect(yield* box.files.readText("into/two.txt")).toBe("22")
    })
  )

  it.scopedLive("finds what a pattern matches in the sandbox, in folders too", () =>
    Effect.gen(function* () {
      const { box, cp, directory } = yield* setUp
      const files = ["logs/a.log", "logs/b.log", "logs/c.txt", "logs/.hidden.log", "other/d.log"]
      yield* Effect.forEach(files, (path) => box.files.writeText(path, path))
      expect((yield* cp("box:log?/*.log", "out/")).code).toBe(0)
      expect(yield* filesIn(join(directory, "out"))).toEqual(["a.log", "b.log"])
      const { code, stderr } = yield* cp("box:logs/*.none", "out/")
      expect({ code, stderr }).toEqual({ code: 1, stderr: "error: Nothing matches logs/*.none\n" })
    })
  )

  it.scopedLive("skips with --resume what is there with the same content, and nothing else", () =>
    Effect.gen(function* () {
      const { box, cp, directory, server } = yield* setUp
      yield* write(directory, { "app/same": "same", "app/changed": "new!", "app/missing": "missing" })
      yield* box.files.writeText("app/same", "same")
      yield* box.files.writeText("app/changed", "old!")
      yield* server.clearRequests
      const { stderr } = yield* cp("--resume", "app", "box:")
      expect(stderr).toBe("Copied 2 files, 11 B; 1 file were there already.\n")
      expect(yield* box.files.readText("app/changed")).toBe("new!")
      const back = yield* cp("--resume", "box:app", ".")
      expect(back.stderr).toBe("Copied 0 files, 0 B; 3 files were there already.\n")
    })
  )

  it.scopedLive("resumes a download whose connection breaks", () =>
    Effect.gen(function* () {
      const { box, cp, directory, server } = yield* setUp
      yield* box.files.writeBytes("large.bin", large)
      yield* server.faults.inject({ path: "/files/download", fault: Fault.cutBody(1_000_000, "reset") })
      expect((yield* cp("box:large.bin", "large.bin")).code).toBe(0)
      expect(Buffer.compare(yield* Effect.promise(() => readFile(join(directory, "large.bin"))), large)).toBe(0)
      const ranges = (yield* server.requests).flatMap(({ headers }) => headers["range"] ?? [])
      expect(ranges.some((range) => range.startsWith("bytes=") && range !== "bytes=0-")).toBe(true)
    })
  )

  it.scopedLive("keeps no half of a file when it is interrupted, and says how to go on", () =>
    Effect.gen(function* () {
      const { box, directory, options, server } = yield* setUp
      yield* box.files.writeText("a.txt", "a")
      yield* box.files.writeBytes("large.bin", large)
      yield* server.faults.inject({ path: "/files/download", fault: Fault.hang, times: 2 })
      const { child, ended } = yield* start(["cp", "box:large.bin", "large.bin"], options)
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), server.requests), {
        until: (requests) => requests.some(({ path }) => path.endsWith("/files/download"))
      })
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toBe("Interrupted: 0 of 1 file copied, and nothing of the others. To go on: add --resume\n")
      expect(yield* filesIn(directory)).toEqual([])
    })
  )

  it.scopedLive("shows a bar in a terminal, once it takes longer than a second", () =>
    Effect.gen(function* () {
      const { box, options, server } = yield* setUp
      yield* box.files.writeBytes("large.bin", large)
      yield* server.faults.inject({ path: "/files/download", fault: Fault.slowFirstByte("4 seconds") })
      const screen = yield* open(["cp", "box:large.bin", "large.bin"], { ...options, columns: 100 })
      yield* screen.shows(/░{20} 0 % {2}0 B of 3 MB {2}0 B\/s +\d+s/)
      expect((yield* screen.ended).exitCode).toBe(0)
      expect(screen.text()).toBe("Copied 1 file, 3 MB.")
    })
  )

  it.scopedLive.each([
    [["a", "b"], 2, "NAME:PATH"],
    [["box:a", "box:b"], 2, "out of a sandbox"],
    [["box:a", "c", "."], 2, "same sandbox"],
    [["a.txt", "b.txt", "box:no-folder"], 2, "name a folder: no-folder/"],
    [["a.txt", "box:file/"], 2, "file/ is a file"],
    [["nothing", "box:x"], 1, "nothing does not exist"],
    [["box:nothing", "x"], 1, "nothing does not exist"],
    [["loop", "box:x"], 1, "is there a link to a folder above it?"]
  ] as const)("answers %j with exit code %i and %j, and copies nothing", ([[...args], exitCode, named]) =>
    Effect.gen(function* () {
      const { box, cp, directory } = yield* setUp
      yield* write(directory, { "a.txt": "a", "b.txt": "b", "loop/c.txt": "c" })
      yield* Effect.promise(() => symlink(".", join(directory, "loop/again")))
      yield* box.files.writeText("file", "unchanged")
      const { code, stderr, stdout } = yield* cp(...args)
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" })
      expect(stderr).toContain(named)
      expect((yield* box.files.list(".")).map(({ name }) => name).sort()).toEqual(["file"])
      expect(yield* box.files.readText("file")).toBe("unchanged")
    })
  )

  it.scopedLive("writes nothing outside its folder, whatever a sandbox calls its files", () =>
    Effect.gen(function* () {
      const { box, cp, directory, server } = yield* setUp
      yield* box.files.writeText("app/a.txt", "a")
      const evil = { name: "../../escaped", isDir: false, size: 1, mode: "-rw-r--r--", permissions: "0644" }
      const rest = { owner: "0", group: "0", modifiedAt: "2026-01-01T00:00:00Z" }
      yield* server.faults.inject({
        path: "/files",
        fault: Fault.replaceBody(JSON.stringify([{ ...evil, ...rest }]), "application/json")
      })
      const { code, stderr } = yield* cp("box:app", "out")
      expect(code).toBe(1)
      expect(stderr).toContain('an entry that is no name of a file: "../../escaped"')
      expect(yield* filesIn(directory)).toEqual([])
    })
  )
})
