/** What has changed in a directory, whatever was done there. */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Changes } from "../../../src/claude-code/directory/Changes.js"
import { WorkDirectory } from "../../../src/claude-code/directory/WorkDirectory.js"
import { describeWithLayer } from "../../support/sharedLayer.js"
import { fresh, places } from "./places.js"

const sh = (directory: string, script: string): string =>
  execFileSync("sh", ["-c", script], {
    cwd: directory,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: directory,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@b",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@b"
    }
  })

/** Everything in a directory, byte for byte. */
const contents = (directory: string): string =>
  sh(
    directory,
    "find . ! -type d -print0 | sort -z | xargs -0r ls -ld --time-style=+ | cut -d' ' -f1,5-; find . -type f -print0 | sort -z | xargs -0r sha256sum"
  )

/** What the patch makes of a copy of what was there before. */
const applied = (before: string, patch: string): string => {
  writeFileSync(`${before}.patch`, patch)
  if (patch !== "") {
    sh(
      before,
      `git init -q "${before}.git-dir" && GIT_DIR="${before}.git-dir/.git" git --work-tree=. apply --whitespace=nowarn "${before}.patch"`
    )
  }
  return contents(before)
}

const summary = ({ files }: Changes) =>
  files.map(
    ({ change, path, previousPath }) => `${change} ${previousPath === undefined ? "" : `${previousPath} → `}${path}`
  )

/** What a snapshot keeps for itself: here, or in the temporary files of a sandbox. */
const keptBy = (snapshot: WorkDirectory.Snapshot): string => {
  const { name }: { readonly name: string } = JSON.parse(JSON.stringify(snapshot))
  return sh(tmpdir(), `find . -maxdepth 3 -name '${name}' 2> /dev/null || :`)
}

for (const [name, place] of places) {
  describeWithLayer(
    `a directory ${name}`,
    place,
    "30 seconds"
  )((it) => {
    const scene = (before: string) =>
      Effect.gen(function* () {
        const directory = yield* WorkDirectory
        const { path, workingDirectory } = yield* fresh
        mkdirSync(path)
        sh(path, before)
        const changesAfter = (script: string, options: WorkDirectory.ChangesOptions = {}) =>
          Effect.map(
            directory.changesOf(
              Effect.sync(() => sh(path, script)),
              { workingDirectory, ...options }
            ),
            ({ changes }) => changes
          )
        return { directory, path, workingDirectory, changesAfter }
      })

    it.effect("that is no repository: files of all kinds are told apart, and the patch makes them", () =>
      Effect.gen(function* () {
        const { changesAfter, path } = yield* scene(
          `seq 100 > same; seq 100 > edited; seq 200 > moved; echo gone > gone; head -c 999 /dev/urandom > binary
           printf '\\377latin\\n' > latin; ln -s same link; echo x > becomes-link; echo run > script; printf a > "t'o\\"d"`
        )
        cpSync(path, `${path}.before`, { recursive: true, verbatimSymlinks: true })
        const changes = yield* changesAfter(
          `seq 101 > edited; mkdir sub; mv moved sub/moved; rm gone becomes-link; ln -s script becomes-link
           head -c 9000 /dev/urandom > binary; printf '\\377latin\\n\\376\\n' > latin; chmod +x script
           printf 'new\\r\\nfile' > 'new file'; printf b > "$(printf 'line\\nbreak \\351')"; : > empty; printf b > "t'o\\"d"`
        )
        expect(summary(changes)).toEqual([
          "modified becomes-link",
          "modified binary",
          "modified edited",
          "added empty",
          "deleted gone",
          "modified latin",
          "added line\nbreak \uFFFD",
          "added new file",
          "modified script",
          "renamed moved → sub/moved",
          "modified t'o\"d"
        ])
        const of = (wanted: string) => changes.files.find((file) => file.path === wanted)
        expect(of("edited")).toEqual({
          path: "edited",
          change: "modified",
          kind: "file",
          isExecutable: false,
          isBinary: false,
          linesAdded: 1,
          linesRemoved: 0,
          sizeBefore: 292,
          sizeAfter: 296,
          isInPatch: true
        })
        expect(of("binary")).toMatchObject({ isBinary: true, sizeBefore: 999, sizeAfter: 9000, isInPatch: true })
        expect(of("latin")).toMatchObject({ isBinary: true, isInPatch: true })
        expect(of("becomes-link")).toMatchObject({ kind: "link", sizeAfter: 6 })
        expect(of("script")).toMatchObject({ isExecutable: true })
        expect(of("line\nbreak \uFFFD")?.pathBytes).toEqual(Uint8Array.from([...Buffer.from("line\nbreak "), 0xe9]))
        expect(changes).toMatchObject({ fileCount: 11, isComplete: true, warnings: [] })
        expect(applied(`${path}.before`, changes.patch)).toBe(contents(path))
        expect(yield* Schema.decode(Changes)(yield* Schema.encode(Changes)(changes))).toEqual(changes)
      })
    )

    it.effect("that nothing changes in has no changes", () =>
      Effect.gen(function* () {
        const { changesAfter } = yield* scene("echo a > a; mkdir empty")
        const changes = yield* changesAfter("touch -d 2001-01-01 a; mkdir emptier")
        expect(changes).toEqual({
          files: [],
          patch: "",
          fileCount: 0,
          linesAdded: 0,
          linesRemoved: 0,
          isComplete: true,
          warnings: []
        })
      })
    )

    it.effect("that is a repository stays as it is: its index, its HEAD and its objects", () =>
      Effect.gen(function* () {
        const { directory, path, workingDirectory } = yield* scene(
          "git init -q .; echo 1 > a; git add a; git commit -qm a; echo 2 > b; git add b; echo 3 > b; echo c > c"
        )
        const before = contents(path)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const snapshot = yield* directory.snapshot({ workingDirectory })
            expect((yield* snapshot.changes()).files).toEqual([])
            expect(contents(path)).toBe(before)
            // Commits, branches and resets are no changes of files.
            sh(path, "git add -A; git commit -qm all; git checkout -qb other; echo d > d")
            const committed = contents(path)
            expect(summary(yield* snapshot.changes())).toEqual(["added d"])
            expect(contents(path)).toBe(committed)
            sh(path, "rm -rf .git")
            expect(summary(yield* snapshot.changes())).toEqual(["added d"])
          })
        )
      })
    )

    it.effect("leaves out what is ignored: by its own rules, and by those of the repository around it", () =>
      Effect.gen(function* () {
        const { changesAfter, directory, path, workingDirectory } = yield* scene(
          `git init -q .; echo '*.log' > .gitignore; echo excluded >> .git/info/exclude; mkdir -p pkg sub ignored
           echo 'ignored/' >> .gitignore; echo inner > sub/.gitignore`
        )
        const script =
          "for d in . pkg sub ignored; do for f in a.log excluded inner kept; do echo x > $d/$f; done; done"
        expect(summary(yield* changesAfter(script))).toEqual([
          "added inner",
          "added kept",
          "added pkg/inner",
          "added pkg/kept",
          "added sub/kept"
        ])
        const inside = (sub: string) =>
          directory.changesOf(
            Effect.sync(() => sh(`${path}/${sub}`, "rm -rf *; echo y > b.log; echo y > new")),
            { workingDirectory: `${workingDirectory}/${sub}` }
          )
        expect(summary((yield* inside("pkg")).changes)).toEqual(["deleted inner", "deleted kept", "added new"])
        // In a directory that is ignored itself, the rules around it would leave out everything.
        expect(summary((yield* inside("ignored")).changes)).toContain("added new")
      })
    )

    it.effect("sees into the repositories within it", () =>
      Effect.gen(function* () {
        const { changesAfter, path } = yield* scene(
          `git init -q .; mkdir -p 'lib [1]/deep' unborn; (cd 'lib [1]'; git init -q .; echo 1 > l; echo '*.tmp' > .gitignore
           cd deep; git init -q .; echo 1 > d); (cd 'lib [1]/deep'; git add .; git commit -qm d); (cd 'lib [1]'; git add .; git commit -qm l); (cd unborn; git init -q .; echo 1 > u); echo r > r`
        )
        cpSync(path, `${path}.before`, { recursive: true })
        const changes = yield* changesAfter(
          "echo 2 > 'lib [1]/l'; echo 2 > 'lib [1]/deep/d'; echo 2 > unborn/u; echo t > 'lib [1]/x.tmp'; mv r 'lib [1]/r'; (cd 'lib [1]'; git add -A; git commit -qm 2)"
        )
        expect(summary(changes)).toEqual([
          "modified lib [1]/deep/d",
          "modified lib [1]/l",
          "renamed r → lib [1]/r",
          "modified unborn/u"
        ])
      })
    )

    it.effect("runs nothing that a repository names, and takes files as they are", () =>
      Effect.gen(function* () {
        const { changesAfter, path } = yield* scene(
          `git init -q .; for key in core.fsmonitor filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.command diff.evil.textconv core.pager
           do git config $key 'touch evil; cat'; done; git config filter.evil.required true; git config core.autocrlf true; git config diff.external 'touch evil'
           for hook in post-index-change pre-commit; do printf '#!/bin/sh\\ntouch evil\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done
           printf '* filter=evil diff=evil text eol=crlf ident working-tree-encoding=UTF-16\\n' > .gitattributes; printf 'a\\r\\nb\\n$Id$\\n' > mixed`
        )
        cpSync(path, `${path}.before`, { recursive: true })
        const changes = yield* changesAfter("printf 'a\\nb\\r\\n$Id: x$\\n' > mixed")
        expect(existsSync(`${path}/evil`)).toBe(false)
        expect(summary(changes)).toEqual(["modified mixed"])
        rmSync(`${path}.before/.git`, { recursive: true })
        rmSync(`${path}.before/.gitattributes`)
        applied(`${path}.before`, changes.patch)
        expect(readFileSync(`${path}.before/mixed`)).toEqual(readFileSync(`${path}/mixed`))
      })
    )

    it.effect("says what is left out where there is too much, and has it on request", () =>
      Effect.gen(function* () {
        const { directory, path, workingDirectory } = yield* scene(":")
        yield* Effect.scoped(
          Effect.gen(function* () {
            const snapshot = yield* directory.snapshot({ workingDirectory })
            sh(path, "mkdir many; for i in $(seq 100 149); do echo $i > many/$i; done; seq 100000 > large; echo z > z")
            const changes = yield* snapshot.changes({ maxFiles: 10, maxPatchBytes: 100_000 })
            expect(changes).toMatchObject({ fileCount: 52, linesAdded: 100_051, isComplete: false })
            expect(changes.files).toHaveLength(10)
            expect(changes.files[0]).toMatchObject({ path: "large", isInPatch: false, linesAdded: 100_000 })
            expect(changes.files[1]).toMatchObject({ path: "many/100", isInPatch: true })
            expect(changes.patch.length).toBeLessThan(100_000)
            // What is not listed may be in the patch.
            expect(changes.patch).toContain("+++ b/z\n")
            const rest = yield* snapshot.changes({ paths: ["large", "z"], maxPatchBytes: 2_000_000 })
            expect(summary(rest)).toEqual(["added large", "added z"])
            expect(rest).toMatchObject({ isComplete: true, fileCount: 2 })
            expect(rest.patch).toContain("+100000\n")
            expect((yield* snapshot.changes({ paths: ["many/1*"] })).files).toEqual([])
            expect((yield* snapshot.changes({ paths: ["many"] })).files).toHaveLength(50)
            expect(yield* snapshot.changes({ maxFiles: 0, maxPatchBytes: 0 })).toMatchObject({ files: [], patch: "" })
          })
        )
      })
    )

    it.effect("may be gone afterwards, but must be there before", () =>
      Effect.gen(function* () {
        const { changesAfter, directory, path, workingDirectory } = yield* scene("echo a > a")
        expect(summary(yield* changesAfter(`rm -r "${path}"`))).toEqual(["deleted a"])
        const missing = yield* Effect.flip(Effect.scoped(directory.snapshot({ workingDirectory })))
        expect(missing).toMatchObject({ _tag: "InvalidRequest", field: "workingDirectory" })
        expect(missing.message).toContain("does not exist")
      })
    )

    it.effect("warns of what cannot be read, and goes on", () =>
      Effect.gen(function* () {
        const { changesAfter } = yield* scene("mkfifo pipe; echo a > a")
        expect(summary(yield* changesAfter("echo b > b; ln -s nowhere dangling"))).toEqual([
          "added b",
          "added dangling"
        ])
      })
    )

    it.effect("refuses what is no path within it, and limits that are none", () =>
      Effect.gen(function* () {
        const { directory, workingDirectory } = yield* scene(":")
        const field = (options: object) =>
          Effect.map(Effect.flip(directory.changesOf(Effect.void, options)), (error) =>
            error._tag === "InvalidRequest" ? error.field : error
          )
        expect(yield* field({ workingDirectory: "~/app" })).toBe("workingDirectory")
        expect(yield* field({ workingDirectory: "" })).toBe("workingDirectory")
        expect(yield* field({ workingDirectory, maxFiles: -1 })).toBe("maxFiles")
        expect(yield* field({ workingDirectory, maxPatchBytes: 1e12 })).toBe("maxPatchBytes")
        expect(yield* field({ workingDirectory, paths: ["a", "../b"] })).toBe("paths.1")
        expect(yield* field({ workingDirectory, paths: "a" })).toBe("paths")
      })
    )

    it.effect("is forgotten with the scope, also when what is watched fails", () =>
      Effect.gen(function* () {
        const { directory, workingDirectory } = yield* scene("echo a > a")
        const failed = directory.changesOf(Effect.fail("no"), { workingDirectory })
        expect(yield* Effect.flip(failed)).toBe("no")
        const late = yield* Effect.scoped(
          Effect.tap(directory.snapshot({ workingDirectory }), (snapshot) =>
            Effect.sync(() => expect(keptBy(snapshot)).not.toBe(""))
          )
        )
        const gone = yield* Effect.flip(late.changes())
        expect(gone._tag).toBe("WorkDirectoryFailed")
        expect(gone.message).toContain("its scope has closed")
        expect(keptBy(late)).toBe("")
      })
    )
  })
}
