/** How a layer is configured, and which options it refuses. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Jobs } from "../../../src/services/stromboli/Jobs.js"
import { layer, layerConfig, type StromboliConfig } from "../../../src/services/stromboli/Stromboli.js"
import type { StromboliClient } from "../../../src/services/stromboli/StromboliClient.js"
import { sdkVersion } from "../../../src/version.js"
import { printedSpans, requests, server, withSpans } from "../../support/embedded.js"

const address = "http://stromboli.test"

/** One call through a layer, and its request on the wire. */
const sent = <E>(stromboli: Layer.Layer<Jobs, E, Layer.Layer.Context<ReturnType<typeof layer>>>) =>
  Effect.flatMap(Jobs, (jobs) => jobs.list).pipe(
    Effect.exit,
    Effect.zipRight(requests),
    Effect.map(([request]) => request),
    Effect.provide(Layer.provideMerge(stromboli, server()))
  )

const failure = (options: Partial<StromboliClient.Options>) =>
  Effect.flip(sent(layer({ baseUrl: address, ...options })))

const fromEnvironment = (environment: Readonly<Record<string, string>>, options: StromboliConfig = {}) =>
  sent(layerConfig(options)).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

describe("a layer", () => {
  it.effect("sends nothing when it is built", () =>
    Effect.gen(function* () {
      expect(yield* requests).toEqual([])
    }).pipe(Effect.provide(Layer.provideMerge(layer({ baseUrl: address, clientId: "me" }), server())))
  )

  it.effect("sends its user agent and the accepted content type", () =>
    Effect.gen(function* () {
      const request = yield* sent(layer({ baseUrl: address }))
      expect(request?.headers).toMatchObject({
        accept: "application/json",
        "user-agent": `effect-sandboxes/${sdkVersion}`,
        "x-request-id": expect.stringMatching(/^[0-9a-f]{16}$/)
      })
      expect(request?.headers).not.toHaveProperty("authorization")
      const named = yield* sent(layer({ baseUrl: address, userAgent: "my-app/1" }))
      expect(named?.headers["user-agent"]).toBe(`my-app/1 effect-sandboxes/${sdkVersion}`)
    })
  )

  it.effect("sends additional headers, and shows redacted ones to nobody but the server", () =>
    Effect.gen(function* () {
      const headers = { "X-Tenant": "blue", "X-Proxy-Key": Redacted.make("canary") }
      const { result, spans } = yield* withSpans(sent(layer({ baseUrl: address, headers })))
      expect(result?.headers).toMatchObject({ "x-tenant": "blue", "x-proxy-key": "canary" })
      expect(spans).toHaveLength(1)
      expect(printedSpans(spans)).not.toContain("canary")
    })
  )

  for (const [baseUrl, path] of [
    ["http://stromboli.test/", "/jobs"],
    ["https://stromboli.test:8443", "/jobs"],
    ["http://[::1]:8585", "/jobs"],
    ["https://proxy.test/stromboli", "/stromboli/jobs"],
    ["https://proxy.test/a%20b/stromboli//", "/a%20b/stromboli/jobs"]
  ] as const) {
    it.effect(`with the address ${baseUrl} requests ${path}`, () =>
      Effect.gen(function* () {
        expect((yield* sent(layer({ baseUrl })))?.path).toBe(path)
      })
    )
  }

  for (const baseUrl of [
    "",
    "stromboli.test",
    "localhost:8585",
    "//stromboli.test",
    "ftp://stromboli.test",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://",
    "http://user:canary@stromboli.test",
    "http://canary@stromboli.test",
    "http://stromboli.test?key=canary",
    "http://stromboli.test/#canary"
  ]) {
    it.effect(`is not built with the address ${JSON.stringify(baseUrl)}`, () =>
      Effect.gen(function* () {
        const refusal = yield* failure({ baseUrl })
        expect(refusal).toMatchObject({
          _tag: "InvalidRequest",
          code: "INVALID_REQUEST",
          system: "stromboli",
          operation: "Stromboli.layer",
          field: "baseUrl",
          admitted: "no"
        })
        expect(inspect(refusal, { depth: 10 })).not.toContain("canary")
      })
    )
  }

  for (const [what, options, field] of [
    ["a token with a line break", { token: Redacted.make("canary\n") }, "token"],
    ["an empty token", { token: Redacted.make("") }, "token"],
    ["a token with non-ASCII characters", { token: Redacted.make("canaryé") }, "token"],
    ["an invalid token for the login", { token: Redacted.make("canary\r"), clientId: "me" }, "token"],
    ["a header with a line break", { headers: { "x-a": "canary\r\nx-b: c" } }, "headers.x-a"],
    ["a redacted header with a line break", { headers: { "x-a": Redacted.make("canary\n") } }, "headers.x-a"],
    ["a header with non-ASCII characters", { headers: { "x-a": "canaryé" } }, "headers.x-a"],
    ["a user agent with a line break", { userAgent: "canary\r\nx: y" }, "userAgent"],
    ["an empty client id", { clientId: "", token: Redacted.make("canary") }, "clientId"],
    ["an invalid header name", { headers: { "x a": "canary" } }, "headers"],
    ["a header name with a line break", { headers: { "canary\r\n": "x" } }, "headers"]
  ] as const) {
    it.effect(`is not built with ${what}; the error names the option, not its value`, () =>
      Effect.gen(function* () {
        const refusal = yield* failure(options)
        expect(refusal).toMatchObject({ _tag: "InvalidRequest", operation: "Stromboli.layer", field })
        expect(`${inspect(refusal, { depth: 10 })}${JSON.stringify(refusal)}`).not.toContain("canary")
      })
    )
  }
})

describe("a layer from the configuration", () => {
  it.effect("reads address and token from the environment", () =>
    Effect.gen(function* () {
      const request = yield* fromEnvironment({ STROMBOLI_URL: "http://stromboli.test/base", STROMBOLI_TOKEN: "tok" })
      expect(request).toMatchObject({ path: "/base/jobs", headers: { authorization: "Bearer tok" } })
    })
  )

  for (const [what, environment] of [
    ["absent", {}],
    ["empty", { STROMBOLI_TOKEN: "" }]
  ] as const) {
    it.effect(`sends no token when it is ${what}`, () =>
      Effect.gen(function* () {
        const request = yield* fromEnvironment({ STROMBOLI_URL: address, ...environment })
        expect(request?.path).toBe("/jobs")
        expect(request?.headers).not.toHaveProperty("authorization")
      })
    )
  }

  it.effect("is not built without an address; the error names the variable", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(fromEnvironment({ STROMBOLI_TOKEN: "tok" }))
      expect(missing).toMatchObject({ _op: "MissingData", path: ["STROMBOLI_URL"] })
    })
  )

  for (const url of ["", "stromboli.test", "ftp://stromboli.test", "http://me:canary@stromboli.test"]) {
    it.effect(`is not built with the address ${JSON.stringify(url)}`, () =>
      Effect.gen(function* () {
        const refusal = yield* Effect.flip(fromEnvironment({ STROMBOLI_URL: url }))
        expect(refusal).toMatchObject({ _tag: "InvalidRequest", field: "baseUrl" })
        expect(inspect(refusal, { depth: 10 })).not.toContain("canary")
      })
    )
  }

  it.effect("is not built with a token that ends in a line break, and does not show it", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(fromEnvironment({ STROMBOLI_URL: address, STROMBOLI_TOKEN: "canary\n" }))
      expect(refusal).toMatchObject({ _tag: "InvalidRequest", operation: "Stromboli.layer", field: "token" })
      expect(inspect(refusal, { depth: 10 })).not.toContain("canary")
    })
  )

  it.effect("reads them from any other configuration, and takes the other options as values", () =>
    Effect.gen(function* () {
      const request = yield* fromEnvironment(
        { MY_URL: address, MY_TOKEN: "mine", STROMBOLI_URL: "http://elsewhere.test/base", STROMBOLI_TOKEN: "tok" },
        {
          baseUrl: Config.string("MY_URL"),
          token: Config.option(Config.redacted("MY_TOKEN")),
          headers: { "x-tenant": "blue" }
        }
      )
      expect(request).toMatchObject({ path: "/jobs", headers: { authorization: "Bearer mine", "x-tenant": "blue" } })
    })
  )

  it.effect("logs in with a configured client id", () =>
    Effect.gen(function* () {
      const request = yield* fromEnvironment(
        { STROMBOLI_URL: address, CLIENT: "nightly" },
        { clientId: Config.string("CLIENT"), token: Config.succeed(Option.none()), retry: false }
      )
      expect(request).toMatchObject({ method: "POST", path: "/auth/token", body: '{"client_id":"nightly"}' })
    })
  )
})
