import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { localRuntime } from "../../../../../src/embedded/daytona/index.js"
import { at, textAt } from "../../support.js"
import { directory } from "../machineSupport.js"
import { generations, inMemory, type Sandbox, sandbox } from "../sandbox.js"

type Query = Readonly<Record<string, string>>

const sh = (box: Sandbox, command: string) =>
  Effect.map(box.post("/process/execute", { command }), ({ json }) => textAt(json, "result"))

const post = (box: Sandbox, path: string, query: Query) =>
  Effect.map(box.post(`${path}?${new URLSearchParams(query)}`), ({ status }) => status)

const remove = (box: Sandbox, query: Query) =>
  Effect.map(box.request("DELETE", `/files?${new URLSearchParams(query)}`), ({ status }) => status)

const status = (box: Sandbox, path: string, query: Query) => Effect.map(box.get(path, query), (answer) => answer.status)

describe("reading metadata of files", () => {
  it.live("lists a directory, with links as their targets", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(
        box,
        "mkdir d; printf 12345 > f; chmod 640 f; chmod 1777 d; touch -d '2026-01-02T03:04:05.678Z' f; ln -s d l; ln -s no x"
      )
      const { json } = yield* box.get("/files")
      const ids = (yield* sh(box, "id -u; id -g")).trim().split("\n")
      const [owner, group] = ids
      expect(json).toEqual([
        expect.objectContaining({ name: "d", isDir: true, mode: "dtrwxrwxrwx", permissions: "0777" }),
        {
          name: "f",
          size: 5,
          mode: "-rw-r-----",
          modTime: "2026-01-02 03:04:05.678 +0000 UTC",
          modifiedAt: "2026-01-02T03:04:05.678Z",
          isDir: false,
          owner,
          group,
          permissions: "0640"
        },
        expect.objectContaining({ name: "l", isDir: true })
      ])
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  it.live("recurses in the newer daemon, which returns absolute paths", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "mkdir -p a/b/c; touch a/b/c/f")
      const home = (yield* sh(box, "pwd -P")).trim()
      const paths = (query: Query) =>
        Effect.map(box.get("/files", query), ({ json }) =>
          Array.isArray(json) ? json.map((entry) => String(at(entry, "path")).replace(home, "~")) : json
        )
      expect(yield* paths({})).toEqual(["~/a"])
      expect(yield* paths({ path: "a", depth: "2" })).toEqual(["~/a/b", "~/a/b/c"])
      expect(yield* paths({ depth: "9" })).toEqual(["~/a", "~/a/b", "~/a/b/c", "~/a/b/c/f"])
      expect(yield* status(box, "/files", { depth: "0" })).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  for (const generation of generations) {
    it.live(`of generation ${generation} refuses what does not exist or is not a directory`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        yield* sh(box, "touch f; ln -s no x; mkdir d")
        expect(yield* status(box, "/files", { path: "no" })).toBe(404)
        expect(yield* status(box, "/files", { path: "f" })).toBe(400)
        expect(yield* status(box, "/files/info", {})).toBe(400)
        expect(yield* status(box, "/files/info", { path: "x" })).toBe(404)
        expect(yield* status(box, "/files/info", { path: "f/g" })).toBe(400)
        expect(at((yield* box.get("/files/info", { path: "./d" })).json, "name")).toBe("d")
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }
})

describe("changing files", () => {
  it.live("creates directories with their parents", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(yield* post(box, "/files/folder", { path: "a/b", mode: "700" })).toBe(201)
      expect(yield* post(box, "/files/folder", { path: "a/b" })).toBe(201)
      expect(yield* sh(box, "stat -c %a a/b")).toBe("700\n")
      yield* sh(box, "touch f")
      expect(yield* post(box, "/files/folder", { path: "f" })).toBe(400)
      expect(yield* post(box, "/files/folder", { path: "f/g" })).toBe(400)
      expect(yield* post(box, "/files/folder", { path: "c", mode: "rwx" })).toBe(400)
      expect(yield* post(box, "/files/folder", {})).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("drops special bits from the mode of a directory", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(yield* post(box, "/files/folder", { path: "d", mode: "3755" })).toBe(201)
      expect(yield* sh(box, "stat -c %a d")).toBe("755\n")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("deletes directories only recursively", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "mkdir -p d/e keep; touch f keep/f; ln -s keep l")
      expect(yield* remove(box, { path: "d" })).toBe(400)
      expect(yield* remove(box, { path: "d", recursive: "1" })).toBe(400)
      expect(yield* remove(box, { path: "d", recursive: "true" })).toBe(204)
      expect(yield* remove(box, { path: "f" })).toBe(204)
      expect(yield* remove(box, { path: "f" })).toBe(404)
      expect(yield* remove(box, { path: "l", recursive: "true" })).toBe(204)
      expect(yield* sh(box, "ls . keep")).toBe(".:\nkeep\n\nkeep:\nf\n")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("moves only to paths that do not exist", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "mkdir d; echo one > a; echo two > b")
      const move = (source: string, destination: string) => post(box, "/files/move", { source, destination })
      expect(yield* move("a", "b")).toBe(409)
      expect(yield* move("a", "d")).toBe(409)
      expect(yield* move("no", "c")).toBe(404)
      expect(yield* move("a", "no/c")).toBe(404)
      expect(yield* move("", "c")).toBe(400)
      expect(yield* move("a", "d/c")).toBe(200)
      expect(yield* sh(box, "ls; cat d/c")).toBe("b\nd\none\n")
      expect(yield* move("d", "d/c/e")).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("sets permissions and owners, by name or number", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "touch f")
      const [user = "", group = ""] = (yield* sh(box, "id -un; id -g")).trim().split("\n")
      const set = (query: Query) => post(box, "/files/permissions", { path: "f", ...query })
      expect(yield* set({ mode: "0601" })).toBe(200)
      expect(yield* set({ owner: user, group })).toBe(200)
      // The user that every sandbox reports, whatever it is called on this computer.
      expect(yield* set({ owner: "daytona", group: "daytona" })).toBe(200)
      expect(yield* set({ mode: "9" })).toBe(400)
      expect(yield* set({ owner: "nobody-of-that-name" })).toBe(400)
      expect(yield* set({ path: "no" })).toBe(404)
      // The mode is changed first, so it remains although the owner is unknown.
      expect(yield* set({ mode: "0611", group: "nobody-of-that-name" })).toBe(400)
      expect(yield* sh(box, "stat -c '%a %U %g' f")).toBe(`611 ${user} ${group}\n`)
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("paths outside the sandbox", () => {
  for (const generation of generations) {
    it.scopedLive(`are refused by generation ${generation}, including through links`, () =>
      Effect.gen(function* () {
        const outside = yield* directory
        const box = yield* sandbox()
        yield* sh(box, `ln -s ${outside} link; ln -s ${outside}/new dangling; echo x > ${outside}/f; echo x > f`)
        expect(yield* status(box, "/files/info", { path: "/etc/hosts" })).toBe(403)
        expect(yield* status(box, "/files", { path: "../../.." })).toBe(403)
        expect(yield* status(box, "/files/download", { path: "link/f" })).toBe(403)
        expect(yield* post(box, "/files/folder", { path: "dangling" })).toBe(403)
        expect(yield* post(box, "/files/folder", { path: "link/d" })).toBe(403)
        expect(yield* post(box, "/files/move", { source: "f", destination: "link/f2" })).toBe(403)
        expect(yield* remove(box, { path: "link/f" })).toBe(403)
        expect(yield* remove(box, { path: "../..", recursive: "true" })).toBe(403)
        expect((yield* box.get("/files/find", { path: ".", pattern: "x" })).json).toEqual([
          { file: "f", line: 1, content: "x" }
        ])
        const replaced = yield* box.post("/files/replace", { files: ["link/f"], pattern: "x", newValue: "y" })
        expect(at(replaced.json, 0, "success")).toBe(false)
        expect(yield* sh(box, `ls ${outside}; cat ${outside}/f`)).toBe("f\nx\n")
        // The link itself is inside.
        expect(yield* remove(box, { path: "link", recursive: "true" })).toBe(204)
        expect(yield* sh(box, `cat ${outside}/f`)).toBe("x\n")
        // The sandbox also has temporary files.
        expect(yield* status(box, "/files", { path: "../../tmp" })).toBe(200)
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("are allowed if configured so", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(yield* status(box, "/files/info", { path: "/" })).toBe(200)
    }).pipe(Effect.provide(inMemory({ runtime: localRuntime({ paths: "anywhere" }) })))
  )
})
