/** The way through a proxy, and around it. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { echo, httpServer, httpsServer } from "../support/httpServer.js"
import { proxyServer, refuses } from "../support/proxyServer.js"
import { rawServer, silence } from "../support/rawServer.js"
import * as Identity from "../support/tlsIdentities.js"
import { getJob, servicesAt } from "../support/transports.js"

const identity = { cert: Identity.serverCertificate, key: Identity.serverKey }
const tls = { ca: Identity.authority }
const secureServer = httpsServer(identity, echo)

const get = (url: string) =>
  Effect.flatMap(HttpClient.get(url), (response) => Effect.as(response.text, response.status))
const over = (options: NodeTransport.Options) => Effect.provide(NodeTransport.layerWith(options))
const withUser = (url: string) => url.replace("//", "//us%40er:p%3Ass@")

const environment = (variables: Readonly<Record<string, string>>) => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name.toLowerCase(), undefined)
    vi.stubEnv(name, variables[name])
  }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe("a proxy", () => {
  it.scoped("leads to servers with and without TLS, and is told the user and the password", () =>
    Effect.gen(function* () {
      const plain = yield* httpServer(echo)
      const secure = yield* secureServer
      const proxy = yield* proxyServer()
      const both = Effect.all([get(plain.url), get(secure.url)])
      for (const url of [withUser(proxy.url), Redacted.make(withUser(proxy.url))]) {
        expect(yield* both.pipe(over({ proxy: url, tls }))).toEqual([200, 200])
      }
      expect([plain.connections(), secure.connections()]).toEqual([2, 2])
      expect(proxy.requests.map(({ credentials }) => credentials)).toEqual(
        Array.from({ length: 4 }, () => "us@er:p:ss")
      )
      expect(proxy.requests.map(({ target }) => target)).toContainEqual(expect.stringContaining(String(plain.port)))
    })
  )

  it.scoped("is not told the user and the password where there are none", () =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const proxy = yield* proxyServer()
      expect(yield* get(server.url).pipe(over({ proxy: proxy.url }))).toBe(200)
      expect(proxy.requests).toMatchObject([{ credentials: undefined }])
    })
  )

  it.scoped("of https is believed by the same authorities", () =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const proxy = yield* proxyServer(undefined, identity)
      expect(yield* get(server.url).pipe(over({ proxy: proxy.url, tls }))).toBe(200)
      expect(proxy.requests).toHaveLength(1)
    })
  )

  it.scoped("that cannot be connected to in time is a failure", () =>
    Effect.gen(function* () {
      // It takes connections, and knows nothing of TLS.
      const proxy = yield* rawServer(silence)
      const failure = yield* Effect.flip(get("http://127.0.0.1:1")).pipe(
        over({ proxy: `https://localhost:${proxy.port}`, connectTimeout: "50 millis" })
      )
      expect(failure).toMatchObject({
        cause: { code: "UND_ERR_CONNECT_TIMEOUT", message: expect.stringContaining("50ms") }
      })
    })
  )

  it.scoped("does not change whom the server behind it has to be", () =>
    Effect.gen(function* () {
      const secure = yield* secureServer
      const proxy = yield* proxyServer()
      const failure = yield* Effect.flip(get(secure.url)).pipe(over({ proxy: proxy.url }))
      expect(failure).toMatchObject({ _tag: "RequestError", cause: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" } })
    })
  )

  it.scoped.each([403, 407, 502])("that answers %i is TransportError, and shows no password", (status) =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const proxy = yield* proxyServer(refuses(status))
      const transport = Layer.orDie(NodeTransport.layerWith({ proxy: withUser(proxy.url) }))
      const failure = yield* Effect.flip(getJob()).pipe(
        Effect.provide(servicesAt(server.url, transport, { retry: false }))
      )
      expect(failure).toMatchObject({ _tag: "TransportError" })
      expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toMatch(/p:ss|p%3Ass/)
      expect(server.connections()).toBe(0)
    })
  )

  it.scoped("leaves the headers of a request as they are, for whom it is sent to next", () =>
    Effect.gen(function* () {
      const first = yield* httpServer(echo)
      const second = yield* httpServer(echo)
      const proxy = yield* proxyServer()
      const request = HttpClientRequest.setHeader(HttpClientRequest.get("/path"), "x-asked", "yes")
      for (const { port, url } of [first, second]) {
        const response = yield* HttpClient.execute(HttpClientRequest.prependUrl(request, url)).pipe(
          // What tells of a span would make a copy of them.
          Effect.withTracerEnabled(false),
          Effect.flatMap(({ json }) => json),
          over({ proxy: proxy.url })
        )
        expect(response).toMatchObject({ headers: { host: `127.0.0.1:${port}`, "x-asked": "yes" } })
      }
      expect({ ...request.headers }).toEqual({ "x-asked": "yes" })
      expect(proxy.requests).toHaveLength(2)
    })
  )

  it.scoped.each([
    ["a header for the proxy", HttpClientRequest.setHeader("proxy-authorization", "Basic dXNlcg==")],
    ["a URL without an origin", HttpClientRequest.setUrl("data:text/plain,hello")]
  ] as const)("makes %s a RequestError, not a defect", ([, change]) =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const proxy = yield* proxyServer()
      const outcome = yield* HttpClient.execute(change(HttpClientRequest.get(server.url))).pipe(
        Effect.match({
          onFailure: ({ _tag, reason }) => `${_tag} ${reason}`,
          onSuccess: ({ status }) => String(status)
        }),
        Effect.catchAllDefect((defect) => Effect.succeed(`defect ${String(defect)}`)),
        over({ proxy: proxy.url })
      )
      expect(outcome).toBe("RequestError Transport")
      expect(server.connections()).toBe(0)
    })
  )

  it.scoped("that says nothing is left when the layer is closed", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const gone = yield* Deferred.make<void>()
      const proxy = yield* proxyServer((_, socket) => {
        socket.resume().on("end", () => Deferred.unsafeDone(gone, Effect.void))
        Deferred.unsafeDone(asked, Effect.void)
      })
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(NodeTransport.layerWith({ proxy: proxy.url }), scope)
      const fiber = yield* Effect.fork(Effect.provide(get("http://127.0.0.1:1"), context))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(gone)
    })
  )
})

describe("the environment", () => {
  it.scoped("names proxies where it is asked", () =>
    Effect.gen(function* () {
      const plain = yield* httpServer(echo)
      const secure = yield* secureServer
      const [forHttp, forHttps] = [yield* proxyServer(), yield* proxyServer()]
      environment({ HTTP_PROXY: withUser(forHttp.url), HTTPS_PROXY: withUser(forHttps.url) })
      const both = Effect.all([get(plain.url), get(secure.url)])
      expect(yield* both.pipe(over({ proxy: "environment", tls }))).toEqual([200, 200])
      expect(forHttp.requests).toMatchObject([{ credentials: "us@er:p:ss" }])
      expect(forHttps.requests).toMatchObject([{ credentials: "us@er:p:ss" }])
      expect(forHttps.requests[0]?.target).toContain(String(secure.port))
    })
  )

  it.scoped("names whom no proxy leads to", () =>
    Effect.gen(function* () {
      const plain = yield* httpServer(echo)
      const secure = yield* secureServer
      const proxy = yield* proxyServer()
      environment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: "elsewhere.example,localhost" })
      const both = Effect.all([get(plain.url), get(secure.url)])
      expect(yield* both.pipe(over({ proxy: "environment", tls }))).toEqual([200, 200])
      expect(proxy.requests).toHaveLength(1)
      expect(proxy.requests[0]?.target).toContain(String(plain.port))
    })
  )

  it.scoped("may name none", () =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      environment({})
      expect(yield* get(server.url).pipe(over({ proxy: "environment" }))).toBe(200)
    })
  )

  it.scoped("is ignored by default", () =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const proxy = yield* proxyServer()
      environment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url })
      expect(yield* get(server.url).pipe(Effect.provide(NodeTransport.layer))).toBe(200)
      expect(yield* get(server.url).pipe(over({}))).toBe(200)
      expect(proxy.connections()).toBe(0)
    })
  )
})
