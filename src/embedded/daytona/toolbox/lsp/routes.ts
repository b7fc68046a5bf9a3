/** The endpoints for language servers. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as responses from "../../http/responses.js"
import { readWhole } from "../files/openFile.js"
import * as jsonBody from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { type DomainCode, Refusal } from "../Refusal.js"
import type { DaemonRequest, Handler, Route } from "../Route.js"
import type { LanguageServer } from "./LanguageServer.js"
import * as LanguageServers from "./LanguageServers.js"
import * as results from "./results.js"

const projectFields = { languageId: jsonBody.requiredText, pathToProject: jsonBody.requiredText }

const Project = Schema.Struct(projectFields)

const Document = Schema.Struct({ ...projectFields, uri: jsonBody.requiredText })

const Position = Schema.Struct({ line: Schema.Int, character: Schema.Int })

// The older daemon treats zero as missing.
const OldPosition = Schema.Struct({
  line: Schema.Int.pipe(Schema.filter((line) => line !== 0)),
  character: Schema.Int.pipe(Schema.filter((character) => character !== 0))
})

const Context = Schema.Struct({
  triggerKind: Schema.Int,
  triggerCharacter: Schema.optionalWith(Schema.String, { nullable: true })
})

const completionOf = (position: Schema.Schema<typeof Position.Type>) =>
  Schema.Struct({
    ...Document.fields,
    position,
    context: Schema.optionalWith(Context, { nullable: true })
  })

/** Language servers: real programs from the `PATH` of the machine. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(LanguageServers.make(machine), (servers) => {
    const readProject = jsonBody.reader(Project, invalidBody)
    const readDocument = jsonBody.reader(Document, invalidBody)
    const readCompletion = jsonBody.reader(
      completionOf(machine.generation === "0.190" ? OldPosition : Position),
      invalidBody
    )

    const start: Handler = (request) =>
      Effect.flatMap(readProject(request), servers.start).pipe(
        Effect.catchTag("LanguageServerFailed", () => Effect.fail(refusal(500, "error starting LSP server"))),
        Effect.as(responses.empty(200))
      )

    const stop: Handler = (request) =>
      Effect.flatMap(readProject(request), servers.stop).pipe(
        Effect.catchTag("LanguageServerFailed", () => Effect.fail(refusal(500, "error stopping LSP server"))),
        Effect.as(responses.empty(200))
      )

    const didOpen: Handler = (request) =>
      Effect.gen(function* () {
        const document = yield* readDocument(request)
        const { kind, server } = yield* running(servers, document)
        const path = yield* machine.resolve(document.uri.replace(/^file:\/\//, ""), "empty")
        const text = yield* Effect.tryPromise({
          try: () => readWhole(path, "utf8"),
          catch: (error) => badRequest(`failed to read file: ${error}`)
        })
        yield* server.notify("textDocument/didOpen", {
          textDocument: { uri: document.uri, languageId: kind, version: 1, text }
        })
        return responses.empty(200)
      })

    const didClose: Handler = (request) =>
      Effect.gen(function* () {
        const document = yield* readDocument(request)
        const { server } = yield* running(servers, document)
        yield* server.notify("textDocument/didClose", { textDocument: { uri: document.uri } })
        return responses.empty(200)
      })

    const completions: Handler = (request) =>
      Effect.gen(function* () {
        const { context, position, uri, ...project } = yield* readCompletion(request)
        const { server } = yield* running(servers, project)
        const result = yield* send(server, "textDocument/completion", {
          textDocument: { uri },
          position,
          ...(context === undefined ? {} : { context })
        })
        const list = results.completions(result)
        return list === undefined
          ? yield* refusal(500, "the language server's answer is no list of completions")
          : responses.json(200, list)
      })

    const documentSymbols: Handler = (request) =>
      Effect.gen(function* () {
        const project = yield* projectOf(request)
        const uri = yield* required(request, "uri")
        const { server } = yield* running(servers, project)
        const result = yield* send(server, "textDocument/documentSymbol", { textDocument: { uri } })
        return responses.json(200, results.symbols(result))
      })

    const workspaceSymbols: Handler = (request) =>
      Effect.gen(function* () {
        const query = yield* required(request, "query")
        const { server } = yield* running(servers, yield* projectOf(request))
        return responses.json(200, results.symbols(yield* send(server, "workspace/symbol", { query })))
      })

    return [
      { method: "POST", path: "/lsp/start", handler: start },
      { method: "POST", path: "/lsp/stop", handler: stop },
      { method: "POST", path: "/lsp/did-open", handler: didOpen },
      { method: "POST", path: "/lsp/did-close", handler: didClose },
      { method: "POST", path: "/lsp/completions", handler: completions },
      { method: "GET", path: "/lsp/document-symbols", handler: documentSymbols },
      { method: "GET", path: "/lsp/workspacesymbols", handler: workspaceSymbols }
    ]
  })

const running = (servers: LanguageServers.LanguageServers, project: LanguageServers.Project) =>
  Effect.suspend(() => {
    const entry = servers.find(project)
    if (entry === undefined) return Effect.fail(badRequest(`unsupported language: ${project.languageId}`))
    const { kind, server } = entry
    return server === undefined
      ? Effect.fail(refusal(400, "server not initialized", "LSP_SERVER_NOT_INITIALIZED"))
      : Effect.succeed({ kind, server })
  })

const send = (server: LanguageServer, method: string, parameters: unknown) =>
  Effect.mapError(server.request(method, parameters), ({ message }) => badRequest(message))

const projectOf = (request: DaemonRequest) =>
  Effect.all({ languageId: required(request, "languageId"), pathToProject: required(request, "pathToProject") })

const required = ({ query }: DaemonRequest, name: string): Effect.Effect<string, Refusal> => {
  const value = query.get(name) ?? ""
  return value === "" ? Effect.fail(badRequest(`${name} is required`)) : Effect.succeed(value)
}

const refusal = (status: number, message: string, code?: DomainCode): Refusal =>
  new Refusal({ status, message, old: "empty", code })

const badRequest = (message: string): Refusal => refusal(400, message)

const invalidBody = (problem: string): Refusal => badRequest(jsonBody.invalid(problem))
