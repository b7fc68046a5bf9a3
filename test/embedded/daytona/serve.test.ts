import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EmbeddedDaytona } from "../../../src/embedded/daytona/index.js"
import { at } from "./support.js"

describe("the server on a port", () => {
  it.live("serves any client, and uses its own address in URLs", () =>
    Effect.gen(function* () {
      const server = yield* EmbeddedDaytona
      const url = Option.getOrElse(server.url, () => "nowhere")
      const created = yield* Effect.flatMap(HttpClient.post(`${url}/api/sandbox`), ({ json }) => json)
      expect(at(created, "toolboxProxyUrl")).toBe(`${url}/proxy/toolbox`)
      const preview = yield* Effect.flatMap(
        HttpClient.get(`${url}/api/sandbox/${at(created, "id")}/ports/80/preview-url`),
        ({ json }) => json
      )
      const { host, protocol } = new URL(url)
      expect(at(preview, "url")).toBe(
        `${protocol}//80-${at(created, "id")}.${host.replace(/^.*:/, "proxy.localhost:")}`
      )
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: 0 })), Effect.provide(FetchHttpClient.layer))
  )
})
