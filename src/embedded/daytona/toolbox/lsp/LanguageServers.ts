/** The language servers of a machine, one for each project and language. */
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"
import { type LanguageServer, LanguageServerFailed, launch } from "./LanguageServer.js"

/** The language and directory that identify a language server. */
export interface Project {
  readonly languageId: string
  readonly pathToProject: string
}

/** A registered language server, which may not be running. */
export interface Entry {
  readonly kind: Kind
  server: LanguageServer | undefined
}

/** The language servers of a machine. */
export interface LanguageServers {
  /** The server of a project. Looking up a supported language registers a server that is not running. */
  readonly find: (project: Project) => Entry | undefined
  /** Starts the server of a project, unless it is running. */
  readonly start: (project: Project) => Effect.Effect<void, LanguageServerFailed>
  /** Unregisters the server of a project. Its process continues until the machine stops. */
  readonly stop: (project: Project) => Effect.Effect<void, LanguageServerFailed>
}

type Kind = "typescript" | "python"

const commands: Readonly<Record<Kind, readonly [string, ReadonlyArray<string>]>> = {
  typescript: ["typescript-language-server", ["--stdio"]],
  python: ["pylsp", []]
}

/** The client capabilities that the servers are initialized with. */
const capabilities = {
  textDocument: {
    completion: {
      dynamicRegistration: true,
      completionItem: {
        snippetSupport: true,
        commitCharactersSupport: true,
        documentationFormat: ["markdown", "plaintext"],
        deprecatedSupport: true,
        preselectSupport: true
      },
      contextSupport: true
    },
    documentSymbol: {
      dynamicRegistration: true,
      symbolKind: { valueSet: Array.from({ length: 13 }, (_, index) => index + 1) }
    }
  },
  workspace: { symbol: { dynamicRegistration: true } }
}

export const make = (machine: Machine): Effect.Effect<LanguageServers> =>
  Effect.map(Effect.makeSemaphore(1), (mutex) => {
    const isOld = machine.generation === "0.190"
    const entries = new Map<string, Entry>()
    const keyOf = ({ languageId, pathToProject }: Project) => `${languageId}:${pathToProject}`

    const kindOf = (languageId: string): Kind | undefined => {
      switch (languageId) {
        case "typescript":
        case "python":
          return languageId
        case "javascript":
          return isOld ? undefined : "typescript"
        default:
          return undefined
      }
    }

    const register = (project: Project, kind: Kind): Entry => {
      const entry: Entry = { kind, server: undefined }
      entries.set(keyOf(project), entry)
      return entry
    }

    const find = (project: Project): Entry | undefined => {
      const kind = kindOf(project.languageId)
      return entries.get(keyOf(project)) ?? (kind === undefined ? undefined : register(project, kind))
    }

    // The older daemon uses the TypeScript server unless the right one is already registered.
    const findToStart = (project: Project): Entry | undefined =>
      isOld ? (entries.get(keyOf(project)) ?? register(project, "typescript")) : find(project)

    return {
      find,
      start: (project) =>
        Effect.gen(function* () {
          const entry = findToStart(project)
          if (entry === undefined) {
            return yield* new LanguageServerFailed({ message: `unsupported language: ${project.languageId}` })
          }
          entry.server ??= yield* initialized(machine, entry.kind, project.pathToProject)
        }).pipe(mutex.withPermits(1)),
      stop: (project) =>
        Effect.suspend(() => {
          const server = entries.get(keyOf(project))?.server
          entries.delete(keyOf(project))
          return server === undefined
            ? Effect.fail(new LanguageServerFailed({ message: `no server for language: ${project.languageId}` }))
            : server.notify("shutdown", null)
        }).pipe(mutex.withPermits(1))
    }
  })

const initialized = (machine: Machine, kind: Kind, pathToProject: string) =>
  Effect.gen(function* () {
    const server = yield* launch(machine, ...commands[kind])
    yield* server
      .request("initialize", {
        processId: process.pid,
        clientInfo: { name: `daytona-${kind}-lsp-client`, version: "0.0.1" },
        rootUri: `file://${pathToProject}`,
        capabilities
      })
      .pipe(Effect.onError(() => server.kill))
    yield* server.notify("initialized", {})
    return server
  })
