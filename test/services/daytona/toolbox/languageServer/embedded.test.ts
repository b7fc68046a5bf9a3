import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { LanguageServer } from "../../../../../src/services/daytona/toolbox/languageServer/LanguageServer.js"
import { Workspace } from "../../../../../src/services/daytona/toolbox/Workspace.js"
import { languageServers } from "../../../../embedded/daytona/toolbox/lsp/support.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"

/** A sandbox with both language servers: scripts whose completions are the words of a document. */
const sandbox = (generation: Generation) =>
  Layer.mergeAll(LanguageServer.layer, Workspace.layer).pipe(
    Layer.provide(Layer.unwrapScoped(Effect.map(languageServers, (env) => embeddedToolbox({ generation, env }))))
  )

const project = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const directory = join(yield* Effect.flatMap(Workspace, ({ workDirectory }) => workDirectory), "project")
    yield* Effect.promise(() => mkdir(join(directory, "src"), { recursive: true }))
    for (const [name, text] of Object.entries(files)) {
      yield* Effect.promise(() => writeFile(join(directory, name), text))
    }
    return directory
  })

describe.each(generations)("a language server in a sandbox of generation %s", (generation) => {
  for (const language of ["typescript", "python"] as const) {
    it.live(`knows ${language}`, () =>
      Effect.gen(function* () {
        const languageServer = yield* LanguageServer
        const directory = yield* project({ "src/a file%20.txt": "hello world", "nested.txt": "nested" })
        const running = yield* languageServer.scoped({ language, project: directory })
        yield* running.open("src/a file%20.txt")
        const { items } = yield* running.completions("src/a file%20.txt", { line: 1, character: 1 })
        expect(items.map(({ label }) => label)).toEqual(["hello", "world"])
        const [symbol] = yield* running.documentSymbols("src/a file%20.txt")
        expect(symbol).toMatchObject({ name: "café", kind: 12, location: { uri: "file:///x" } })
        const symbols = yield* running.workspaceSymbols("anything")
        const program = language === "python" ? "pylsp" : "typescript-language-server"
        expect(symbols.map(({ name }) => name)).toContain(program)
        expect(yield* running.workspaceSymbols("none")).toEqual([])
        yield* running.close("src/a file%20.txt")
        expect((yield* Effect.flip(running.open("src/missing.txt")))._tag).toMatch(/BadRequest|ServerError/)
      }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
    )
  }

  it.live("handles the first line and the first character as this daemon does", () =>
    Effect.gen(function* () {
      const languageServer = yield* LanguageServer
      const directory = yield* project({ "a.txt": "hello" })
      const running = yield* languageServer.scoped({ language: "typescript", project: directory })
      yield* running.open("a.txt")
      const asked = Effect.either(running.completions("a.txt", { line: 0, character: 2 }))
      const expected =
        generation === "0.190" ? { left: { _tag: "PositionRefused", line: 0 } } : { right: { isIncomplete: false } }
      expect(yield* asked).toMatchObject(expected)
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("ends with its scope", () =>
    Effect.gen(function* () {
      const languageServer = yield* LanguageServer
      const server = { language: "typescript", project: yield* project({}) } as const
      yield* Effect.scoped(languageServer.scoped(server))
      expect((yield* Effect.flip(languageServer.stop(server)))._tag).toMatch(/ServerError|BadRequest/)
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )
})
