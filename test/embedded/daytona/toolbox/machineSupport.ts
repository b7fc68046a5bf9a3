/** A daemon with a machine of its own, for as long as a test runs. */
import { mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ComputerUseOptions } from "../../../../src/embedded/daytona/toolbox/computerUse/routes.js"
import * as daemon from "../../../../src/embedded/daytona/toolbox/daemon.js"
import * as localMachine from "../../../../src/embedded/daytona/toolbox/localMachine.js"
import type { Machine } from "../../../../src/embedded/daytona/toolbox/Machine.js"
import * as inMemoryHttpClient from "../../../../src/embedded/inMemory/InMemoryHttpClient.js"
import { type Answer, send } from "../support.js"

type Call = Effect.Effect<Answer, HttpClientError.HttpClientError>

export interface Toolbox {
  readonly machine: Machine
  readonly client: HttpClient.HttpClient
  readonly get: (path: string, query?: Readonly<Record<string, string>>) => Call
  readonly post: (path: string, body?: unknown) => Call
  readonly del: (path: string, body?: unknown) => Call
}

/** A directory that is removed with the scope. */
export const directory = Effect.acquireRelease(
  Effect.promise(async () => realpath(await mkdtemp(join(tmpdir(), "toolbox-")))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

export const base = "http://localhost"

export const toolbox = (
  options: {
    readonly generation?: Machine["generation"]
    readonly env?: Readonly<Record<string, string>>
    readonly desktop?: ComputerUseOptions["desktop"]
  } = {}
): Effect.Effect<Toolbox, localMachine.MachineFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { desktop, env = {}, generation = "current" } = options
    const root = yield* directory
    const machine = yield* localMachine.start({
      sandbox: {
        id: crypto.randomUUID(),
        organizationId: crypto.randomUUID(),
        generation,
        user: "daytona",
        env,
        labels: {},
        cpu: 1,
        memory: 1,
        disk: 1,
        forkedFrom: undefined
      },
      generation,
      version: "v0.0.0-test",
      root,
      paths: "sandbox"
    })
    const { app } = yield* daemon.make(machine, { desktop })
    const client = inMemoryHttpClient.make(app)
    const call =
      (method: HttpMethod) =>
      (path: string, body?: unknown): Call => {
        const request = HttpClientRequest.make(method)(`${base}${path}`)
        const text = typeof body === "string" ? body : JSON.stringify(body)
        return Effect.provideService(
          send(body === undefined ? request : HttpClientRequest.bodyText(request, text, "application/json")),
          HttpClient.HttpClient,
          client
        )
      }
    const get = call("GET")
    return {
      machine,
      client,
      get: (path, query = {}) => get(`${path}?${new URLSearchParams(query)}`),
      post: call("POST"),
      del: call("DELETE")
    }
  })
