/** Language servers in a sandbox: completions and symbols, as in an editor. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import type { PositionRefused } from "../../../../errors/daytona/languageServer.js"
import * as Arguments from "../../../../internal/arguments.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import * as Operation from "../../../../internal/Operation.js"
import { completedCreation } from "../../../../internal/scopedCreation.js"
import {
  type CodeSymbol,
  type CompletionContext,
  Completions,
  LspCompletionsBody,
  LspDocumentBody,
  LspServerBody,
  LspSymbolsQuery,
  type ServedLanguage,
  Symbols
} from "../../../../schema/daytona/toolbox/LanguageServer.js"
import { debtIn } from "../scopedCreation.js"
import { Toolbox } from "../Toolbox.js"
import { orPositionRefused, uriOf } from "./document.js"

/**
 * Language servers in a sandbox: completions and symbols, as in an editor.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageServer } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const languageServer = yield* LanguageServer
 *   const server = yield* languageServer.scoped({ language: "python", project: "/home/daytona/app" })
 *   yield* server.open("main.py")
 *   return yield* server.completions("main.py", { line: 10, character: 5 })
 * }).pipe(Effect.scoped)
 * ```
 */
export class LanguageServer extends Context.Tag("effect-sandboxes/daytona/LanguageServer")<
  LanguageServer,
  LanguageServer.Service
>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<LanguageServer, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace LanguageServer {
  /**
   * The sandbox must have `typescript-language-server` and `typescript`, or `pylsp`, on its path. The daemon keeps one
   * server for each language and project: start it once, and share it.
   *
   * Starting and stopping wait for all other requests of this service, because the daemon may crash when they overlap.
   * Use one layer per sandbox.
   */
  interface Service {
    /**
     * Starts a language server, and stops it when the scope closes. Fails with `InvalidRequest` when `project` is not
     * an absolute path, with `BadRequest` or `ServerError` when the daemon has no server for the language or the server
     * does not start. Older daemons start the TypeScript server for languages that they do not know, with success, and
     * leave the process of a stopped server running until the sandbox stops. `POST /lsp/start`
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { LanguageServer } from "effect-sandboxes/daytona"
     *
     * const completions = Effect.gen(function* () {
     *   const languageServer = yield* LanguageServer
     *   const server = yield* languageServer.scoped({ language: "typescript", project: "/home/daytona/app" })
     *   yield* server.open("src/index.ts")
     *   return yield* server.completions("src/index.ts", { line: 10, character: 8 })
     * }).pipe(Effect.scoped)
     * ```
     */
    readonly scoped: (project: Project) => Effect.Effect<Running, ApiError, Scope.Scope>
    /** Like `scoped`, for a server that runs until `stop`. `POST /lsp/start` */
    readonly start: (project: Project) => Effect.Effect<Running, ApiError>
    /** Stops a server. Fails with `ServerError` when it is not running. `POST /lsp/stop` */
    readonly stop: (project: Project) => Effect.Effect<void, ApiError>
  }

  /** A directory and its language. */
  interface Project {
    readonly language: ServedLanguage
    /** The absolute path of the directory in the sandbox. */
    readonly project: string
  }

  /**
   * A running language server. `path` is relative to its project, or absolute, or a `file://` URI without
   * percent-encoding, which the daemon does not decode.
   */
  interface Running {
    /**
     * Opens a file in the server, which reads it from the disk. After a change, `close` and `open` it again. Fails with
     * `BadRequest` when the file does not exist. `POST /lsp/did-open`
     */
    readonly open: (path: string) => Effect.Effect<void, ApiError>
    /** Closes a file in the server. `POST /lsp/did-close` */
    readonly close: (path: string) => Effect.Effect<void, ApiError>
    /**
     * The completions at a position in an open file. Older daemons refuse line 0 and character 0: `PositionRefused`.
     * `POST /lsp/completions`
     */
    readonly completions: (
      path: string,
      at: {
        /** Zero-based. */
        readonly line: number
        /** Zero-based, in UTF-16 code units, as in JavaScript strings. */
        readonly character: number
        readonly context?: CompletionContext | undefined
      }
    ) => Effect.Effect<Completions, ApiError | PositionRefused>
    /** The symbols of an open file. `GET /lsp/document-symbols` */
    readonly documentSymbols: (path: string) => Effect.Effect<ReadonlyArray<CodeSymbol>, ApiError>
    /**
     * The symbols of the project that match `query`; the official SDKs call it `sandboxSymbols`. Fails with
     * `BadRequest` when the server does not offer it, as `pylsp`. `GET /lsp/workspacesymbols`
     */
    readonly workspaceSymbols: (query: string) => Effect.Effect<ReadonlyArray<CodeSymbol>, ApiError>
  }
}

// Older daemons send statuses without a message.
const notRunning = "the language server is not running, or the daemon does not support the language"

export const operations = {
  start: Operation.make("LanguageServer.start", "POST", "/lsp/start", {
    body: LspServerBody,
    success: Schema.Void,
    // The response comes when the server is ready, which may take long for a large project.
    timeout: "2 minutes",
    meanings: {
      400: "the daemon has no server for this language",
      500: "the language server did not start: `typescript-language-server` with `typescript`, or `pylsp`, must be on the path of the sandbox"
    }
  }),
  stop: Operation.make("LanguageServer.stop", "POST", "/lsp/stop", {
    body: LspServerBody,
    success: Schema.Void,
    meanings: { 400: notRunning, 500: "the language server is not running" }
  }),
  open: Operation.make("LanguageServer.open", "POST", "/lsp/did-open", {
    body: LspDocumentBody,
    success: Schema.Void,
    meanings: { 400: `no such file, or ${notRunning}` }
  }),
  close: Operation.make("LanguageServer.close", "POST", "/lsp/did-close", {
    body: LspDocumentBody,
    success: Schema.Void,
    meanings: { 400: notRunning }
  }),
  completions: Operation.make("LanguageServer.completions", "POST", "/lsp/completions", {
    body: LspCompletionsBody,
    success: Completions,
    retry: "always",
    timeout: "1 minute",
    meanings: {
      400: `the file is not open, or ${notRunning}`,
      500: "the daemon could not read the response of the language server"
    }
  }),
  documentSymbols: Operation.make("LanguageServer.documentSymbols", "GET", "/lsp/document-symbols", {
    query: LspDocumentBody,
    success: Symbols,
    timeout: "1 minute",
    meanings: { 400: `the file is not open, or ${notRunning}` }
  }),
  workspaceSymbols: Operation.make("LanguageServer.workspaceSymbols", "GET", "/lsp/workspacesymbols", {
    query: LspSymbolsQuery,
    success: Symbols,
    timeout: "1 minute",
    meanings: { 400: `the language server does not search projects (\`pylsp\` does not), or ${notRunning}` }
  })
}

/** Concurrent requests. */
const maxConcurrent = 16

const { effect } = Arguments.methodsOf("daytona", "LanguageServer")

const project = Arguments.unnamed(Arguments.struct({ language: Arguments.text, project: Arguments.text }))

const path = Arguments.text
const position = Arguments.unnamed(
  Arguments.struct({
    line: Arguments.count,
    character: Arguments.count,
    context: Arguments.optional(Arguments.struct({}))
  })
)

const checkedRunning = (methods: LanguageServer.Running): LanguageServer.Running => ({
  open: effect("open", { path }, methods.open),
  close: effect("close", { path }, methods.close),
  completions: effect("completions", { path, at: position }, methods.completions),
  documentSymbols: effect("documentSymbols", { path }, methods.documentSymbols),
  workspaceSymbols: effect("workspaceSymbols", { query: Arguments.text }, methods.workspaceSymbols)
})

const checked = (methods: LanguageServer.Service): LanguageServer.Service =>
  withMethodSpans(
    "Daytona.LanguageServer",
    {
      scoped: effect("scoped", { project }, methods.scoped),
      start: effect("start", { project }, methods.start),
      stop: effect("stop", { project }, methods.stop)
    },
    ["scoped", "start"]
  )

export const make: Effect.Effect<LanguageServer.Service, never, Toolbox> = Effect.gen(function* () {
  const toolbox = yield* Toolbox
  const permits = yield* Effect.makeSemaphore(maxConcurrent)
  // The daemon keeps its servers in a map without a lock, so starting and stopping need exclusive access.
  const exclusive = permits.withPermits(maxConcurrent)
  const shared = permits.withPermits(1)

  const symbols = <E>(found: Effect.Effect<typeof Symbols.Type, E>) =>
    Effect.map(found, (all) =>
      (all ?? []).map(({ location, ...symbol }): CodeSymbol => (location.uri === "" ? symbol : { ...symbol, location }))
    )

  const running = ({ language, project }: LanguageServer.Project): LanguageServer.Running => {
    const server = { languageId: language, pathToProject: project }
    const about = (path: string) => {
      const document = { ...server, uri: uriOf(project, path) }
      return { body: document, query: document, subject: path }
    }
    return checkedRunning({
      open: (path) => shared(toolbox.call(operations.open, about(path))),
      close: (path) => shared(toolbox.call(operations.close, about(path))),
      completions: (path, { context, ...position }) =>
        toolbox
          .call(operations.completions, {
            body: { ...server, uri: uriOf(project, path), position, context },
            subject: `${path} at line ${position.line}, character ${position.character}`
          })
          .pipe(shared, orPositionRefused(position, operations.completions.meanings[400])),
      documentSymbols: (path) => shared(symbols(toolbox.call(operations.documentSymbols, about(path)))),
      workspaceSymbols: (query) =>
        shared(symbols(toolbox.call(operations.workspaceSymbols, { query: { ...server, query }, subject: query })))
    })
  }

  /**
   * Older daemons start the TypeScript server for every language, unless the intended server got another request
   * before. That request fails, because the server does not run yet.
   */
  const selectLanguage = ({ language, project }: LanguageServer.Project) =>
    language === "python"
      ? toolbox
          .call(operations.documentSymbols, {
            query: { languageId: language, pathToProject: project, uri: uriOf(project, project) }
          })
          .pipe(Effect.catchTags({ BadRequest: () => Effect.void, ServerError: () => Effect.void }), Effect.asVoid)
      : Effect.void

  const bodyOf = ({ language, project }: LanguageServer.Project) => ({
    body: { languageId: language, pathToProject: project },
    subject: `${language} in ${project}`
  })

  const start: LanguageServer.Service["start"] = (project) =>
    checkProject(project).pipe(
      Effect.zipRight(selectLanguage(project)),
      Effect.zipRight(toolbox.call(operations.start, bodyOf(project))),
      exclusive,
      Effect.as(running(project))
    )

  const stop: LanguageServer.Service["stop"] = (project) =>
    Effect.zipRight(checkProject(project), exclusive(toolbox.call(operations.stop, bodyOf(project))))

  const stopped = (project: LanguageServer.Project) => Effect.ignore(finalizerRequest(stop(project)))

  return checked({
    start,
    stop,
    // Stopping a server that is still starting may crash the daemon, so the start is completed first.
    scoped: (project) =>
      completedCreation(toolbox.pendingReleases, {
        create: Effect.tapError(start(project), ({ admitted }) => (admitted === "no" ? Effect.void : stopped(project))),
        pending: debtIn(toolbox, `the start of the language server of ${project.project}`),
        resource: () => debtIn(toolbox, `the language server of ${project.project}`),
        remove: () => stopped(project)
      })
  })
})

const checkProject = ({ project }: LanguageServer.Project): Effect.Effect<void, InvalidRequest> =>
  project.startsWith("/")
    ? Effect.void
    : Effect.fail(
        invalidRequest(
          { system: "daytona", operation: operations.start.name },
          "project",
          "must be an absolute path in the sandbox; `Workspace.workDirectory` is the base of relative ones"
        )
      )
