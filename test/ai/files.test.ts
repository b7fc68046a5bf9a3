/** Files as a model reads, writes, edits and finds them. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Files, Process } from "../../src/daytona.js"
import { answered, failed, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const write = (path: string, content: string | Uint8Array) =>
  Effect.flatMap(Files, (files) => files.upload(path, content))

const read = (path: string) => Effect.flatMap(Files, (files) => files.readText(path))

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`).join("\n")

describeWithLayer(
  "read_file",
  tools({ maxAnswer: 4000, maxLine: 200 }),
  "30 seconds"
)((it) => {
  it.effect("shows lines with their numbers", () =>
    Effect.gen(function* () {
      yield* write("three.txt", "one\n\ttwo\r\nthree")
      expect(yield* answered("read_file", { path: "three.txt" })).toEqual({
        content: "1: one\n2: \ttwo\n3: three",
        firstLine: 1,
        lastLine: 3
      })
    })
  )

  it.effect("shows the lines that are asked for, and says from where to read on", () =>
    Effect.gen(function* () {
      yield* write("many.txt", numbers(50))
      expect(yield* answered("read_file", { path: "many.txt", firstLine: 10, lines: 2 })).toEqual({
        content: "10: line 10\n11: line 11",
        firstLine: 10,
        lastLine: 11,
        note: "More lines follow: read on with firstLine 12."
      })
      expect(yield* answered("read_file", { path: "many.txt", firstLine: 49, lines: 2 })).toEqual({
        content: "49: line 49\n50: line 50",
        firstLine: 49,
        lastLine: 50
      })
    })
  )

  it.effect("shows every line once when it is read on as the notes say", () =>
    Effect.gen(function* () {
      const text = numbers(2000)
      yield* write("long.txt", text)
      const shown: Array<string> = []
      let firstLine = 1
      while (firstLine > 0) {
        const answer = yield* answered("read_file", { path: "long.txt", firstLine, lines: 700 })
        const { content, note = "" } = answer as { readonly content: string; readonly note?: string }
        shown.push(...content.split("\n").map((line) => line.replace(/^\d+: /, "")))
        firstLine = Number(/firstLine (\d+)/.exec(note)?.[1] ?? 0)
      }
      expect(shown.join("\n")).toBe(text)
    })
  )

  it.effect("says so when there is nothing to show", () =>
    Effect.gen(function* () {
      yield* write("empty.txt", "")
      yield* write("short.txt", "a\nb\n")
      const nothing = { content: "", firstLine: 0, lastLine: 0 }
      expect(yield* answered("read_file", { path: "empty.txt" })).toEqual({ ...nothing, note: "The file is empty." })
      expect(yield* answered("read_file", { path: "short.txt", firstLine: 3 })).toEqual({
        ...nothing,
        note: "The file has only 2 lines."
      })
    })
  )

  it.effect("cuts long lines, and says how much is missing", () =>
    Effect.gen(function* () {
      yield* write("wide.txt", `${"x".repeat(5_000_000)}\nend`)
      const answer = yield* answered("read_file", { path: "wide.txt" })
      expect(answer).toMatchObject({ lastLine: 2, note: "Lines were cut after 200 characters." })
      expect(JSON.stringify(answer)).toMatch(/^\{"content":"1: x{200}\[\.\.\. 4,999,800 more characters\]\\n2: end"/)
    })
  )

  it.effect("does not show what is not text, and says what it seems to be", () =>
    Effect.gen(function* () {
      yield* write("dot.png", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0))
      yield* write("latin1.txt", Uint8Array.of(0x63, 0x61, 0x66, 0xe9))
      expect(yield* failed("read_file", { path: "dot.png" })).toEqual({
        _tag: "ToolFailed",
        reason: "notText",
        message: "dot.png is not shown, because it is not UTF-8 text. It seems to be a PNG picture."
      })
      expect(yield* failed("read_file", { path: "latin1.txt" })).toMatchObject({ reason: "notText" })
    })
  )

  it.effect("tells what is missing from what is no file", () =>
    Effect.gen(function* () {
      yield* write("folder/file.txt", "")
      expect(yield* failed("read_file", { path: "nowhere.txt" })).toMatchObject({
        _tag: "ToolFailed",
        reason: "notFound",
        message: expect.stringMatching(/^There is no nowhere\.txt\./)
      })
      expect(yield* failed("read_file", { path: "folder" })).toMatchObject({
        reason: "refused",
        message: "folder is a directory: list it."
      })
    })
  )
})

describeWithLayer(
  "write_file and edit_file",
  tools({ maxEditedFile: 100_000 }),
  "30 seconds"
)((it) => {
  it.effect("write a file with the directories above it, and say whether it is new", () =>
    Effect.gen(function* () {
      const given = { path: "new/folder/é.txt", content: "é\n" }
      expect(yield* answered("write_file", given)).toEqual({ bytes: 3, created: true })
      expect(yield* answered("write_file", given)).toEqual({ bytes: 3, created: false })
      expect(yield* read("new/folder/é.txt")).toBe("é\n")
    })
  )

  it.effect("replace the one match, and keep the rest and the permissions", () =>
    Effect.gen(function* () {
      yield* write("run.sh", "#!/bin/sh\necho $1\necho $1$& done\n")
      yield* Effect.flatMap(Process, (process) => process.executeOrFail("chmod 755 run.sh"))
      const edit = { path: "run.sh", find: "$1$&", replacement: "$$ $2 $'" }
      expect(yield* answered("edit_file", edit)).toEqual({
        replacements: 1,
        changed: "1: #!/bin/sh\n2: echo $1\n3: echo $$ $2 $' done"
      })
      expect(yield* read("run.sh")).toBe("#!/bin/sh\necho $1\necho $$ $2 $' done\n")
      expect((yield* Effect.flatMap(Files, (files) => files.info("run.sh"))).permissions).toBe("0755")
    })
  )

  it.effect("change nothing without a match, and show the lines that come closest", () =>
    Effect.gen(function* () {
      const text = "function add(a, b) {\n    return a + b\n}\n\nfunction sub(a, b) {\n    return a - b\n}\n"
      yield* write("math.js", text)
      const edit = (find: string) => failed("edit_file", { path: "math.js", find, replacement: "x" })
      expect(yield* edit("function sub(a, b) {\n  return a - b\n}")).toMatchObject({
        reason: "noMatch",
        message: expect.stringContaining("differ from it only in spaces or line breaks"),
        found: expect.stringContaining("5: function sub(a, b) {\n6:     return a - b\n7: }")
      })
      expect(yield* edit("return a - b * c")).toMatchObject({
        reason: "noMatch",
        message: expect.stringContaining("come closest"),
        found: expect.stringContaining("6:     return a - b")
      })
      const unlike = yield* edit("class Nothing extends Something")
      expect(unlike).toMatchObject({ reason: "noMatch", message: expect.stringContaining("nor a line like it") })
      expect(unlike).not.toHaveProperty("found")
      expect(yield* read("math.js")).toBe(text)
    })
  )

  it.effect("change nothing with several matches, and show where they are", () =>
    Effect.gen(function* () {
      yield* write("twice.txt", "a b\nc\nb a\n")
      expect(yield* failed("edit_file", { path: "twice.txt", find: "a", replacement: "z" })).toMatchObject({
        reason: "severalMatches",
        message: expect.stringContaining("2 times"),
        found: "1: a b\n3: b a"
      })
      expect(yield* read("twice.txt")).toBe("a b\nc\nb a\n")
      expect(
        yield* answered("edit_file", { path: "twice.txt", find: "a", replacement: "", everywhere: true })
      ).toMatchObject({ replacements: 2 })
      expect(yield* read("twice.txt")).toBe(" b\nc\nb \n")
    })
  )

  it.effect("keep the line breaks of a file that a model cannot see", () =>
    Effect.gen(function* () {
      yield* write("dos.txt", "one\r\ntwo\r\nthree\r\n")
      yield* answered("edit_file", { path: "dos.txt", find: "one\ntwo", replacement: "1\n2" })
      expect(yield* read("dos.txt")).toBe("1\r\n2\r\nthree\r\n")
    })
  )

  it.effect("refuse what is not text, too large, or not there", () =>
    Effect.gen(function* () {
      yield* write("binary", Uint8Array.of(0xff, 0, 1))
      yield* write("large", "x".repeat(100_001))
      const edit = (path: string) => failed("edit_file", { path, find: "x", replacement: "y" })
      expect(yield* edit("binary")).toMatchObject({ reason: "notText" })
      expect(yield* edit("large")).toMatchObject({
        reason: "tooLarge",
        message: expect.stringContaining("100,000 bytes")
      })
      expect(yield* edit("missing")).toMatchObject({ reason: "notFound" })
    })
  )

  it.effect("refuse an edit that changes nothing", () =>
    Effect.gen(function* () {
      expect(yield* failed("edit_file", { path: "x", find: "a", replacement: "a" })).toMatchObject({
        _tag: "InvalidArguments",
        argument: "replacement"
      })
    })
  )
})

describeWithLayer(
  "list_directory, find_files and search_files",
  tools({ maxAnswer: 3000 }),
  "30 seconds"
)((it) => {
  it.effect("list entries in order, with the sizes of files", () =>
    Effect.gen(function* () {
      yield* write("listed/b.txt", "x".repeat(1234))
      yield* write("listed/a/c.txt", "")
      expect(yield* answered("list_directory", { path: "listed" })).toEqual({ entries: "a/\nb.txt  1,234", count: 2 })
      expect(yield* failed("list_directory", { path: "listed/b.txt" })).toMatchObject({ reason: "refused" })
    })
  )

  it.effect("find names and lines, but not in what was installed", () =>
    Effect.gen(function* () {
      yield* write("app/src/main.ts", "const needle = 1\n// Needle\n")
      yield* write("app/node_modules/x/main.ts", "needle\n")
      yield* write("app/.git/main.ts", "needle\n")
      expect(yield* answered("find_files", { path: "app", pattern: "*.ts" })).toEqual({
        paths: expect.stringMatching(/(^|\/)app\/src\/main\.ts$/),
        count: 1
      })
      expect(yield* answered("search_files", { path: "app", text: "needle" })).toEqual({
        matches: expect.stringMatching(/^\S*app\/src\/main\.ts:1: const needle = 1$/),
        count: 1
      })
      expect(yield* answered("search_files", { path: "app/node_modules", text: "needle" })).toMatchObject({ count: 1 })
    })
  )

  it.effect("find nothing where there is nothing, and say so where there is no such directory", () =>
    Effect.gen(function* () {
      yield* write("bare/file", "")
      expect(yield* answered("find_files", { path: "bare", pattern: "*.md" })).toEqual({ paths: "", count: 0 })
      expect(yield* failed("find_files", { path: "absent", pattern: "*" })).toMatchObject({ reason: "notFound" })
      expect(yield* failed("search_files", { path: "absent", text: "x" })).toMatchObject({ reason: "notFound" })
    })
  )

  it.effect("say how much of a long list is shown, and what to do", () =>
    Effect.gen(function* () {
      yield* write("lines.txt", Array.from({ length: 500 }, () => "needle in a haystack").join("\n"))
      const answer = yield* answered("search_files", { path: "lines.txt", text: "needle" })
      expect(answer).toMatchObject({
        count: 500,
        note: expect.stringMatching(/^Only the first \d+ of 500 are shown\. Start in a directory below/)
      })
      expect(JSON.stringify(answer).length).toBeLessThanOrEqual(3000)
    })
  )

  it.effect("refuse patterns that would silently find nothing", () =>
    Effect.gen(function* () {
      expect(yield* failed("find_files", { pattern: "src/**/*.ts" })).toMatchObject({
        _tag: "InvalidArguments",
        argument: "pattern"
      })
      expect(yield* failed("search_files", { text: "a\nb" })).toMatchObject({
        _tag: "InvalidArguments",
        argument: "text"
      })
    })
  )
})

describeWithLayer(
  "files that are changed",
  tools(),
  "30 seconds"
)((it) => {
  const shell = (script: string) => Effect.flatMap(Process, (process) => process.executeOrFail(script))

  it.effect("stay behind the links to them", () =>
    Effect.gen(function* () {
      yield* shell(
        "mkdir -p real; echo 'one two' > real/file; chmod 640 real/file; ln -s real/file link; ln -s link again"
      )
      yield* answered("edit_file", { path: "again", find: "two", replacement: "three" })
      expect(yield* read("real/file")).toBe("one three\n")
      yield* answered("write_file", { path: "link", content: "four" })
      expect((yield* shell("readlink link again; stat -c %a real/file; cat real/file; ls -A real")).stdout).toBe(
        "real/file\nlink\n640\nfourfile\n"
      )
    })
  )

  it.effect("are never files to which a link leads out of what the daemon shows", () =>
    Effect.gen(function* () {
      yield* shell(
        "d=$(mktemp -d /var/tmp/outside.XXXXXX); echo outside > $d/file; ln -s $d/file out; echo $d > where; ln -s $d/none dangling"
      )
      for (const path of ["out", "dangling"]) yield* Effect.ignore(answered("write_file", { path, content: "mine" }))
      expect((yield* shell("cat $(cat where)/file; ls $(cat where); rm -rf $(cat where)")).stdout).toBe(
        "outside\nfile\n"
      )
    })
  )

  it.effect("keep every one of several edits at the same time", () =>
    Effect.gen(function* () {
      const words = Array.from({ length: 12 }, (_, index) => `word${index}.`)
      yield* write("edited", words.join(" "))
      const edit = (word: string) =>
        answered("edit_file", { path: "./edited", find: word, replacement: word.toUpperCase() })
      yield* Effect.forEach(words, edit, { concurrency: "unbounded" })
      expect(yield* read("edited")).toBe(words.join(" ").toUpperCase())
    })
  )
})
