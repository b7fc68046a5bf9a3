/** How many connections there are, how long they are kept, and whom they lead to. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { httpServer } from "../support/httpServer.js"
import * as Raw from "../support/rawServer.js"
import { turn } from "../support/until.js"

const text = (url: string) => Effect.flatMap(HttpClient.get(url), (response) => response.text)

describe("connections", () => {
  it.scoped("are as many as the option says, and what exceeds them waits", () =>
    Effect.gen(function* () {
      const waiting: Array<() => void> = []
      let most = 0
      const server = yield* httpServer((_, response) => {
        most = Math.max(
          most,
          waiting.push(() => response.end("all"))
        )
        // Nobody is answered before as many as may be are there, and a while has passed for more.
        if (waiting.length === 3) {
          setImmediate(() => setImmediate(() => waiting.splice(0).forEach((answer) => answer())))
        }
      })
      const texts = yield* Effect.forEach(Array.from({ length: 30 }), () => text(server.url), {
        concurrency: "unbounded"
      })
      expect(texts).toEqual(Array.from({ length: 30 }, () => "all"))
      expect(most).toBe(3)
      expect(server.mostOpen()).toBe(3)
    }).pipe(Effect.provide(NodeTransport.layerWith({ connections: 3 })))
  )

  it.scoped("that are limited are limited for each server", () =>
    Effect.gen(function* () {
      const both = yield* Deferred.make<void>()
      let here = 0
      const answer: Raw.Answer = (exchange) =>
        Effect.gen(function* () {
          here += 1
          if (here === 2) yield* Deferred.succeed(both, undefined)
          yield* Deferred.await(both)
          yield* Raw.reply(200, "all")(exchange)
        })
      const servers = [yield* Raw.rawServer(answer), yield* Raw.rawServer(answer)]
      const texts = yield* Effect.forEach(servers, ({ url }) => text(url), { concurrency: "unbounded" })
      expect(texts).toEqual(["all", "all"])
    }).pipe(Effect.provide(NodeTransport.layerWith({ connections: 1 })))
  )

  it.scoped("that are limited are free again when who has one, or waits for one, is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence, Raw.reply(200, "all"))
      const holds = yield* Effect.fork(text(server.url))
      yield* server.received(0)
      const waits = yield* Effect.fork(text(server.url))
      const last = yield* Effect.fork(text(`${server.url}/last`))
      yield* turn
      yield* Fiber.interrupt(waits)
      yield* Fiber.interrupt(holds)
      expect(yield* Fiber.join(last)).toBe("all")
      expect(server.requests.map(({ target }) => target)).toEqual(["/", "/last"])
    }).pipe(Effect.provide(NodeTransport.layerWith({ connections: 1 })))
  )

  it.scoped("are used again by default", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      for (let request = 0; request < 20; request++) expect(yield* text(server.url)).toBe("all")
      // undici has a connection back a turn of the event loop after the body has ended: two take turns.
      expect(server.connections()).toBeLessThanOrEqual(2)
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scopedLive("are closed when they are idle for longer than they are to be kept", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      expect(yield* text(server.url)).toBe("all")
      yield* server.allClosed
      expect(yield* text(server.url)).toBe("all")
      expect(server.connections()).toBe(2)
    }).pipe(Effect.provide(NodeTransport.layerWith({ keepAlive: "1 millis" })))
  )

  it.scoped("that cannot be made in time fail", () =>
    Effect.gen(function* () {
      // It takes connections, and knows nothing of TLS.
      const server = yield* Raw.rawServer(Raw.silence)
      const failure = yield* Effect.flip(text(server.url.replace("http:", "https:")))
      expect(failure).toMatchObject({ _tag: "RequestError", cause: { code: "UND_ERR_CONNECT_TIMEOUT" } })
      yield* server.allClosed
    }).pipe(Effect.provide(NodeTransport.layerWith({ connectTimeout: "50 millis" })))
  )

  it.scoped("are about as many as there are requests at a time", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((_, response) => response.end("all"))
      const texts = yield* Effect.forEach(Array.from({ length: 500 }), () => text(server.url), { concurrency: 64 })
      expect(new Set(texts)).toEqual(new Set(["all"]))
      // Whoever asks before undici has a connection back gets another.
      expect(server.connections()).toBeLessThanOrEqual(64 * 2)
    }).pipe(Effect.provide(NodeTransport.layer))
  )
})

describe("a redirect", () => {
  it.scoped.each([301, 302, 303, 307, 308])("with %i is given as it is", (status) =>
    Effect.gen(function* () {
      const target = yield* Raw.rawServer(Raw.reply(200, "all"))
      const server = yield* Raw.rawServer(Raw.reply(status, "gone", { location: target.url }))
      const response = yield* HttpClient.get(server.url)
      expect(response).toMatchObject({ status, headers: { location: target.url } })
      expect(yield* response.text).toBe("gone")
      expect([server.requests.length, target.connections()]).toEqual([1, 0])
    }).pipe(Effect.provide(NodeTransport.layer))
  )
})
