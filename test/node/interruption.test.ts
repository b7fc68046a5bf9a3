/** An interrupted call gives up its connection, whenever it is interrupted. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import * as Raw from "../support/rawServer.js"
import { getJob, type Services, servicesAt } from "../support/transports.js"
import { turn, until } from "../support/until.js"

/** Every combination of moment, client and timing, dozens of times. */
const calls = 2_000
const atATime = 50

/** When a call is interrupted, and how its server responds. */
type Moment = "early" | "silent" | "half" | "stream"
const moments: ReadonlyArray<Moment> = ["early", "silent", "half", "stream"]

const tcpSockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

const json = { "content-type": "application/json" }
const answers: Readonly<Record<Moment, Raw.Answer>> = {
  early: Raw.silence,
  silent: Raw.silence,
  half: ({ send }) => send(`${Raw.head(200, { ...json, "content-length": "1000" })}{"id":"job`),
  stream: Raw.events("data: one\n\n")
}

const isMoment = (text: string | undefined): text is Moment => moments.some((moment) => moment === text)

/** A server that answers `…half-17…` with half a body, and tells when it has. */
const stuckServer = Effect.gen(function* () {
  const said = new Map<string, Deferred.Deferred<void>>()
  const hasSaid = (name: string) => {
    const known = said.get(name) ?? Deferred.unsafeMake<void>(FiberId.none)
    said.set(name, known)
    return known
  }
  const server = yield* Raw.rawServer((exchange) => {
    const [name = "", moment] = /(\w+)-\d+/.exec(exchange.target) ?? []
    return isMoment(moment)
      ? Effect.zipRight(answers[moment](exchange), Deferred.succeed(hasSaid(name), undefined))
      : Effect.die(`an unexpected request for ${exchange.target}`)
  })
  return { server, hasSaid: (name: string) => Deferred.await(hasSaid(name)) }
})

/** A call that never ends; `begins` is run when its answer has begun. */
type Call<R> = (name: string, moment: Moment, begins: Effect.Effect<unknown>) => Effect.Effect<unknown, unknown, R>

const plainCall =
  (url: string): Call<HttpClient.HttpClient> =>
  (name, moment, begins) =>
    Effect.flatMap(HttpClient.get(`${url}/${name}`), (response) =>
      moment === "stream" ? Stream.runForEach(response.stream, () => begins) : Effect.zipRight(begins, response.text)
    )

const serviceCall: Call<Services> = (name, moment, begins) =>
  moment === "stream"
    ? Effect.flatMap(Execution, (execution) => Stream.runForEach(execution.stream({ prompt: name }), () => begins))
    : getJob(name)

describe("an HttpClient and services on one transport", () => {
  it.scopedLive(
    "leave no connection behind after two thousand calls that are interrupted at any moment",
    () =>
      Effect.gen(function* () {
        const { hasSaid, server } = yield* stuckServer
        // A connection that is idle sends a request at once; the calls that come early find none.
        const earlyServer = yield* Raw.rawServer(Raw.silence)
        const isPlain = (index: number) => index % 8 < 4
        const interrupted = (index: number) =>
          Effect.gen(function* () {
            const moment = moments[index % 4] ?? "early"
            const name = `${moment}-${index}`
            const begun = yield* Deferred.make<void>()
            const [url, context] = moment === "early" ? [earlyServer.url, earlyContext] : [server.url, stuckContext]
            const call: Call<HttpClient.HttpClient | Services> = isPlain(index) ? plainCall(url) : serviceCall
            const fiber = yield* Effect.fork(
              Effect.provide(call(name, moment, Deferred.succeed(begun, undefined)), context)
            )
            if (moment === "early") yield* Effect.repeatN(index % 3 === 0 ? turn : Effect.yieldNow(), index % 5)
            else if (moment === "stream" || (moment === "half" && isPlain(index))) yield* Deferred.await(begun)
            else yield* hasSaid(name)
            const exit = yield* Fiber.interrupt(fiber)
            if (!Exit.isInterrupted(exit)) {
              return yield* Effect.dieMessage(`${name} was not interrupted: ${String(exit)}`)
            }
          })

        const before = tcpSockets()
        const scope = yield* Scope.make()
        const contextAt = (url: string) => {
          const services = servicesAt(url, NodeTransport.layer, { retry: false })
          return Layer.buildWithScope(Layer.merge(NodeTransport.layer, services), scope)
        }
        const [stuckContext, earlyContext] = [yield* contextAt(server.url), yield* contextAt(earlyServer.url)]
        yield* Effect.forEach(Array.from({ length: calls }).keys(), interrupted, {
          concurrency: atATime,
          discard: true
        })
        expect(server.requests).toHaveLength(calls * 0.75)
        // Many of them came before there was a connection, and were never sent.
        expect(earlyServer.requests.length).toBeLessThan(calls * 0.2)
        // The layer lives; nothing of what it was asked for does.
        yield* Effect.forEach([...server.requests, ...earlyServer.requests], ({ closed }) => closed, { discard: true })
        yield* Scope.close(scope, Exit.void)
        yield* Effect.all([server.allClosed, earlyServer.allClosed])
        yield* until(() => tcpSockets() <= before)
      }),
    // For a busy machine: it takes about two seconds.
    60_000
  )
})
