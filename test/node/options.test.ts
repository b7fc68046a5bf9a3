/** Options that cannot be used fail before anything is sent, name the option, and show nothing that is secret. */
import * as HttpClient from "@effect/platform/HttpClient"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { proxyServer } from "../support/proxyServer.js"
import * as Raw from "../support/rawServer.js"
import * as Identity from "../support/tlsIdentities.js"

afterEach(() => {
  vi.unstubAllEnvs()
})

const failureOf = (options: NodeTransport.Options) =>
  Effect.flip(Effect.scoped(Effect.as(Layer.build(NodeTransport.layerWith(options)), "a transport")))

const unusable: ReadonlyArray<readonly [string, NodeTransport.Options, keyof NodeTransport.Options]> = [
  ["no connection at all", { connections: 0 }, "connections"],
  ["half a connection", { connections: 1.5 }, "connections"],
  ["connections without a number", { connections: Number.NaN }, "connections"],
  ["connections that are kept for ever", { keepAlive: Duration.infinity }, "keepAlive"],
  ["a proxy that is no URL", { proxy: "user:p4ssword@proxy" }, "proxy"],
  ["a proxy of another scheme", { proxy: "socks5://user:p4ssword@127.0.0.1:1" }, "proxy"],
  ["a redacted proxy that is no URL", { proxy: Redacted.make("p4ssword") }, "proxy"],
  ["a proxy whose password is not encoded", { proxy: "http://user:p4ssword%@127.0.0.1:1" }, "proxy"],
  ["an authority that is no certificate", { tls: { ca: "p4ssword" } }, "tls"],
  ["a key that is none", { tls: { cert: Identity.clientCertificate, key: "p4ssword" } }, "tls"],
  ["a key for another certificate", { tls: { cert: Identity.clientCertificate, key: Identity.serverKey } }, "tls"]
]

describe("options of the transport", () => {
  it.effect.each(unusable)(
    "with %s are ConfigError, which names the option and shows no password",
    ([, options, name]) =>
      Effect.gen(function* () {
        const failure = yield* failureOf(options)
        expect(failure).toMatchObject({ _op: "InvalidData", path: ["NodeTransport", name] })
        expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain("p4ssword")
      })
  )

  it.effect("with a proxy in the environment that is no URL are ConfigError, too", () =>
    Effect.gen(function* () {
      for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) vi.stubEnv(name, "p4ssword")
      const failure = yield* failureOf({ proxy: "environment" })
      expect(failure).toMatchObject({ _op: "InvalidData", path: ["NodeTransport", "proxy"] })
      expect(String(failure)).not.toContain("p4ssword")
    })
  )

  it.scoped("may be undefined", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      expect(yield* Effect.flatMap(HttpClient.get(server.url), (response) => response.text)).toBe("all")
    }).pipe(
      Effect.provide(
        NodeTransport.layerWith({
          connections: undefined,
          keepAlive: undefined,
          connectTimeout: undefined,
          proxy: undefined,
          tls: undefined
        })
      )
    )
  )

  const fromConfig = NodeTransport.layerConfig({
    connections: Config.integer("CONNECTIONS"),
    keepAlive: Config.duration("KEEP_ALIVE"),
    proxy: Config.redacted("PROXY")
  })
  const configured = (entries: Readonly<Record<string, string>>) =>
    Layer.provide(fromConfig, Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries)))))

  it.scoped("may come from a Config", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "all"))
      const proxy = yield* proxyServer()
      const text = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
      const url = proxy.url.replace("//", "//user:p4ssword@")
      const layer = configured({ CONNECTIONS: "2", KEEP_ALIVE: "1 second", PROXY: url })
      expect(yield* Effect.provide(text, layer)).toBe("all")
      expect(proxy.requests).toMatchObject([{ credentials: "user:p4ssword" }])
    })
  )

  it.effect("that are missing in a Config, or cannot be used, are ConfigError", () =>
    Effect.gen(function* () {
      const failure = (entries: Readonly<Record<string, string>>) =>
        Effect.flip(Effect.scoped(Layer.build(configured(entries))))
      expect(yield* failure({})).toMatchObject({ _tag: "ConfigError" })
      const bad = yield* failure({ CONNECTIONS: "2", KEEP_ALIVE: "1 second", PROXY: "p4ssword" })
      expect(bad).toMatchObject({ _op: "InvalidData", path: ["NodeTransport", "proxy"] })
      expect(String(bad)).not.toContain("p4ssword")
    })
  )
})
