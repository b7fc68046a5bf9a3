import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { EmbeddedDaytona, emptyRuntime } from "../../../src/embedded/daytona/index.js"
import { parse } from "../../../src/embedded/daytona/serveArguments.js"
import { at, textAt } from "./support.js"
import { directory } from "./toolbox/machineSupport.js"
import { inMemory, sandbox } from "./toolbox/sandbox.js"

const program = fileURLToPath(new URL("../../../src/embedded/daytona/serve.ts", import.meta.url))

describe("the command line of the server", () => {
  it("has a default for everything", () => {
    expect(parse([])).toEqual(Either.right({ port: 18_586, generation: "current" }))
  })

  it("sets the server up", () => {
    const args = "--port 0 --generation 0.190 --api-key a --api-key b --rate-limit 5 --version dev --instant".split(" ")
    expect(parse(args)).toMatchObject(
      Either.right({
        port: 0,
        generation: "0.190",
        version: "dev",
        durations: 0,
        auth: { apiKeys: ["a", "b"] },
        rateLimits: { "sandbox-create": { limit: 5, ttl: 60 } }
      })
    )
  })

  it.scopedLive("configures where sandboxes are, what they can access, and whether they have a desktop", () =>
    Effect.gen(function* () {
      const parent = yield* directory
      const options = Either.getOrElse(
        parse(["--sandbox-directory", parent, "--any-path", "--desktop", "--instant"]),
        () => ({})
      )
      const layer = inMemory(options === "help" ? {} : options)
      yield* Effect.gen(function* () {
        const box = yield* sandbox()
        const home = textAt((yield* box.get("/user-home-dir")).json, "dir")
        expect(home.startsWith(`${parent}/`)).toBe(true)
        expect((yield* box.get("/files/info", { path: "/" })).status).toBe(200)
        expect((yield* box.post("/computeruse/start")).status).toBe(200)
      }).pipe(Effect.provide(layer))
      expect(parse(["--no-sandboxes"])).toMatchObject(Either.right({ runtime: emptyRuntime }))
    })
  )

  it.each([
    [["--port", "x"], "--port"],
    [["--port"], "--port"],
    [["--generation", "1"], "--generation"],
    [["--host", "0.0.0.0"], "--host"],
    [["--api-key", ""], "--api-key"],
    [["--client-jwt-secret", "short"], "--client-jwt-secret"],
    [["--rate-limit", "0"], "--rate-limit"],
    [["--sandbox-directory", ""], "--sandbox-directory"],
    [["--unknown"], "--unknown"]
  ])("answers %j with one line that names %s", (args, flag) => {
    const problem = Either.getOrElse(Either.flip(parse(args)), () => "no problem")
    expect(problem).toContain(flag)
    expect(problem).not.toContain("\n")
  })
})

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

  it.live(
    "prints its address first and exits cleanly on SIGTERM",
    () =>
      Effect.gen(function* () {
        const args = ["--import", "tsx", program, "--port", "0", "--api-key", "K"]
        const child = spawn(process.execPath, args, { stdio: "pipe" })
        const line = yield* Effect.async<string>((resume) => {
          createInterface(child.stdout).once("line", (first) => resume(Effect.succeed(first)))
        })
        expect(line).toMatch(/^listening http:\/\/127\.0\.0\.1:\d+$/)
        const refused = yield* Effect.promise(() => fetch(`${line.slice("listening ".length)}/api/sandbox`))
        expect(refused.status).toBe(401)
        const exitCode = yield* Effect.async<number | null>((resume) => {
          child.once("exit", (code) => resume(Effect.succeed(code)))
          child.kill("SIGTERM")
        })
        expect(exitCode).toBe(0)
      }),
    30_000
  )
})
