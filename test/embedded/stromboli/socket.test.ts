import * as Http from "node:http"
import { text as textOf } from "node:stream/consumers"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  Claude,
  EmbeddedStromboli,
  Fault,
  type ListenOptions,
  type Options,
  Script
} from "effect-sandboxes/embedded/stromboli"
import { at } from "./support.js"

const listening = (
  options: Options & ListenOptions = {},
  output: () => Script.Output = () => Script.says("one", "two")
) => EmbeddedStromboli.layerServer(options).pipe(Layer.provide(Claude.layerFrom(output)))

const urlOf = Effect.map(EmbeddedStromboli, ({ url }) => Option.getOrElse(url, () => "it does not listen"))

const strike = (fault: Fault.Fault) => Effect.flatMap(EmbeddedStromboli, ({ faults }) => faults.inject({ fault }))

const fetched = (url: string, init?: RequestInit) => Effect.promise((signal) => fetch(url, { signal, ...init }))

/** The reason of a rejected promise. */
const rejection = (promise: () => Promise<unknown>) =>
  Effect.map(Effect.flip(Effect.tryPromise(promise)), ({ error }) => error)

/** The response of `node:http`, once its headers have arrived. */
const requested = (url: string) =>
  Effect.async<{ readonly request: Http.ClientRequest; readonly response: Http.IncomingMessage }, Error>((resume) => {
    const request = Http.get(url, { agent: false }, (response) => {
      response.on("error", () => undefined)
      resume(Effect.succeed({ request, response }))
    })
    request.on("error", (error) => resume(Effect.fail(error)))
  })

const createAgent = (url: string) =>
  Effect.promise(() => fetch(`${url}/agents`, { method: "POST", body: "{}" })).pipe(
    Effect.flatMap((response) => Effect.promise((): Promise<unknown> => response.json())),
    Effect.map((agent) => `${at(agent, "id")}`)
  )

describe("the server on a port", () => {
  it.live("answers JSON, plain text and event streams", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      const health = yield* fetched(`${url}/health`)
      expect([health.status, health.headers.get("x-request-id")?.length]).toEqual([200, 16])
      expect(yield* Effect.promise(async () => (await fetch(`${url}/nothing`)).text())).toBe("404 page not found")
      const stream = yield* fetched(`${url}/run/stream?prompt=x`)
      expect(yield* Effect.promise(() => stream.text())).toContain("data: one\n\ndata: two\n\nevent: done\n")
    }).pipe(Effect.provide(listening()))
  )

  it.live("flushes the headers of /run/stream only with the first line", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      const racing = Effect.raceFirst(
        Effect.as(requested(`${url}/run/stream?prompt=x`), "headers"),
        Effect.as(fetched(`${url}/run/stream?prompt=y`), "headers")
      )
      expect(
        yield* Effect.timeoutTo(racing, { duration: "200 millis", onTimeout: () => "nothing", onSuccess: (x) => x })
      ).toBe("nothing")
    }).pipe(Effect.provide(listening({}, () => Script.hangs())))
  )

  it.live("flushes the headers of an agent's stream immediately, for node:http and for fetch", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      const id = yield* createAgent(url)
      const { request, response } = yield* requested(`${url}/agents/${id}/stream`)
      expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/event-stream"])
      request.destroy()
      const controller = new AbortController()
      const streamed = yield* Effect.promise(() => fetch(`${url}/agents/${id}/stream`, { signal: controller.signal }))
      expect(streamed.status).toBe(200)
      controller.abort()
    }).pipe(Effect.provide(listening()))
  )

  it.live("cancels a run when its client disconnects", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const cancelled = yield* Deferred.make<void>()
      const run = () =>
        Stream.fromEffect(Deferred.succeed(started, undefined)).pipe(
          Stream.zipRight(Stream.never),
          Stream.ensuring(Deferred.succeed(cancelled, undefined))
        )
      yield* Effect.gen(function* () {
        const url = yield* urlOf
        const controller = new AbortController()
        const body = JSON.stringify({ prompt: "x" })
        const client = fetch(`${url}/run`, { method: "POST", body, signal: controller.signal })
        yield* Deferred.await(started)
        controller.abort()
        yield* rejection(() => client)
        yield* Deferred.await(cancelled)
      }).pipe(Effect.provide(listening({}, run)))
    })
  )

  it.live("cancels a streamed run when its client disconnects", () =>
    Effect.gen(function* () {
      const cancelled = yield* Deferred.make<void>()
      const run = () => Stream.ensuring(Script.hangs("one"), Deferred.succeed(cancelled, undefined))
      yield* Effect.gen(function* () {
        const { request } = yield* requested(`${yield* urlOf}/run/stream?prompt=x`)
        request.destroy()
        yield* Deferred.await(cancelled)
      }).pipe(Effect.provide(listening({}, run)))
    })
  )

  it.live("does not end a body that is cut as if it were complete", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      yield* strike(Fault.cutBody(14, "reset"))
      const { response } = yield* requested(`${url}/run/stream?prompt=x`)
      let received = ""
      const broken = yield* Effect.async<unknown>((resume) => {
        response.setEncoding("utf8")
        response.on("data", (part: string) => {
          received += part
        })
        response.on("end", () => resume(Effect.succeed("a clean end")))
        response.on("error", (error) => resume(Effect.succeed(error)))
      })
      expect(at(broken, "code")).toBe("ECONNRESET")
      expect(received).toBe("data: one\n\ndat")
      yield* strike(Fault.cutBody(14, "reset"))
      const viaFetch = yield* fetched(`${url}/run/stream?prompt=x`)
      expect(yield* rejection(() => viaFetch.text())).toBeInstanceOf(TypeError)
    }).pipe(Effect.provide(listening()))
  )

  it.live("ends a body cleanly when the cut is clean", () =>
    Effect.gen(function* () {
      yield* strike(Fault.cutBody(14, "clean"))
      const { response } = yield* requested(`${yield* urlOf}/run/stream?prompt=x`)
      expect(yield* Effect.promise(() => textOf(response))).toBe("data: one\n\ndat")
    }).pipe(Effect.provide(listening()))
  )

  it.live("drops the connection for the faults of connections", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      for (const fault of [Fault.refuseConnection, Fault.resetAfterRequest]) {
        yield* strike(fault)
        expect(at(yield* Effect.flip(requested(`${url}/health`)), "code")).toBe("ECONNRESET")
      }
      expect((yield* fetched(`${url}/health`)).status).toBe(200)
    }).pipe(Effect.provide(listening()))
  )

  it.live("refuses an oversized URL with 431 in plain text", () =>
    Effect.gen(function* () {
      const { response } = yield* requested(`${yield* urlOf}/run/stream?prompt=${"a".repeat(1_100_000)}`)
      expect([response.statusCode, response.headers["content-type"]]).toEqual([431, "text/plain; charset=utf-8"])
      expect(yield* Effect.promise(() => textOf(response))).toBe("431 Request Header Fields Too Large")
    }).pipe(Effect.provide(listening()))
  )

  it.live("accepts a prompt of 20 MiB for an agent", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ prompt: "x".repeat(20 * 1024 * 1024) })
      expect((yield* fetched(`${yield* urlOf}/agents`, { method: "POST", body })).status).toBe(201)
    }).pipe(Effect.provide(listening()))
  )

  it.live("reports which port is in use", () =>
    Effect.gen(function* () {
      const port = Number(new URL(yield* urlOf).port)
      const error = yield* Effect.flip(Layer.launch(listening({ port })))
      expect(error).toMatchObject({ _tag: "ListenError", reason: "PortInUse", port, host: "127.0.0.1" })
      expect(error.message).toBe(`port ${port} on 127.0.0.1 is already in use`)
    }).pipe(Effect.provide(listening()))
  )

  it.live("listens on loopback addresses only", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.launch(listening({ host: "0.0.0.0" })))
      expect(error).toMatchObject({ reason: "NotLoopback", host: "0.0.0.0" })
    })
  )

  it.live("closes open event streams promptly with its scope, and frees its port", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        listening({}, () => Script.hangs("one")),
        scope
      )
      const url = yield* Effect.provide(urlOf, context)
      const { response } = yield* requested(`${url}/run/stream?prompt=x`)
      const closed = Effect.async<string>((resume) => {
        response.once("close", () => resume(Effect.succeed("closed")))
      })
      yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
      expect(yield* Effect.timeout(closed, "1 second")).toBe("closed")
      const refused = yield* Effect.flip(requested(`${url}/health`))
      expect(at(refused, "code")).toBe("ECONNREFUSED")
    })
  )
})
