/** Answers that do not come from the server, and options that no type would let through. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Operation from "../../src/internal/Operation.js"
import { RequestOptions } from "../../src/RequestOptions.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { Jobs } from "../../src/stromboli.js"
import * as Script from "../support/scriptedServer.js"
import { jobsOver } from "../support/stromboliOver.js"

const remove = Effect.flatMap(StromboliClient, (client) =>
  client.call(Operation.make("Things.remove", "PUT", "/things", { success: Schema.Void }))
)

const page = { status: 200, body: "<!doctype html><title>Log in</title>" }

describe("an operation without a body", () => {
  it.effect.each([
    ["with its type", { ...page, headers: { "content-type": "text/html" } }],
    ["without a type", page],
    ["as text", { ...page, headers: { "content-type": "text/plain" } }]
  ] as const)("is InvalidResponse for the page of somebody else, %s", ([, answer]) =>
    Effect.map(Effect.flip(remove), (failure) =>
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "unknown" })
    ).pipe(Effect.provide(jobsOver(Script.scripted(answer).layer, { retry: false })))
  )

  it.effect.each([
    [
      "nothing, called HTML, as from object storage",
      { status: 200, body: "", headers: { "content-type": "text/html" } }
    ],
    ["a word", { status: 200, body: "ok", headers: { "content-type": "text/plain" } }],
    ["JSON", Script.json({ any: "thing" })]
  ] as const)("takes %s for a success", ([, answer]) =>
    Effect.map(remove, (value) => expect(value).toBeUndefined()).pipe(
      Effect.provide(jobsOver(Script.scripted(answer).layer, { retry: false }))
    )
  )
})

/** A value as JavaScript passes it. */
const untyped = (fields: Readonly<Record<string, unknown>>): object => fields

describe("an option of the wrong kind", () => {
  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ["timeout", "soon"],
    ["timeout", Number.NaN],
    ["idleTimeout", {}],
    ["deadline", "later"],
    ["retry", true],
    ["retry", 3],
    ["maxResponseSize", "10 MiB"],
    ["maxResponseSize", 0],
    ["maxResponseSize", 1.5],
    ["maxResponseSize", Number.NaN]
  ]
  it.effect.each(wrong)("of a part of a program is InvalidRequest, and nothing is sent: %s", ([field, value]) => {
    const server = Script.scripted(Script.json({ jobs: [] }))
    return Effect.gen(function* () {
      const failure = yield* Effect.flatMap(Jobs, ({ list }) => list).pipe(
        Effect.provideService(RequestOptions, untyped({ [field]: value })),
        Effect.flip
      )
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field, operation: "Jobs.list" })
      expect(server.asked).toEqual([])
    }).pipe(Effect.provide(jobsOver(server.layer)))
  })

  const wrongOfLayer: ReadonlyArray<readonly [string, unknown]> = [
    ...wrong,
    ["token", "not redacted"],
    ["baseUrl", 8585],
    ["clientId", 1],
    ["userAgent", {}],
    ["transformClient", "no function"]
  ]
  it.effect.each(wrongOfLayer)("of a layer is InvalidRequest: %s", ([field, value]) =>
    Effect.map(
      Effect.flip(Effect.provide(Jobs, jobsOver(Script.scripted(Script.json({})).layer, untyped({ [field]: value })))),
      (failure) => expect(failure).toMatchObject({ _tag: "InvalidRequest", field })
    )
  )
})

describe("half of a surrogate pair in a query", () => {
  const half = "half \ud83d of it"
  const find = Operation.make("Things.find", "GET", "/things", {
    query: Schema.Struct({ name: Schema.String }),
    success: Schema.Void
  })
  const calls = [
    [
      "that a schema refuses",
      "prompt",
      Effect.flatMap(Execution, (execution) => Stream.runDrain(execution.stream({ prompt: half }))).pipe(
        Effect.provide(Execution.layer)
      )
    ],
    [
      "whose schema takes any text",
      "name",
      Effect.flatMap(StromboliClient, (client) => client.call(find, { query: { name: half } }))
    ]
  ] as const
  it.effect.each(calls)("%s is InvalidRequest with the field, and nothing is sent", ([, field, call]) => {
    const server = Script.scripted(Script.json({}))
    return Effect.gen(function* () {
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "InvalidRequest", field })
      expect(server.asked).toEqual([])
    }).pipe(Effect.provide(jobsOver(server.layer)))
  })
})
