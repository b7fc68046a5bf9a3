/** `HttpClient.withScope`: a request ends with its scope. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import * as Raw from "../support/rawServer.js"

const scopedGet = (url: string, scope: Scope.Scope) =>
  Effect.flatMap(HttpClient.HttpClient, (client) => Scope.extend(HttpClient.withScope(client).get(url), scope))

const partOfABody: Raw.Answer = ({ send }) => send(`${Raw.head(200, { "content-length": "1000" })}some`)

describe("the scope of a request", () => {
  it.scoped("closes the connection before the headers, and the request fails", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence)
      const scope = yield* Scope.make()
      const fiber = yield* Effect.fork(scopedGet(server.url, scope))
      const { closed } = yield* server.received(0)
      yield* Scope.close(scope, Exit.void)
      yield* closed
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ _tag: "RequestError", reason: "Transport" })
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("closes the connection after the headers, whether somebody reads the body or not", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(partOfABody)
      for (const isRead of [false, true]) {
        const scope = yield* Scope.make()
        const response = yield* scopedGet(server.url, scope)
        const { closed } = yield* server.received(isRead ? 1 : 0)
        const reader = isRead ? yield* Effect.fork(response.text) : undefined
        if (isRead) yield* Effect.yieldNow()
        yield* Scope.close(scope, Exit.void)
        yield* closed
        const failure = yield* Effect.flip(reader === undefined ? response.text : Fiber.join(reader))
        expect(failure).toMatchObject({ _tag: "ResponseError", reason: "Decode" })
      }
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("leaves the connection alone when the answer is over", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      for (let request = 0; request < 10; request++) {
        const text = Effect.flatMap(HttpClient.HttpClient, (client) =>
          Effect.flatMap(HttpClient.withScope(client).get(server.url), (response) => response.text)
        )
        expect(yield* Effect.scoped(text)).toBe("all")
      }
      // undici has a connection back a turn of the event loop after the body has ended: two take turns.
      expect(server.connections()).toBeLessThanOrEqual(2)
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("that is closed already lets nothing be sent", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      const scope = yield* Scope.make()
      yield* Scope.close(scope, Exit.void)
      const outcome = yield* Effect.either(scopedGet(server.url, scope))
      expect(server.requests).toHaveLength(0)
      expect(outcome).toMatchObject({ left: { _tag: "RequestError", reason: "Transport" } })
    }).pipe(Effect.provide(NodeTransport.layer))
  )
})
