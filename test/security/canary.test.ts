import { beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as TestContext from "effect/TestContext"
import { EmbeddedStromboli } from "../../src/embedded/stromboli/index.js"
import { RunFailed } from "../../src/errors/index.js"
import * as BadServers from "./badServers.js"
import * as Collector from "./collector.js"
import * as Scenarios from "./scenarios.js"

const issued = new Set<string>()
const collector = Collector.make()
const echoed = Collector.make()
/** Everything sent over the wire, where the secrets belong. */
let sent = ""

/** Runs scenarios against their own server, and records what was sent over the wire. */
const observe = (
  by: Collector.Collector,
  ...scenarios: ReadonlyArray<(by: Collector.Collector) => Effect.Effect<unknown, unknown, Scenarios.Server>>
) =>
  Effect.gen(function* () {
    yield* by.observed(Effect.forEach(scenarios, (scenario) => scenario(by)))
    yield* by.lookAtMetrics
    const { requests } = yield* EmbeddedStromboli
    sent += JSON.stringify(yield* requests)
  }).pipe(Effect.provide(Scenarios.server(issued)), Effect.provide(TestContext.TestContext), Effect.runPromise)

beforeAll(async () => {
  await observe(
    collector,
    Scenarios.everyday,
    Scenarios.tokens,
    Scenarios.managed,
    Scenarios.configured,
    Scenarios.refusals,
    BadServers.echoedHeaders,
    BadServers.malformedTokens,
    BadServers.transportErrors
  )
  await observe(echoed, BadServers.echoedBodies)
})

const secrets = () => [...Object.values(Scenarios.canaries).map((secret) => secret.split("\n")[0] ?? ""), ...issued]

describe("a secret", () => {
  it("was really used: it was sent over the wire where required", () => {
    const { apiToken, givenRefreshToken, givenToken, header, secretValue } = Scenarios.canaries
    for (const secret of [apiToken, givenRefreshToken, givenToken, header, secretValue, Scenarios.promptCanary]) {
      expect(sent).toContain(secret)
    }
    // A login and two manual refreshes; a login, a refresh and another login by the layer: two tokens each.
    expect(issued.size).toBe(12)
    expect([...issued].filter((token) => sent.includes(token)).length).toBeGreaterThanOrEqual(5)
  })

  it("caused no defect", () => {
    expect(collector.defects).toEqual([])
  })

  it.each(Collector.surfaces)("is not in %s", (surface) => {
    const shown = collector.shown(surface)
    expect(shown.length).toBeGreaterThan(3)
    expect(Collector.leaks(shown, secrets())).toEqual([])
  })

  it("is in no output about a server that echoes the body it was sent", () => {
    for (const surface of Collector.surfaces) expect(Collector.leaks(echoed.shown(surface), secrets())).toEqual([])
    expect(echoed.defects).toEqual([])
  })

  it("is not in spans if it is the prompt of a stream, which is in the URL", () => {
    expect([...collector.spanNames]).toContain("Stromboli.Execution.stream")
    // Other URLs show that they are collected at all.
    expect(collector.shown("spans").join("\n")).toContain("http://stromboli.test/run/async")
    for (const surface of ["spans", "collected logs", "errors", "metrics"] as const) {
      expect(Collector.leaks(collector.shown(surface), [Scenarios.promptCanary])).toEqual([])
    }
  })
})

describe("the collector", () => {
  const control = Collector.make()
  const secret = "canary-control-1212"

  beforeAll(() =>
    Effect.gen(function* () {
      const runFailed = new RunFailed({
        system: "stromboli",
        operation: "Execution.run",
        method: "POST",
        path: "/run",
        message: `leaked ${secret}`
      })
      yield* control.attempt(Effect.fail(runFailed))
      yield* control.look({ deep: { down: { in: { a: { value: secret } } } } })
      yield* Effect.void.pipe(Effect.withSpan("leak", { attributes: { token: secret } }))
      yield* Metric.increment(Metric.tagged(Metric.counter("leak"), "token", secret))
      yield* control.lookAtMetrics
    }).pipe(control.observed, Effect.runPromise)
  )

  it.each(Collector.surfaces)("would have found a secret in %s", (surface) => {
    expect(Collector.leaks(control.shown(surface), [secret]).length).toBeGreaterThan(0)
  })

  const spanLeaks: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>]> = [
    ["an attribute that is added later", Effect.withSpan(Effect.annotateCurrentSpan("token", secret), "a")],
    ["the name", Effect.withSpan(Effect.void, `a ${secret}`)],
    ["a failure", Effect.withSpan(Effect.fail(secret), "a")],
    ["a defect", Effect.withSpan(Effect.die(new Error(secret)), "a")],
    ["an event, which is what a log line in a span becomes", Effect.withSpan(Effect.log(`a ${secret}`), "a")]
  ]
  it.each(spanLeaks)("would have found a secret in %s of a span", async (_, leak) => {
    const spans = Collector.make()
    await Effect.runPromiseExit(spans.observed(leak))
    expect(Collector.leaks(spans.shown("spans"), [secret]).length).toBeGreaterThan(0)
  })

  it.each([
    ["the message of an error", new Error(secret)],
    ["the cause of an error", new Error("outer", { cause: new Error(secret) })],
    ["a property of an error", Object.assign(new Error("outer"), { request: { headers: { authorization: secret } } })],
    ["a nested value", { a: [new Map([["b", { c: new Set([secret]) }]])] }]
  ])("would have found a secret in %s", async (_, failure) => {
    const errors = Collector.make()
    await Effect.runPromise(errors.observed(errors.attempt(Effect.fail(failure))))
    expect(Collector.leaks(errors.shown("errors"), [secret]).length).toBeGreaterThan(0)
  })

  it("does not find redacted values", async () => {
    const values = Collector.make()
    await Effect.runPromise(values.observed(values.look({ token: Redacted.make(secret) })))
    for (const surface of Collector.surfaces) expect(Collector.leaks(values.shown(surface), [secret])).toEqual([])
  })
})
