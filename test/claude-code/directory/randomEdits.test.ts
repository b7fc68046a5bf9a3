/** Whatever is done to a directory, what has changed is told in full: the patch makes the one from the other. */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import { WorkDirectory } from "../../../src/claude-code/directory/WorkDirectory.js"
import { layerCommand } from "../../../src/claude-code/layerCommand.js"

type Bytes = Buffer

/** Few names, so that edits meet; some of them are none that a shell or git would like. */
const names = ["a", "b c", "d'\"\\e", "-f", "*", "line\nbreak", "é", ":(top)g", "tab\t", ".git~1", "#h", "!i"]
  .map((name) => Buffer.from(name))
  .concat(Buffer.from([0x6a, 0xff, 0xe9]))

const name = FastCheck.constantFrom(...names)
const path = FastCheck.array(name, { minLength: 1, maxLength: 3 }).map((parts) =>
  parts.reduce((before, part) => Buffer.concat([before, Buffer.from("/"), part]))
)
/** What a link leads to. A patch is text, and git applies none to a link that leads to itself. */
const target = path
  .filter((bytes) => !bytes.includes(0xff))
  .map((bytes) => Buffer.concat([Buffer.from("nowhere/"), bytes]))

const line = FastCheck.constantFrom(
  "",
  "one",
  "two",
  "diff --git a/x b/x",
  "--",
  "\\ No newline",
  "é",
  "\r",
  "\u0000",
  "ÿ"
)
const content = FastCheck.oneof(
  FastCheck.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join("\n"))),
  FastCheck.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join("\n"), "latin1")),
  FastCheck.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  FastCheck.nat({ max: 3000 }).map((count) => Buffer.from("a line of some length\n".repeat(count)))
)

type Edit = (root: Bytes) => void

const at = (root: Bytes, relative: Bytes): Bytes => Buffer.concat([root, Buffer.from("/"), relative])

const parentOf = (file: Bytes): Bytes => file.subarray(0, file.lastIndexOf(0x2f))

/** Makes room for a file. */
const clear = (root: Bytes, file: Bytes) => {
  for (let parent = parentOf(file); parent.length > root.length; parent = parentOf(parent)) {
    attempt(() => {
      if (!lstatSync(parent).isDirectory()) rmSync(parent)
    })
  }
  rmSync(file, { recursive: true, force: true })
  mkdirSync(parentOf(file), { recursive: true })
}

const attempt = (edit: () => void) => {
  try {
    edit()
  } catch {}
}

const edit: FastCheck.Arbitrary<Edit> = FastCheck.oneof(
  {
    weight: 4,
    arbitrary: FastCheck.tuple(path, content).map(
      ([file, bytes]): Edit =>
        (root) => {
          clear(root, at(root, file))
          writeFileSync(at(root, file), bytes)
        }
    )
  },
  FastCheck.tuple(path, target).map(
    ([file, target]): Edit =>
      (root) => {
        clear(root, at(root, file))
        symlinkSync(target, at(root, file))
      }
  ),
  path.map(
    (file): Edit =>
      (root) =>
        rmSync(at(root, file), { recursive: true, force: true })
  ),
  FastCheck.tuple(path, path).map(
    ([from, to]): Edit =>
      (root) =>
        attempt(() => {
          lstatSync(at(root, from))
          if (Buffer.concat([to, Buffer.from("/")]).indexOf(Buffer.concat([from, Buffer.from("/")])) === 0) return
          if (Buffer.concat([from, Buffer.from("/")]).indexOf(Buffer.concat([to, Buffer.from("/")])) === 0) return
          clear(root, at(root, to))
          renameSync(at(root, from), at(root, to))
        })
  ),
  path.map(
    (file): Edit =>
      (root) =>
        attempt(() => {
          if (lstatSync(at(root, file)).isFile()) chmodSync(at(root, file), 0o755)
        })
  )
)

/** All files below a directory: names in Latin-1 stand for bytes. */
const filesIn = (root: Bytes, below: Bytes = Buffer.alloc(0)): Readonly<Record<string, string>> =>
  Object.assign(
    {},
    ...readdirSync(below.length === 0 ? root : at(root, below), { encoding: "buffer" }).map((entry) => {
      const relative = below.length === 0 ? entry : at(below, entry)
      const status = lstatSync(at(root, relative))
      if (status.isDirectory()) return filesIn(root, relative)
      const what = status.isSymbolicLink()
        ? `link ${readlinkSync(at(root, relative), { encoding: "buffer" }).toString("latin1")}`
        : `${(status.mode & 0o100) === 0 ? "file" : "program"} ${readFileSync(at(root, relative)).toString("latin1")}`
      return { [relative.toString("latin1")]: what }
    })
  )

const applyTo = (directory: string, patch: string) => {
  const scratch = mkdtempSync(join(dirname(directory), "git-"))
  writeFileSync(join(scratch, "patch"), patch)
  const env = { PATH: process.env["PATH"], HOME: scratch, GIT_DIR: join(scratch, ".git"), GIT_CONFIG_NOSYSTEM: "1" }
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: directory, env, stdio: "pipe" })
  git("init", "-q", scratch)
  git("config", "core.protectNTFS", "false")
  git("--work-tree=.", "apply", "--whitespace=nowarn", join(scratch, "patch"))
}

it.live("a patch makes what is there out of what was there, after any edits", () =>
  Effect.gen(function* () {
    const directory = yield* WorkDirectory
    const parent = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "random-edits-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const runPromise = Runtime.runPromise(yield* Effect.runtime<never>())
    const property = FastCheck.asyncProperty(
      FastCheck.array(edit, { minLength: 1, maxLength: 12 }),
      FastCheck.array(edit, { minLength: 1, maxLength: 8 }),
      FastCheck.boolean(),
      async (before, after, isRepository) => {
        const root = mkdtempSync(join(parent, "work-"))
        const work = join(root, "now")
        const copy = join(root, "then")
        mkdirSync(work)
        if (isRepository) execFileSync("git", ["init", "-q", work])
        for (const each of before) attempt(() => each(Buffer.from(work)))
        // `cpSync` takes names for text.
        execFileSync("sh", ["-c", 'cp -a "$1" "$2"; rm -rf "$2/.git"', "sh", work, copy])
        const { changes } = await runPromise(
          directory.changesOf(
            Effect.sync(() => {
              for (const each of after) attempt(() => each(Buffer.from(work)))
            }),
            { workingDirectory: work }
          )
        )
        const then = filesIn(Buffer.from(copy))
        rmSync(join(work, ".git"), { recursive: true, force: true })
        const now = filesIn(Buffer.from(work))
        if (changes.patch !== "") applyTo(copy, changes.patch)
        expect(filesIn(Buffer.from(copy))).toEqual(now)
        expect(changes.isComplete).toBe(true)
        const changed = Object.keys({ ...then, ...now }).filter((file) => then[file] !== now[file])
        const text = (file: string) => Buffer.from(file, "latin1").toString()
        expect(changes.files.flatMap(({ path, previousPath = path }) => [path, previousPath])).toEqual(
          expect.arrayContaining(changed.map(text))
        )
        rmSync(root, { recursive: true, force: true })
      }
    )
    yield* Effect.promise(() => FastCheck.assert(property, { numRuns: 15 }))
  }).pipe(Effect.scoped, Effect.provide(layerCommand()), Effect.provide(NodeContext.layer))
)
