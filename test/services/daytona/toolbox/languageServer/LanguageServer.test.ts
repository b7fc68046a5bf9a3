import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { uriOf } from "../../../../../src/services/daytona/toolbox/languageServer/document.js"
import { LanguageServer } from "../../../../../src/services/daytona/toolbox/languageServer/LanguageServer.js"
import { Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { done, newRefusal, scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const over = (...answers: ReadonlyArray<Answer>) => {
  const server = scriptedToolbox(...answers)
  return {
    ...server,
    run: <A, E>(use: (languageServer: LanguageServer.Service) => Effect.Effect<A, E, Scope.Scope>) =>
      Effect.flatMap(LanguageServer, use).pipe(
        Effect.scoped,
        Effect.provide(LanguageServer.layer),
        Effect.provide(server.layer)
      )
  }
}

const typescript = { language: "typescript", project: "/app" } as const
const python = { language: "python", project: "/app" } as const
const server = (languageId: string) => ({ languageId, pathToProject: "/app" })

const range = { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } }

describe("a language server", () => {
  it.effect("lives as long as its scope", () =>
    Effect.gen(function* () {
      const completion = { label: "log", kind: 2, documentation: { kind: "markdown", value: "Logs." }, detail: null }
      const daemon = over(done, done, json({ isIncomplete: true, items: [completion] }), done, done)
      const completions = yield* daemon.run((languageServer) =>
        Effect.gen(function* () {
          const running = yield* languageServer.scoped(typescript)
          yield* running.open("src/a.ts")
          const found = yield* running.completions("src/a.ts", {
            line: 1,
            character: 8,
            context: { triggerKind: 2, triggerCharacter: "." }
          })
          yield* running.close("src/a.ts")
          return found
        })
      )
      expect(completions).toEqual({
        isIncomplete: true,
        items: [{ label: "log", kind: 2, documentation: { kind: "markdown", value: "Logs." } }]
      })
      expect(daemon.lines()).toEqual([
        "POST /lsp/start",
        "POST /lsp/did-open",
        "POST /lsp/completions",
        "POST /lsp/did-close",
        "POST /lsp/stop"
      ])
      const document = { ...server("typescript"), uri: "file:///app/src/a.ts" }
      expect(daemon.bodies()).toEqual([
        server("typescript"),
        document,
        { ...document, position: { line: 1, character: 8 }, context: { triggerKind: 2, triggerCharacter: "." } },
        document,
        server("typescript")
      ])
    })
  )

  it.effect("for Python gets a request before it is started, so that the right one starts", () =>
    Effect.gen(function* () {
      for (const first of [
        { status: 400 },
        { status: 500 },
        json(null),
        newRefusal(400, "LSP_SERVER_NOT_INITIALIZED")
      ]) {
        const daemon = over(first, done)
        yield* daemon.run((languageServer) => languageServer.start(python))
        expect(daemon.lines().slice(-2)).toEqual([
          "GET /lsp/document-symbols?languageId=python&pathToProject=%2Fapp&uri=file%3A%2F%2F%2Fapp",
          "POST /lsp/start"
        ])
      }
    })
  )

  it.effect("for Python is not started when the sandbox cannot be reached", () =>
    Effect.gen(function* () {
      const daemon = over(json({ message: "unauthorized: missing authentication" }, 401))
      const error = yield* daemon.run((languageServer) => Effect.flip(languageServer.start(python)))
      expect(error._tag).toBe("Unauthorized")
      expect(daemon.asked).toHaveLength(1)
    })
  )

  it.effect("lists symbols, without the locations that the daemon lost", () =>
    Effect.gen(function* () {
      const lost = { uri: "", range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } }
      const here = { uri: "file:///app/a.ts", range }
      const daemon = over(
        done,
        json([
          { name: "main", kind: 12, location: here },
          { name: "tree", kind: 5, location: lost }
        ]),
        json(null),
        json(null),
        json({ isIncomplete: false, items: null })
      )
      const found = yield* daemon.run((languageServer) =>
        Effect.flatMap(languageServer.start(typescript), (running) =>
          Effect.all([
            running.documentSymbols("a.ts"),
            running.documentSymbols("a.ts"),
            running.workspaceSymbols("ma"),
            running.completions("a.ts", { line: 1, character: 1 })
          ])
        )
      )
      expect(found).toEqual([
        [
          { name: "main", kind: 12, location: here },
          { name: "tree", kind: 5 }
        ],
        [],
        [],
        { isIncomplete: false, items: [] }
      ])
    })
  )

  it.effect.each([
    [0, 3],
    [3, 0]
  ] as const)("of an older daemon refuses completions at line %d, character %d, and says so", ([line, character]) =>
    Effect.gen(function* () {
      const daemon = over(done, { status: 400 })
      const error = yield* daemon.run((languageServer) =>
        Effect.flatMap(languageServer.start(typescript), (running) =>
          Effect.flip(running.completions("a.ts", { line, character }))
        )
      )
      expect(error).toMatchObject({
        _tag: "PositionRefused",
        line,
        character,
        status: 400,
        subject: `a.ts at line ${line}, character ${character}`,
        retryable: false
      })
      expect(daemon.asked).toHaveLength(2)
    })
  )

  it.effect("refuses other completions for other reasons", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<readonly [Answer, number]> = [
        [{ status: 400 }, 1],
        [newRefusal(400, "LSP_SERVER_NOT_INITIALIZED", "not initialized"), 0],
        [json({ message: "bad request: no IP address found. Is the Sandbox started?" }, 400), 0]
      ]
      for (const [answer, line] of answers) {
        const daemon = over(done, answer)
        const error = yield* daemon.run((languageServer) =>
          Effect.flatMap(languageServer.start(typescript), (running) =>
            Effect.flip(running.completions("a.ts", { line, character: 1 }))
          )
        )
        expect(error._tag).toBe("BadRequest")
      }
    })
  )

  it.effect("that does not start names what may be missing", () =>
    Effect.gen(function* () {
      const daemon = over({ status: 500 })
      const error = yield* daemon.run((languageServer) => Effect.flip(languageServer.scoped(typescript)))
      expect(error).toMatchObject({
        _tag: "ServerError",
        detail: expect.stringContaining("typescript-language-server")
      })
    })
  )

  it.effect("needs an absolute path", () =>
    Effect.gen(function* () {
      const daemon = over(done)
      const refused = yield* daemon.run((languageServer) =>
        Effect.all([
          Effect.flip(languageServer.start({ language: "python", project: "app" })),
          Effect.flip(languageServer.stop({ language: "python", project: "" }))
        ])
      )
      expect(refused).toMatchObject([
        { _tag: "InvalidRequest", field: "project" },
        { _tag: "InvalidRequest", field: "project" }
      ])
      expect(daemon.asked).toEqual([])
    })
  )
})

/** A toolbox that delays its responses, and counts concurrent requests. */
const slowToolbox = (open: Deferred.Deferred<void>) => {
  const asked: Array<string> = []
  const finished: Array<string> = []
  const service = Effect.map(
    Toolbox,
    (inner): Toolbox.Service => ({
      ...inner,
      call: (operation, ...input) =>
        Effect.sync(() => {
          asked.push(operation.path)
        }).pipe(
          Effect.zipRight(Deferred.await(open)),
          Effect.zipRight(inner.call(operation, ...input)),
          Effect.ensuring(
            Effect.sync(() => {
              finished.push(operation.path)
            })
          )
        ),
      stream: () => Stream.empty
    })
  )
  const { layer } = scriptedToolbox(done)
  return { asked, finished, layer: Layer.provide(Layer.effect(Toolbox, service), layer) }
}

describe("language servers of one sandbox", () => {
  it.effect("are started one at a time, without concurrent requests", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const { asked, layer } = slowToolbox(open)
      yield* Effect.gen(function* () {
        const languageServer = yield* LanguageServer
        const fibers = yield* Effect.forEach(["/a", "/b"], (project) =>
          Effect.fork(languageServer.start({ language: "typescript", project }))
        )
        yield* Effect.yieldNow()
        yield* Effect.yieldNow()
        expect(asked).toEqual(["/lsp/start"])
        yield* Deferred.succeed(open, undefined)
        yield* Fiber.joinAll(fibers)
        expect(asked).toEqual(["/lsp/start", "/lsp/start"])
      }).pipe(Effect.provide(LanguageServer.layer), Effect.provide(layer))
    })
  )

  it.effect("are stopped when the start is interrupted, but not before it is complete", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<void>()
      const { asked, finished, layer } = slowToolbox(open)
      yield* Effect.gen(function* () {
        const languageServer = yield* LanguageServer
        const scope = yield* Scope.make()
        const starting = yield* Effect.fork(Scope.extend(languageServer.scoped(typescript), scope))
        while (asked.length === 0) yield* Effect.yieldNow()
        const interrupted = yield* Effect.fork(Fiber.interrupt(starting))
        yield* Effect.yieldNow()
        expect(asked).toEqual(["/lsp/start"])
        yield* Deferred.succeed(open, undefined)
        yield* Fiber.join(interrupted)
        yield* Scope.close(scope, Exit.void)
        expect(finished).toEqual(["/lsp/start", "/lsp/stop"])
      }).pipe(Effect.provide(LanguageServer.layer), Effect.provide(layer))
    })
  )
})

describe("the URI of a file", () => {
  it("is below the project unless absolute, and is not percent-encoded", () => {
    expect(uriOf("/app", "src/a b.ts")).toBe("file:///app/src/a b.ts")
    expect(uriOf("/app/", "./src/../é%20.ts")).toBe("file:///app/é%20.ts")
    expect(uriOf("/app", "/other/a.ts")).toBe("file:///other/a.ts")
    expect(uriOf("/app", "../../../a.ts")).toBe("file:///a.ts")
    expect(uriOf("/app", "file:///app/./a.ts")).toBe("file:///app/./a.ts")
  })

  it("has one prefix, whatever the path", () => {
    const segment = FastCheck.stringMatching(/^[^/]{1,8}$/)
    const path = FastCheck.array(segment, { minLength: 1 }).map((segments) => segments.join("/"))
    FastCheck.assert(
      FastCheck.property(path, FastCheck.constantFrom("", "/", "file:///"), (name, prefix) => {
        const once = uriOf("/app", `${prefix}${name}`)
        expect(once).toMatch(/^file:\/\/\//)
        expect(uriOf("/elsewhere", once)).toBe(once)
        expect(once.slice("file://".length)).not.toMatch(/^file:/)
      })
    )
  })
})
