/** `doctor`. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clockCheck, skew } from "../../../src/cli/doctor/clock.js"
import { cli, home, run, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"

interface Found {
  readonly name: string
  readonly status: string
  readonly detail: string
}

const statuses = (stdout: string): Readonly<Record<string, string>> => {
  const checks: ReadonlyArray<Found> = JSON.parse(stdout)
  return Object.fromEntries(checks.map(({ name, status }) => [name, status]))
}

describe("doctor", () => {
  it.scopedLive("shows that all is well", () =>
    Effect.gen(function* () {
      const { url, variables } = yield* stromboli()
      const { code, stderr, stdout } = yield* cli(["doctor"], { variables })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toContain(`Stromboli\n  ✓ address      ${url} (from the environment)\n`)
      expect(stdout).toMatch(/✓ version +v0\.5\.7-alpha/)
      expect(stdout).toMatch(/✓ clock +agrees with this machine/)
    })
  )

  it.scopedLive("exits with 4 for credentials that are not accepted", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ auth: { tokens: ["right"] } })
      const wrong = yield* cli(["doctor", "--json"], { variables: { ...variables, STROMBOLI_TOKEN: "wrong" } })
      expect(wrong.code).toBe(4)
      expect(statuses(wrong.stdout)).toMatchObject({ address: "ok", health: "ok", credentials: "failed" })
      const right = yield* cli(["doctor", "--json"], { variables: { ...variables, STROMBOLI_TOKEN: "right" } })
      expect(right.code).toBe(0)
      expect(statuses(right.stdout)).toMatchObject({ credentials: "ok", agents: "ok" })
    })
  )

  it.scopedLive("shows what an older server cannot do, and refuses one that is too new", () =>
    Effect.gen(function* () {
      const old = yield* stromboli({ api: "0.4" })
      const limited = yield* cli(["doctor", "--json"], { variables: old.variables })
      expect(limited.code).toBe(0)
      expect(statuses(limited.stdout)).toMatchObject({ version: "ok", agents: "limited" })
      const next = yield* stromboli({ version: "v0.9.0" })
      const refused = yield* cli(["doctor", "--json"], { variables: next.variables })
      expect(refused.code).toBe(1)
      expect(statuses(refused.stdout)).toMatchObject({ version: "failed" })
    })
  )

  it.live("exits with 5 for a server that cannot be reached", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* cli(["doctor"], { variables: { STROMBOLI_URL: "http://127.0.0.1:1" } })
      expect(code).toBe(5)
      expect(stdout).toMatch(/✗ health +GET \/health .*ECONNREFUSED/)
    })
  )

  it.live("checks the servers of one command with --embedded, if none is kept", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* cli(["doctor", "--embedded"])
      expect(code).toBe(0)
      for (const system of ["Stromboli", "Daytona"]) {
        expect(stdout).toMatch(new RegExp(`^${system}\n {2}✓ address +in this process`, "m"))
      }
      expect(stdout).not.toMatch(/[✗!]/)
      const without = yield* cli(["doctor"])
      expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining("No server is configured") })
    })
  )

  it.scopedLive("checks a Daytona as well, and both that --embedded finds", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const { prints } = yield* start(["serve", "daytona", "--port", "0", "--instant"], { home: directory })
      yield* prints("listening")
      const { code, stdout } = yield* run(["doctor", "--embedded"], { home: directory })
      expect(code).toBe(0)
      expect(stdout).toMatch(/^Daytona\n {2}✓ address +http:\/\/127\.0\.0\.1:\d+\/api \(from serve\)\n/)
      expect(stdout).toMatch(/✓ credentials +accepted; no sandboxes/)
      expect(stdout).toMatch(/✓ regions +\S/)
      const wrong = { DAYTONA_API_KEY: "wrong", DAYTONA_API_URL: "http://127.0.0.1:1" }
      expect((yield* cli(["doctor"], { variables: wrong })).code).toBe(5)
    })
  )

  it.live("knows how far clocks are apart", () =>
    Effect.gen(function* () {
      const at = (date: string | undefined) =>
        Effect.provideService(
          skew("http://server.test"),
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(
              HttpClientResponse.fromWeb(request, new Response("", date === undefined ? {} : { headers: { date } }))
            )
          )
        )
      const now = Date.now()
      const utc = (milliseconds: number) => new Date(now + milliseconds).toUTCString()
      expect(yield* at(utc(0))).toBe(0)
      expect(yield* at(undefined)).toBeUndefined()
      const ahead = yield* at(utc(3_600_000))
      expect(clockCheck("stromboli", ahead)).toMatchObject({
        status: "limited",
        detail: expect.stringMatching(/(1h|59m.*) ahead/)
      })
      const behind = yield* at(utc(-3_600_000))
      expect(clockCheck("stromboli", behind)).toMatchObject({
        status: "limited",
        detail: expect.stringContaining("behind")
      })
    })
  )

  it.live("exits with 2 when no server is configured", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["doctor"])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toMatch(/^error: No server is configured\. Set STROMBOLI_URL or DAYTONA_API_KEY/)
    })
  )
})
