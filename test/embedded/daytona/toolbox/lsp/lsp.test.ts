import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { at } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { languageServers } from "./support.js"

type Generation = "0.190" | "current"

/** A toolbox with language servers, and the fields that identify a project in every request. */
const withServers = (generation: Generation, languageId = "typescript") =>
  Effect.gen(function* () {
    const box = yield* toolbox({ generation, env: yield* languageServers })
    const project = { languageId, pathToProject: box.machine.workDir }
    const open = (name: string, text: string) =>
      Effect.gen(function* () {
        const path = join(box.machine.workDir, name)
        yield* Effect.promise(() => writeFile(path, text))
        const uri = `file://${path}`
        return { uri, answer: yield* box.post("/lsp/did-open", { ...project, uri }) }
      })
    const found = (query: string) => box.get("/lsp/workspacesymbols", { ...project, query })
    return { ...box, project, open, found }
  })

const names = (json: unknown): ReadonlyArray<unknown> =>
  Array.isArray(json) ? json.map((symbol: unknown) => at(symbol, "name")) : []

describe("language servers", () => {
  for (const generation of ["0.190", "current"] as const) {
    it.live(`complete, list and search symbols of open documents (${generation})`, () =>
      Effect.gen(function* () {
        const { found, get, open, post, project } = yield* withServers(generation)
        const started = yield* post("/lsp/start", project)
        expect([started.status, started.text]).toEqual([200, ""])
        const { answer, uri } = yield* open("a b%20c.ts", "const größe\n")
        expect([answer.status, answer.text]).toEqual([200, ""])

        const position = { line: 1, character: 1 }
        const completions = yield* post("/lsp/completions", { ...project, uri, position })
        expect(completions.json).toEqual({
          isIncomplete: false,
          items: ["const", "größe"].map((label) => ({ label, kind: 6, insertText: label }))
        })
        const context = { triggerKind: 2, triggerCharacter: "." }
        const triggered = yield* post("/lsp/completions", { ...project, uri, position, context })
        expect(at(triggered.json, "isIncomplete")).toBe(true)

        const symbols = yield* get("/lsp/document-symbols", { ...project, uri })
        const range = { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } }
        expect(symbols.json).toEqual([{ kind: 12, name: "café", location: { uri: "file:///x", range } }])

        const workspace = names((yield* found("all")).json)
        expect(workspace).toContain("typescript-language-server")
        expect(workspace).toContain("answered:true")
        expect(workspace).toContain(`file://${project.pathToProject}`)

        expect((yield* post("/lsp/did-close", { ...project, uri })).status).toBe(200)
        expect((yield* get("/lsp/document-symbols", { ...project, uri })).text).toBe("null")
        expect((yield* post("/lsp/completions", { ...project, uri, position })).json).toEqual({
          isIncomplete: false,
          items: null
        })
        expect((yield* found("none")).text).toBe("null")
      }).pipe(Effect.scoped)
    )
  }

  it.live("lose the location of nested symbols, accept bare lists, and fail for a list without isIncomplete", () =>
    Effect.gen(function* () {
      const { get, open, post, project } = yield* withServers("0.190")
      yield* post("/lsp/start", project)
      const nowhere = { line: 0, character: 0 }
      const nested = yield* open("nested.ts", "nested")
      expect((yield* get("/lsp/document-symbols", { ...project, uri: nested.uri })).json).toEqual([
        { kind: 5, name: "Outer", location: { uri: "", range: { start: nowhere, end: nowhere } } }
      ])
      const position = { line: 1, character: 1 }
      const bare = yield* open("bare.ts", "bare")
      expect(at((yield* post("/lsp/completions", { ...project, uri: bare.uri, position })).json, "items")).toHaveLength(
        1
      )
      const broken = yield* open("broken.ts", "broken")
      expect((yield* post("/lsp/completions", { ...project, uri: broken.uri, position })).status).toBe(500)
    }).pipe(Effect.scoped)
  )

  it.live("have to be started, which the old generation reports with nothing but a status", () =>
    Effect.gen(function* () {
      const old = yield* withServers("0.190")
      const uri = "file:///x.ts"
      const position = { line: 1, character: 1 }
      for (const [path, body] of [
        ["/lsp/did-open", { ...old.project, uri }],
        ["/lsp/did-close", { ...old.project, uri }],
        ["/lsp/completions", { ...old.project, uri, position }],
        ["/lsp/did-open", { ...old.project, uri: "" }],
        ["/lsp/did-open", "{"]
      ] as const) {
        const answer = yield* old.post(path, body)
        expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([400, "", undefined])
      }
      expect((yield* old.found("")).status).toBe(400)

      const newer = yield* withServers("current")
      const answer = yield* newer.found("x")
      expect([answer.status, at(answer.json, "code")]).toEqual([400, "LSP_SERVER_NOT_INITIALIZED"])
    }).pipe(Effect.scoped)
  )

  it.live("fail to start where the program is not installed", () =>
    Effect.gen(function* () {
      const { machine, post } = yield* toolbox({ generation: "0.190", env: { PATH: "/nonexistent" } })
      const project = { languageId: "typescript", pathToProject: machine.workDir }
      const answer = yield* post("/lsp/start", project)
      expect([answer.status, answer.text]).toEqual([500, ""])
      expect((yield* post("/lsp/stop", project)).status).toBe(500)
    }).pipe(Effect.scoped)
  )

  it.live("are TypeScript's for whatever is started first, and Python's once requested (0.190)", () =>
    Effect.gen(function* () {
      const fresh = yield* withServers("0.190", "python")
      yield* fresh.post("/lsp/start", fresh.project)
      expect(names((yield* fresh.found("x")).json)).toContain("typescript-language-server")

      const touched = yield* withServers("0.190", "python")
      expect((yield* touched.found("x")).status).toBe(400)
      expect((yield* touched.post("/lsp/start", touched.project)).status).toBe(200)
      expect(names((yield* touched.found("x")).json)).toContain("pylsp")

      const script = yield* withServers("0.190", "javascript")
      expect((yield* script.found("x")).status).toBe(400)
      yield* script.post("/lsp/start", script.project)
      expect((yield* script.found("x")).status).toBe(200)
    }).pipe(Effect.scoped)
  )

  it.live("are the right ones immediately in the newer generation", () =>
    Effect.gen(function* () {
      const { found, open, post, project } = yield* withServers("current", "python")
      yield* post("/lsp/start", project)
      yield* open("a.py", "x")
      const told = names((yield* found("x")).json)
      expect(told).toContain("pylsp")
      expect(told).toContain("python")
      const unknown = yield* post("/lsp/start", { ...project, languageId: "cobol" })
      expect(unknown.status).toBe(500)
    }).pipe(Effect.scoped)
  )

  it.live("complete nothing at position zero in the old generation", () =>
    Effect.gen(function* () {
      const old = yield* withServers("0.190")
      yield* old.post("/lsp/start", old.project)
      const { uri } = yield* old.open("a.ts", "word")
      for (const position of [
        { line: 0, character: 3 },
        { line: 3, character: 0 },
        { line: 1.5, character: 1 }
      ]) {
        expect((yield* old.post("/lsp/completions", { ...old.project, uri, position })).status).toBe(400)
      }
      const newer = yield* withServers("current")
      yield* newer.post("/lsp/start", newer.project)
      const opened = yield* newer.open("a.ts", "word")
      const position = { line: 0, character: 0 }
      const answer = yield* newer.post("/lsp/completions", { ...newer.project, uri: opened.uri, position })
      expect(answer.status).toBe(200)
    }).pipe(Effect.scoped)
  )

  it.live("open only existing files inside the sandbox", () =>
    Effect.gen(function* () {
      const { machine, post, project } = yield* withServers("current")
      yield* post("/lsp/start", project)
      const missing = yield* post("/lsp/did-open", { ...project, uri: `file://${machine.workDir}/nope.ts` })
      expect(missing.status).toBe(400)
      expect((yield* post("/lsp/did-open", { ...project, uri: "file:///etc/hostname" })).status).toBe(403)
    }).pipe(Effect.scoped)
  )

  it.live("report errors as 400, including that they have ended", () =>
    Effect.gen(function* () {
      const { found, post, project } = yield* withServers("current")
      yield* post("/lsp/start", project)
      expect(at((yield* found("fail")).json, "message")).toBe("bad request: no such thing")
      for (const query of ["exit", "again"]) {
        expect(at((yield* found(query)).json, "message")).toBe("bad request: the language server has ended")
      }
    }).pipe(Effect.scoped)
  )

  it.live("are unregistered when stopped, and end with the machine", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { found, post, project } = yield* Scope.extend(withServers("0.190"), scope)
      yield* post("/lsp/start", project)
      const process = Number(names((yield* found("x")).json).find((name) => /^\d+$/.test(String(name))))
      expect((yield* post("/lsp/stop", project)).status).toBe(200)
      expect((yield* found("x")).status).toBe(400)
      expect(isRunning(process)).toBe(true)
      yield* Scope.close(scope, Exit.void)
      const ended = yield* Effect.repeat(
        Effect.sync(() => !isRunning(process)),
        { until: (gone) => gone, schedule: Schedule.spaced("10 millis"), times: 200 }
      )
      expect(ended).toBeDefined()
      expect(isRunning(process)).toBe(false)
    })
  )
})

const isRunning = (id: number): boolean => {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}
