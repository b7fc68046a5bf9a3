/** Language servers in a sandbox: what the code means, as an editor would know it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import type { PositionRefused } from "../../../../errors/daytona/languageServer.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { finalizerRequest, runInDaemon } from "../../../../internal/finalizerRequest.js"
import type {
  CodeSymbol,
  CompletionContext,
  Completions,
  ServedLanguage,
  Symbols
} from "../../../../schema/daytona/toolbox/LanguageServer.js"
import { Toolbox } from "../Toolbox.js"
import { operations } from "./operations.js"
import { orPositionRefused } from "./position.js"
import { uriOf } from "./uri.js"

/**
 * Language servers in a sandbox: what the code means, as an editor would know it.
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
   * The sandbox must have `typescript-language-server` and `typescript` on its path, or `pylsp`. The daemon keeps one server
   * for each language and project: start it once, and share it.
   *
   * Starting and stopping wait for everything else that this service asks, since a daemon may crash when they meet. Use one
   * layer for each sandbox.
   */
  interface Service {
    /**
     * Starts a language server, and stops it when the scope closes. Fails with `InvalidRequest` when `project` is no absolute
     * path, with `BadRequest` for a language that the daemon does not know, and with `ServerError` when the server does not
     * start. An older daemon leaves the process of a stopped server behind, until the sandbox stops. `POST /lsp/start`
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
    /** As `scoped`, for a server that lives until `stop`. `POST /lsp/start` */
    readonly start: (project: Project) => Effect.Effect<Running, ApiError>
    /** Stops a server. Fails with `ServerError` when it is not running. `POST /lsp/stop` */
    readonly stop: (project: Project) => Effect.Effect<void, ApiError>
  }

  /** A directory, and the language that it is read as. */
  interface Project {
    readonly language: ServedLanguage
    /** Its directory: an absolute path in the sandbox. */
    readonly project: string
  }

  /**
   * A language server. `path` is relative to its project, or absolute, or a `file://` URI, in which nothing may be
   * percent-encoded: the daemon decodes nothing.
   */
  interface Running {
    /**
     * Tells the server that a file is being worked on; it reads it from the disk. After a change, `close` and `open` it
     * again. Fails with `BadRequest` when there is no such file. `POST /lsp/did-open`
     */
    readonly open: (path: string) => Effect.Effect<void, ApiError>
    /** The opposite of `open`. `POST /lsp/did-close` */
    readonly close: (path: string) => Effect.Effect<void, ApiError>
    /**
     * How the text may go on at a place in an open file. Older daemons refuse line 0 and character 0: `PositionRefused`.
     * `POST /lsp/completions`
     */
    readonly completions: (
      path: string,
      at: {
        /** From 0. */
        readonly line: number
        /** From 0, in UTF-16 units: as in strings of JavaScript. */
        readonly character: number
        readonly context?: CompletionContext | undefined
      }
    ) => Effect.Effect<Completions, ApiError | PositionRefused>
    /** What has a name in an open file. `GET /lsp/document-symbols` */
    readonly documentSymbols: (path: string) => Effect.Effect<ReadonlyArray<CodeSymbol>, ApiError>
    /** What has a name like `query` in the whole project; SDKs call it `sandboxSymbols`. `GET /lsp/workspacesymbols` */
    readonly workspaceSymbols: (query: string) => Effect.Effect<ReadonlyArray<CodeSymbol>, ApiError>
  }
}

/** Requests at the same time. */
const width = 16

export const make: Effect.Effect<LanguageServer.Service, never, Toolbox> = Effect.gen(function* () {
  const toolbox = yield* Toolbox
  const lane = yield* Effect.makeSemaphore(width)
  // The daemon keeps its servers in a map that nothing guards: whoever writes it must be alone.
  const alone = lane.withPermits(width)
  const beside = lane.withPermits(1)

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
    return {
      open: (path) => beside(toolbox.call(operations.open, about(path))),
      close: (path) => beside(toolbox.call(operations.close, about(path))),
      completions: (path, { context, ...position }) =>
        toolbox
          .call(operations.completions, {
            body: { ...server, uri: uriOf(project, path), position, context },
            subject: `${path} at line ${position.line}, character ${position.character}`
          })
          .pipe(beside, orPositionRefused(position, operations.completions.meanings[400])),
      documentSymbols: (path) => beside(symbols(toolbox.call(operations.documentSymbols, about(path)))),
      workspaceSymbols: (query) =>
        beside(symbols(toolbox.call(operations.workspaceSymbols, { query: { ...server, query }, subject: query })))
    }
  }

  /**
   * An older daemon starts the server for TypeScript, whatever the language, unless something else was asked of the one that
   * is meant before. The answer to that is an error: there is no server yet.
   */
  const touched = ({ language, project }: LanguageServer.Project) =>
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
    checked(project).pipe(
      Effect.zipRight(touched(project)),
      Effect.zipRight(toolbox.call(operations.start, bodyOf(project))),
      alone,
      Effect.as(running(project))
    )

  const stop: LanguageServer.Service["stop"] = (project) =>
    Effect.zipRight(checked(project), alone(toolbox.call(operations.stop, bodyOf(project))))

  const stopped = (project: LanguageServer.Project) => Effect.ignore(finalizerRequest(stop(project)))

  return LanguageServer.of({
    start,
    stop,
    // To stop a server that is still being started may crash the daemon: so the scope waits for the one, then does the other.
    scoped: (project) =>
      Effect.acquireRelease(
        runInDaemon(start(project)).pipe(
          Effect.tapError((error) => (error.admitted === "no" ? Effect.void : stopped(project)))
        ),
        () => stopped(project)
      )
  })
})

const checked = ({ project }: LanguageServer.Project): Effect.Effect<void, InvalidRequest> =>
  project.startsWith("/")
    ? Effect.void
    : Effect.fail(
        invalidRequest(
          { system: "daytona", operation: operations.start.name },
          "project",
          "must be an absolute path in the sandbox; `Workspace.workDirectory` tells what relative ones begin with"
        )
      )
