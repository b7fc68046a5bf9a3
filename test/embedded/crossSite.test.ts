/** Which requests the embedded servers accept on a port: a browser sends them whatever a page requests. */
import * as Http from "node:http"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { crossSiteMessage } from "../../src/embedded/crossSite.js"
import { EmbeddedDaytona, emptyRuntime } from "../../src/embedded/daytona/index.js"
import { listen } from "../../src/embedded/loopbackServer.js"
import { accepting, echo } from "../support/sockets.js"

type Headers = Readonly<Record<string, string>>

interface Ask {
  readonly path: string
  readonly method?: string
  readonly headers?: Headers
}

/** The status of the response; 101 for an open web socket. `fetch` does not allow these headers to be set. */
const statusOf = (url: string, { headers = {}, method = "GET", path }: Ask) =>
  Effect.async<number | undefined, Error>((resume) => {
    const request = Http.request(`${url}${path}`, { agent: false, headers, method }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    })
    request.on("upgrade", (response, socket) => {
      socket.destroy()
      resume(Effect.succeed(response.statusCode))
    })
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end()
  })

const upgrade: Headers = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13"
}

const fromOwnMachine: ReadonlyArray<readonly [string, Headers]> = [
  ["a program", {}],
  ["a page on localhost", { origin: "http://localhost:5173" }],
  ["a page on another loopback address", { origin: "http://[::1]:5173", "sec-fetch-site": "cross-site" }],
  ["a page below localhost", { origin: "https://app.localhost" }],
  ["a page of the same server", { "sec-fetch-site": "same-origin" }],
  ["an address that was typed in", { "sec-fetch-site": "none" }],
  ["whoever names it below localhost", { host: "80-box.proxy.localhost:1234" }]
]

const fromWebPages: ReadonlyArray<readonly [string, Headers]> = [
  ["a page from elsewhere", { origin: "https://evil.example" }],
  ["a page whose name only begins like this machine's", { origin: "http://localhost.evil.example" }],
  ["a page without an origin, such as a sandboxed frame", { origin: "null" }],
  ["a page whose name leads here", { host: "evil.example" }],
  ["a page whose name leads here, of the same origin", { host: "evil.example:80", origin: "http://evil.example:80" }],
  ["an image or a link in a page from elsewhere", { "sec-fetch-site": "cross-site" }]
]

/** The address, and the requests received. */
const seen = ({ requests, url }: Pick<EmbeddedDaytona["Type"], "requests" | "url">) => ({
  url: Option.getOrElse(url, () => "it does not listen"),
  paths: Effect.map(requests, (all) => all.map(({ path }) => path))
})

const servers = [
  {
    name: "Stromboli",
    harmless: { path: "/health" },
    harm: { path: "/run/stream?prompt=harm" },
    server: Effect.map(
      Layer.build(EmbeddedStromboli.layerServer().pipe(Layer.provide(Claude.layerDemo()))),
      (context) => seen(Context.get(context, EmbeddedStromboli))
    )
  },
  {
    name: "Daytona",
    harmless: { path: "/api/config" },
    harm: { path: "/api/sandbox", method: "POST" },
    server: Effect.map(Layer.build(EmbeddedDaytona.layerServer({ durations: 0, runtime: emptyRuntime })), (context) =>
      seen(Context.get(context, EmbeddedDaytona))
    )
  }
]

for (const { harm, harmless, name, server } of servers) {
  describe(`the embedded ${name} on a port`, () => {
    it.scopedLive.each(fromOwnMachine)("answers %s", ([, headers]) =>
      Effect.gen(function* () {
        const { url } = yield* server
        expect(yield* statusOf(url, { ...harmless, headers })).toBe(200)
        expect(yield* statusOf(url, { ...harmless, headers: { ...headers, ...upgrade } })).toBe(200)
      })
    )

    it.scopedLive.each(fromWebPages)("refuses %s without any effect", ([, headers]) =>
      Effect.gen(function* () {
        const { paths, url } = yield* server
        expect(yield* statusOf(url, { ...harm, headers })).toBe(403)
        expect(yield* statusOf(url, { ...harm, headers: { ...headers, ...upgrade } })).toBe(403)
        expect(yield* paths).toEqual([])
      })
    )
  })
}

describe("a server on a port", () => {
  it.scopedLive("opens web sockets only for pages of this machine", () =>
    Effect.gen(function* () {
      const url = yield* listen(accepting(echo))
      const open = (origin: string) => statusOf(url, { path: "/", headers: { ...upgrade, origin } })
      expect(yield* open("http://localhost:5173")).toBe(101)
      expect(yield* open("https://evil.example")).toBe(403)
    })
  )

  it.scopedLive("explains why it refuses a page", () =>
    Effect.gen(function* () {
      const url = yield* listen(HttpServerResponse.empty())
      const answer = yield* Effect.promise(() => fetch(url, { headers: { origin: "null" } }))
      expect([answer.status, yield* Effect.promise(() => answer.text())]).toEqual([403, crossSiteMessage])
    })
  )
})
