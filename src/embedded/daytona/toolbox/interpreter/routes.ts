/** The endpoints of the code interpreter. */
import { randomUUID } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { WebSocketUpgrade } from "../../../sockets/WebSocketUpgrade.js"
import * as responses from "../../http/responses.js"
import { reader, text } from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Route } from "../Route.js"
import * as subProtocol from "../subProtocol.js"
import { serve } from "./execute.js"
import * as InterpreterContext from "./InterpreterContext.js"

const defaultId = "default"

/** The code interpreter: everything below `/process/interpreter`. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const parentScope = yield* Effect.scope
    const starting = yield* Effect.makeSemaphore(1)
    const contexts = new Map<string, InterpreterContext.InterpreterContext>()

    const create = (id: string, cwd: string) =>
      Effect.gen(function* () {
        const createdAt = new Date(yield* Clock.currentTimeMillis).toISOString()
        const context = yield* InterpreterContext.make(machine, { id, cwd, createdAt, parentScope })
        contexts.set(id, context)
        return context
      })

    // The real daemon starts it in advance; here it is started on first use, as many programs never run Python.
    const defaultContext = Effect.suspend(() => {
      const context = contexts.get(defaultId)
      return context === undefined ? create(defaultId, machine.workDir) : Effect.succeed(context)
    }).pipe(starting.withPermits(1))

    const find = (id = defaultId) => {
      const context = contexts.get(id)
      if (context !== undefined) return Effect.succeed(context)
      return id === defaultId
        ? Effect.mapError(defaultContext, () => ({ code: 1011, reason: noPython }))
        : Effect.fail({ code: 1008, reason: `context not found: ${id}` })
    }

    const routes: ReadonlyArray<Route> = [
      {
        method: "POST",
        path: "/process/interpreter/context",
        handler: (request) =>
          Effect.gen(function* () {
            const { cwd, language } = yield* readCreation(request)
            if (language !== "" && language !== "python") {
              const message = `unsupported language: ${language} (only 'python' is supported currently)`
              return yield* new Refusal({ status: 400, message, old: "empty" })
            }
            const directory = cwd === "" ? machine.workDir : yield* machine.resolve(cwd, "empty")
            const context = yield* Effect.mapError(
              create(randomUUID(), directory),
              ({ message }) => new Refusal({ status: 500, message, old: "empty" })
            )
            return responses.json(200, context.info)
          })
      },
      {
        method: "GET",
        path: "/process/interpreter/context",
        handler: () =>
          Effect.sync(() =>
            responses.json(200, {
              contexts: Array.from(contexts.values(), ({ info }) => info).filter(({ id }) => id !== defaultId)
            })
          )
      },
      {
        method: "DELETE",
        path: "/process/interpreter/context/{id}",
        handler: ({ parameter }) =>
          Effect.gen(function* () {
            const id = parameter("id")
            if (id === defaultId) {
              return yield* new Refusal({ status: 400, message: "cannot delete default context", old: "empty" })
            }
            const context = contexts.get(id)
            if (context === undefined) {
              const message = `context not found: ${id}`
              return yield* new Refusal({ status: 404, message, old: "empty", code: "PROCESS_NOT_FOUND" })
            }
            contexts.delete(id)
            yield* context.shutdown
            return responses.json(200, { message: "Context deleted successfully" })
          })
      },
      {
        method: "GET",
        path: "/process/interpreter/execute",
        handler: () =>
          Effect.gen(function* () {
            const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
            if (Option.isNone(upgrade)) return subProtocol.notWebSocket
            const protocol = subProtocol.choose(machine.generation, upgrade.value.protocols)
            yield* serve(yield* upgrade.value.accept({ protocol }), find, machine.generation)
            return responses.empty(200)
          })
      }
    ]
    return routes
  })

const readCreation = reader(
  Schema.Struct({ cwd: text, language: text }),
  (problem) => new Refusal({ status: 400, message: `invalid request payload: ${problem}`, old: "empty" })
)

/** The daemon's message, which is too long for a close frame. */
const noPython =
  'failed to get default context: failed to create default context: failed to start worker process: exec: "python3": executable file not found in $PATH'
