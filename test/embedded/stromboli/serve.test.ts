import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { parse } from "../../../src/embedded/stromboli/serveArguments.js"

const program = fileURLToPath(new URL("../../../src/embedded/stromboli/serve.ts", import.meta.url))

describe("the command line of the server", () => {
  it("has a default for everything", () => {
    expect(parse([])).toEqual(Either.right({ port: 8585, api: "0.5" }))
  })

  it("sets the server up", () => {
    const args = "--port 0 --api 0.4 --token a --token b --rate-limit 5 --webhook-secret s --version dev".split(" ")
    expect(parse(args)).toEqual(
      Either.right({
        port: 0,
        api: "0.4",
        version: "dev",
        auth: { required: true, tokens: ["a", "b"] },
        rateLimit: { perSecond: 5, burst: 10 },
        webhookSecret: "s"
      })
    )
  })

  it.each([
    [["--port", "x"], "--port"],
    [["--port", "70000"], "--port"],
    [["--port"], "--port"],
    [["--api", "1"], "--api"],
    [["--host", "0.0.0.0"], "--host"],
    [["--client-jwt-secret", "short"], "--client-jwt-secret"],
    [["--rate-limit", "0"], "--rate-limit"],
    [["--token", ""], "--token"],
    [["--unknown"], "--unknown"]
  ])("answers %j with one line that names %s", (args, flag) => {
    const problem = Either.getOrElse(Either.flip(parse(args)), () => "no problem")
    expect(problem).toContain(flag)
    expect(problem).not.toContain("\n")
  })
})

describe("the server as a program", () => {
  it.live(
    "prints its address first, responds, and exits cleanly on SIGTERM",
    () =>
      Effect.gen(function* () {
        const child = spawn(process.execPath, ["--import", "tsx", program, "--port", "0"], { stdio: "pipe" })
        const line = yield* Effect.async<string>((resume) => {
          createInterface(child.stdout).once("line", (first) => resume(Effect.succeed(first)))
        })
        expect(line).toMatch(/^listening http:\/\/127\.0\.0\.1:\d+$/)
        const health = yield* Effect.promise(() => fetch(`${line.slice("listening ".length)}/health`))
        expect(health.status).toBe(200)
        const exitCode = yield* Effect.async<number | null>((resume) => {
          child.once("exit", (code) => resume(Effect.succeed(code)))
          child.kill("SIGTERM")
        })
        expect(exitCode).toBe(0)
      }),
    30_000
  )
})
