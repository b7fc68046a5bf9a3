import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import { beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona, Sandbox } from "../../src/daytona.js"
import { EmbeddedDaytona, localRuntime } from "../../src/embedded/daytona/index.js"
import * as InMemoryHttpClient from "../../src/embedded/inMemory/InMemoryHttpClient.js"
import { layer as nodeTransport } from "../../src/node/NodeTransport.js"
import { WebSockets } from "../../src/stream/WebSockets.js"
import { platformWebSocket } from "../support/sockets.js"
import * as Collector from "./collector.js"
import * as Echoing from "./echoingTransport.js"
import * as Scenarios from "./toolboxScenarios.js"

const collector = Collector.make()
/** Everything sent over the wire, where the secrets belong. */
let sent = ""
/** The tokens of the sandboxes, which the server generates. */
const tokens = new Set<string>()

const options = (generation: "0.190" | "current") => ({
  auth: { apiKeys: [Scenarios.canaries.apiKey] },
  durations: 0,
  generation,
  runtime: localRuntime()
})

const inside = (apiUrl: string) =>
  Layer.provideMerge(
    Sandbox.layer(),
    Daytona.layer({ apiKey: Redacted.make(Scenarios.canaries.apiKey), apiUrl, retry: false })
  )

type Scenario = (
  by: Collector.Collector
) => Effect.Effect<unknown, unknown, Layer.Layer.Success<ReturnType<typeof inside>>>

/** Runs a scenario in its own sandbox, and records what was sent over the wire. */
const observe = (
  by: Collector.Collector,
  scenario: Scenario,
  setup: {
    readonly generation?: "0.190" | "current"
    /** Over a port instead of in memory. */
    readonly over?: Layer.Layer<HttpClient.HttpClient>
    readonly between?: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient>
    readonly sockets?: Layer.Layer<never>
  }
) => {
  const { between, over, sockets = Layer.empty } = setup
  const kept = Effect.gen(function* () {
    const server = yield* EmbeddedDaytona
    yield* by.lookAtMetrics
    sent += JSON.stringify(yield* server.requests)
    for (const { authToken } of yield* server.sandboxes) tokens.add(authToken)
  })
  const run = Effect.gen(function* () {
    const { app, url } = yield* EmbeddedDaytona
    const transport = over ?? InMemoryHttpClient.layer(app)
    const way = Layer.provideMerge(sockets, between === undefined ? transport : Layer.provideMerge(between, transport))
    const services = inside(`${Option.getOrElse(url, () => "http://daytona.test")}/api`).pipe(Layer.provide(way))
    yield* by.observed(Effect.provide(scenario(by), services))
    yield* kept
  })
  const given = options(setup.generation ?? "current")
  return run.pipe(
    Effect.provide(over === undefined ? EmbeddedDaytona.layer(given) : EmbeddedDaytona.layerServer(given)),
    Effect.runPromise
  )
}

/** The form for browsers: no headers, and a token in the query. */
const inBrowser = Layer.unwrapEffect(
  Effect.map(WebSockets, ({ open }) => Layer.succeed(WebSockets, { open, sendsHeaders: false }))
)

beforeAll(async () => {
  await Promise.all([
    observe(collector, Scenarios.everyday, {}),
    observe(collector, Scenarios.everyday, { generation: "0.190" }),
    observe(collector, Scenarios.everyday, { over: nodeTransport }),
    observe(collector, Scenarios.everyday, { sockets: inBrowser }),
    observe(collector, Scenarios.everyday, {
      over: FetchHttpClient.layer,
      sockets: Layer.scopedDiscard(platformWebSocket)
    })
  ])
})

const secrets = () => [...Object.values(Scenarios.canaries), ...tokens]

describe("a secret in a sandbox", () => {
  it("was really used: it was sent over the wire where required", () => {
    // The secret of the interpreter is sent in a message, which is not recorded.
    const { interpreterEnv: _, ...recorded } = Scenarios.canaries
    for (const secret of Object.values(recorded)) expect(sent).toContain(secret)
    expect([...tokens].filter((token) => sent.includes(token)).length).toBe(2)
    expect(tokens.size).toBe(5)
    expect(sent).toContain("DAYTONA_SANDBOX_AUTH_KEY")
  })

  it("caused no defect", () => {
    expect(collector.defects).toEqual([])
  })

  it.each(Collector.surfaces)("is not in %s", (surface) => {
    const shown = collector.shown(surface)
    expect(shown.length).toBeGreaterThan(3)
    expect(Collector.leaks(shown, secrets())).toEqual([])
  })
})

/** The first leaks of each surface. */
const leaksOf = (by: Collector.Collector, surfaces: ReadonlyArray<Collector.Surface> = Collector.surfaces) =>
  surfaces.flatMap((surface) =>
    Collector.leaks(by.shown(surface), secrets())
      .slice(0, 3)
      .map((leak) => `${surface}: ${leak}`)
  )

describe("a server that echoes what it was sent", () => {
  it.each(Echoing.answers)("with %s reveals no secret", async (_, answer) => {
    const echoes = Collector.make()
    await observe(echoes, Scenarios.echoed, { between: Echoing.echoingRequests(answer) })
    expect(leaksOf(echoes)).toEqual([])
    expect(echoes.defects).toEqual([])
  })

  it("is quoted without the secrets", async () => {
    const echoes = Collector.make()
    const [, answer] = Echoing.answers.find(([name]) => name === "500") ?? []
    if (answer !== undefined) await observe(echoes, Scenarios.echoed, { between: Echoing.echoingRequests(answer) })
    const shown = echoes.shown("encoded errors").join("\n")
    // A command in a session, a program, a terminal and the workspace; a password; the key.
    expect(shown).toMatch(/export SECRET='<redacted>'/)
    expect(shown).toMatch(/\\"envs\\":\{\\"SECRET\\":\\"<redacted>\\"/)
    expect(shown).toMatch(/\\"password\\":\\"<redacted>\\"/)
    expect(shown).toContain("Bearer <redacted>")
  })

  const ways = Echoing.refusals.flatMap(([name, refuse]) =>
    [true, false].map((sendsHeaders) => [name, sendsHeaders ? "headers" : "a query", { refuse, sendsHeaders }] as const)
  )
  it.each(ways)(
    "reveals no secret of a web socket, %s, whose key is in %s",
    { timeout: 60_000 },
    async (name, _, way) => {
      const echoes = Collector.make()
      await observe(echoes, Scenarios.echoed, { sockets: Echoing.echoingSockets(way) })
      // Spans of the platform's clients contain messages of the transport; those of this package never quote them.
      const surfaces = Collector.surfaces.filter((surface) => name !== "broken off" || surface !== "spans")
      expect(leaksOf(echoes, surfaces)).toEqual([])
      expect(echoes.defects).toEqual([])
      expect(echoes.shown("errors").join("\n")).toContain("<redacted>")
    }
  )
})
