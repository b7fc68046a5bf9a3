/** What a process leaves on the servers when it is ended by a signal: nothing. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { Fault as DaytonaFault, EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import { Claude, EmbeddedStromboli, Fault as StromboliFault } from "../../src/embedded/stromboli/index.js"
import { Agents } from "../../src/services/stromboli/agents/Agents.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { alive } from "../support/daytonaOver.js"
import { program } from "../support/programs.js"

const service = program("test/processes/service.ts")

const servers = Layer.mergeAll(
  EmbeddedDaytona.layerServer(),
  EmbeddedStromboli.layerServer().pipe(Layer.provide(Claude.layerDemo()))
)

interface Service {
  readonly child: ChildProcess
  readonly lines: ReadonlyArray<string>
}

type Ending = "cut" | "answer" | "nothing"

const start = (shutdownTimeout: number, ending: Ending) =>
  Effect.gen(function* () {
    const daytona = Option.getOrThrow((yield* EmbeddedDaytona).url)
    const stromboli = Option.getOrThrow((yield* EmbeddedStromboli).url)
    const args = [yield* service, daytona, stromboli, String(shutdownTimeout), ending]
    return yield* Effect.acquireRelease(
      Effect.sync((): Service => {
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
        const lines: Array<string> = []
        createInterface(child.stdout).on("line", (line) => lines.push(line))
        return { child, lines }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    )
  })

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = <R>(isSo: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("20 millis") })

const printed = ({ lines }: Service, text: string) => lines.filter((line) => line.includes(text)).length

/** The sandboxes and agents that the servers have; they delete sandboxes a moment after they were asked to. */
const held = Effect.gen(function* () {
  const url = Option.getOrThrow((yield* EmbeddedStromboli).url)
  const agents = yield* Effect.provide(
    Effect.flatMap(Agents, (all) => all.list),
    Agents.layer.pipe(Layer.provide(StromboliClient.layer({ baseUrl: url })), Layer.provide(FetchHttpClient.layer))
  ).pipe(Effect.orDie)
  const sandboxes = (yield* alive).filter(({ desiredState }) => desiredState !== "destroyed")
  return { sandboxes: sandboxes.length, agents: agents.length }
})

/** Requests to the service, whose responses nobody reads. */
const request = ({ lines }: Service, path: string) => {
  const port = /:(\d+)$/.exec(lines[0] ?? "")?.[1]
  void fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
}

const open = 3

/** A service with open requests that hold what they work with. */
const working = (service: Service) =>
  Effect.gen(function* () {
    yield* eventually(Effect.sync(() => service.lines.length > 0))
    for (let count = 0; count < open; count++) request(service, "/work")
    yield* eventually(Effect.sync(() => printed(service, "holding") === open))
    expect(yield* held).toEqual({ sandboxes: open, agents: open })
  })

/** With more requests that are still creating. */
const creating = (service: Service) =>
  Effect.gen(function* () {
    const [daytona, stromboli] = [yield* EmbeddedDaytona, yield* EmbeddedStromboli]
    yield* daytona.faults.inject({
      method: "POST",
      path: "/sandbox",
      times: open,
      fault: DaytonaFault.slowFirstByte("2 seconds")
    })
    yield* stromboli.faults.inject({
      method: "POST",
      path: "/agents",
      times: open,
      fault: StromboliFault.slowFirstByte("2 seconds")
    })
    for (let count = 0; count < open; count++) request(service, "/create")
    const all = { sandboxes: 2 * open, agents: 2 * open }
    yield* eventually(Effect.map(held, (now) => now.sandboxes === all.sandboxes && now.agents === all.agents))
  })

/** Sends the signal, and waits for the end of the process; how long that took, in milliseconds. */
const end = ({ child }: Service, signal: "SIGTERM" | "SIGINT") =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const exited = once(child, "exit")
    child.kill(signal)
    yield* Effect.promise(() => exited)
    return (yield* Clock.currentTimeMillis) - started
  })

const nothing = { sandboxes: 0, agents: 0 }

const limit = 120_000

describe("an HTTP service that is ended with requests open", () => {
  it.scopedLive.each(["SIGTERM", "SIGINT"] as const)(
    "by %s leaves nothing, neither held nor being created, and its handlers save their work first",
    (signal) =>
      Effect.gen(function* () {
        const service = yield* start(20_000, "cut")
        yield* working(service)
        yield* creating(service)
        const took = yield* end(service, signal)
        expect(yield* held).toEqual(nothing)
        expect(printed(service, "saved")).toBe(open)
        expect(took).toBeLessThan(20_000)
      }).pipe(Effect.provide(servers)),
    limit
  )

  it.scopedLive(
    "leaves nothing either when its handlers go on, and ends within the bound",
    () =>
      Effect.gen(function* () {
        const service = yield* start(5_000, "answer")
        yield* working(service)
        const took = yield* end(service, "SIGTERM")
        expect(yield* held).toEqual(nothing)
        expect(took).toBeGreaterThanOrEqual(5_000)
        expect(took).toBeLessThan(2 * 5_000 + 5_000)
      }).pipe(Effect.provide(servers)),
    limit
  )

  it.scopedLive(
    "leaves what it holds when it runs under plain `Effect.runPromise`, which knows no signals",
    () =>
      Effect.gen(function* () {
        const service = yield* start(20_000, "nothing")
        yield* working(service)
        yield* end(service, "SIGTERM")
        expect(yield* held).toEqual({ sandboxes: open, agents: open })
      }).pipe(Effect.provide(servers)),
    limit
  )
})
