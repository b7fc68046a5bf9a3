/** Operations whose body nobody wants: a page of somebody else is not a success of any of them. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Operation from "../../src/internal/Operation.js"
import { DaytonaClient } from "../../src/services/daytona/DaytonaClient.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { operationsUnder } from "../support/operations.js"
import * as Script from "../support/scriptedServer.js"

const page = {
  status: 200,
  body: "<!doctype html><title>Log in</title>",
  headers: { "content-type": "text/html" }
}

const errorBody = { status: 200, body: '{"error":"agent: not found"}', headers: { "content-type": "application/json" } }

const ignoring = async (folder: string) =>
  (await operationsUnder(folder))
    .map(({ operation }) => operation)
    .filter(({ ignoresBody }) => ignoresBody)
    .map((operation) => [operation.name, operation] as const)

/** Filled in, and without what its schemas describe: only the response matters here. */
const bare = ({ path, ...operation }: Operation.Any): Operation.Operation<string, never, never, unknown, unknown> => ({
  ...operation,
  path: path.replace(/\{\w+\}/g, "x"),
  encodeBody: undefined,
  encodeQuery: undefined
})

const stromboli = StromboliClient.layer({ baseUrl: "http://stromboli.test", retry: false })
const daytona = DaytonaClient.layer({ apiKey: Redacted.make("key"), apiUrl: "http://daytona.test", retry: false })

const clients = {
  stromboli: Effect.provide(StromboliClient, stromboli),
  daytona: Effect.provide(DaytonaClient, daytona)
}

describe.each(["stromboli", "daytona"] as const)("%s", async (system) => {
  const operations = await ignoring(system)

  it("has such operations", () => expect(operations.length).toBeGreaterThan(2))

  it.effect.each(operations)("%s is InvalidResponse for the page of somebody else", ([, operation]) =>
    Effect.gen(function* () {
      const client = yield* clients[system]
      const failure = yield* Effect.flip(client.call(bare(operation)))
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200 })
      expect(failure).not.toHaveProperty("admitted", "yes")
    }).pipe(Effect.provide(Script.scripted(page).layer))
  )

  it.effect.each(operations)("%s is InvalidResponse for an error with the status of a success", ([, operation]) =>
    Effect.gen(function* () {
      const client = yield* clients[system]
      const failure = yield* Effect.flip(client.call(bare(operation)))
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200 })
    }).pipe(Effect.provide(Script.scripted(errorBody).layer))
  )
})
