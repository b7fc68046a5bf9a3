import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import semver from "semver"
import { Daytona, DaytonaClient, Regions, Sandboxes, SandboxId, VolumeId, Volumes } from "../../../src/daytona.js"
import { protocolVersion } from "../../../src/services/daytona/DaytonaClient.js"
import { daytonaOver } from "../../support/daytonaOver.js"
import * as Script from "../../support/scriptedServer.js"

const key = Redacted.make("dtn_key")
const jwt = Redacted.make("eyJ.jwt.token")

const listRegions = Effect.flatMap(Regions, (regions) => regions.list)

/** What one request looked like, with these options. */
const requestWith = (options: DaytonaClient.Options) => {
  const server = Script.scripted(Script.json([]))
  return listRegions.pipe(
    Effect.map(() => server.asked[0]),
    Effect.provide(Daytona.layer(options).pipe(Layer.provide(server.layer)))
  )
}

const refusalOf = (options: DaytonaClient.Options) =>
  Effect.flip(Layer.build(DaytonaClient.layer(options))).pipe(
    Effect.scoped,
    Effect.provide(Script.scripted("never").layer)
  )

describe("the client of Daytona", () => {
  it.effect("uses the cloud by default, with its own name and a version that the daemon understands", () =>
    Effect.map(requestWith({ apiKey: key }), (asked) => {
      expect(asked?.url).toBe("https://app.daytona.io/api/regions")
      expect(asked?.headers).toMatchObject({
        authorization: "Bearer dtn_key",
        "x-daytona-source": "effect-sandboxes",
        "x-daytona-sdk-version": protocolVersion
      })
      expect(asked?.headers["user-agent"]).toMatch(/^effect-sandboxes\/\d/)
      expect(semver.gte(protocolVersion, "0.167.0")).toBe(true)
    })
  )

  it.effect("sends the organization with a JWT", () =>
    Effect.map(requestWith({ jwtToken: jwt, organizationId: "org-1" }), (asked) => {
      expect(asked?.headers).toMatchObject({
        authorization: "Bearer eyJ.jwt.token",
        "x-daytona-organization-id": "org-1"
      })
    })
  )

  it.effect("prefers the key to the JWT, and then sends no organization", () =>
    Effect.map(requestWith({ apiKey: key, jwtToken: jwt, organizationId: "org-1" }), (asked) => {
      expect(asked?.headers["authorization"]).toBe("Bearer dtn_key")
      expect(asked?.headers).not.toHaveProperty("x-daytona-organization-id")
    })
  )

  it.effect("accepts an address with a trailing slash, and custom headers", () =>
    Effect.map(
      requestWith({ apiKey: key, apiUrl: "https://daytona.example/api/", userAgent: "app/1", headers: { via: "me" } }),
      (asked) => {
        expect(asked?.url).toBe("https://daytona.example/api/regions")
        expect(asked?.headers["via"]).toBe("me")
        expect(asked?.headers["user-agent"]).toMatch(/^app\/1 effect-sandboxes\//)
      }
    )
  )

  it.each<[string, DaytonaClient.Options, string]>([
    ["nothing to identify itself with", {}, "apiKey"],
    ["an empty key", { apiKey: Redacted.make("") }, "apiKey"],
    ["a key that cannot stand in a header", { apiKey: Redacted.make("a\nb") }, "apiKey"],
    ["a JWT without an organization", { jwtToken: jwt }, "organizationId"],
    ["a JWT with an empty organization", { jwtToken: jwt, organizationId: "" }, "organizationId"],
    ["an organization that cannot stand in a header", { jwtToken: jwt, organizationId: "a\r\nb" }, "organizationId"],
    ["an invalid address", { apiKey: key, apiUrl: "daytona" }, "apiUrl"],
    ["an address with a password in it", { apiKey: key, apiUrl: "https://a:b@daytona.example/api" }, "apiUrl"]
  ])("refuses %s", (_, options, field) =>
    Effect.runPromise(
      Effect.map(refusalOf(options), (failure) => {
        expect(failure).toMatchObject({ _tag: "InvalidRequest", field, system: "daytona" })
        expect(failure.message).not.toContain("dtn_key")
      })
    )
  )
})

/** What one request looked like, with this environment. */
const requestIn = (environment: Record<string, string>, config: Daytona.DaytonaConfig = {}) => {
  const server = Script.scripted(Script.json([]))
  return listRegions.pipe(
    Effect.map(() => server.asked[0]),
    Effect.provide(
      Daytona.layerConfig(config).pipe(
        Layer.provide(server.layer),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))
      )
    )
  )
}

describe("the configuration", () => {
  it.effect("is read from the environment", () =>
    Effect.map(
      requestIn({ DAYTONA_API_KEY: "from-env", DAYTONA_API_URL: "https://self.hosted/api", DAYTONA_TARGET: "eu" }),
      (asked) => {
        expect(asked?.url).toBe("https://self.hosted/api/regions")
        expect(asked?.headers["authorization"]).toBe("Bearer from-env")
      }
    )
  )

  it.effect("falls back to the deprecated name of the address, and treats empty variables as unset", () =>
    Effect.map(
      requestIn({
        DAYTONA_API_KEY: "",
        DAYTONA_JWT_TOKEN: "jwt",
        DAYTONA_ORGANIZATION_ID: "org",
        DAYTONA_API_URL: "",
        DAYTONA_SERVER_URL: "https://old.name/api"
      }),
      (asked) => {
        expect(asked?.url).toBe("https://old.name/api/regions")
        expect(asked?.headers["authorization"]).toBe("Bearer jwt")
      }
    )
  )

  it.effect("takes precedence over the environment, even for the other kind of credential", () =>
    Effect.map(
      requestIn(
        { DAYTONA_API_KEY: "from-env", DAYTONA_ORGANIZATION_ID: "org" },
        { jwtToken: Config.succeed(Redacted.make("given")) }
      ),
      (asked) => expect(asked?.headers["authorization"]).toBe("Bearer given")
    )
  )
})

describe("a host that the server names", () => {
  const askAt = (apiUrl: string, url: string, trustedHosts: ReadonlyArray<string> = []) => {
    const server = Script.scripted(Script.json([]))
    return Effect.gen(function* () {
      const client = yield* DaytonaClient
      yield* client.at(url, "Test.operation")
    }).pipe(
      Effect.either,
      Effect.provide(DaytonaClient.layer({ apiKey: key, apiUrl, trustedHosts }).pipe(Layer.provide(server.layer)))
    )
  }
  const cloud = "https://app.daytona.io/api"

  it.each<[string, string, string, ReadonlyArray<string>?]>([
    ["the server itself", cloud, "https://app.daytona.io/toolbox"],
    ["below the server", cloud, "https://proxy.app.daytona.io/sandboxes/x/build-logs"],
    ["another one of the cloud", cloud, "https://proxy.eu.daytona.io/x"],
    ["one that is named", cloud, "https://proxy.corp.example/x", ["proxy.corp.example"]],
    ["below one that is named", cloud, "https://a.b.corp.example/x", ["*.corp.example"]],
    ["another port of this machine", "http://localhost:3000/api", "http://proxy.localhost:4000/x"],
    ["another port of the server", "https://daytona.corp/api", "https://daytona.corp:8443/x"]
  ])("gets the credentials when it is %s", (_, apiUrl, url, trusted) =>
    Effect.runPromise(Effect.map(askAt(apiUrl, url, trusted), (result) => expect(result._tag).toBe("Right")))
  )

  it.each<[string, string, string, ReadonlyArray<string>?]>([
    ["another domain", cloud, "https://evil.example/x"],
    ["only similar", cloud, "https://notdaytona.io/x"],
    ["only similar to one that is named", cloud, "https://evilcorp.example/x", ["*.corp.example"]],
    ["without encryption", cloud, "http://proxy.app.daytona.io/x"],
    ["the cloud, for a server elsewhere", "https://daytona.corp/api", "https://proxy.app.daytona.io/x"],
    ["this machine, for a server elsewhere", "https://daytona.corp/api", "https://localhost/x"]
  ])("does not when it is %s", (_, apiUrl, url, trusted) =>
    Effect.runPromise(
      Effect.map(askAt(apiUrl, url, trusted), (result) =>
        expect(result).toMatchObject({ _tag: "Left", left: { _tag: "InvalidRequest", field: "trustedHosts" } })
      )
    )
  )
})

const get = Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.get(SandboxId.make("s-1")))
const stop = Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.stop(SandboxId.make("s-1"), { wait: false }))

const failureOf = <E>(answer: Script.Answer, program: Effect.Effect<unknown, E, Sandboxes | Volumes>) =>
  Effect.gen(function* () {
    const server = Script.scripted(answer)
    const fiber = yield* Effect.fork(Effect.flip(program).pipe(Effect.provide(daytonaOver(server.layer))))
    yield* TestClock.adjust("5 minutes")
    return { failure: yield* Fiber.join(fiber), asked: server.asked }
  })

describe("a failure of Daytona", () => {
  it.effect("has the server's message, code and source", () =>
    Effect.map(
      failureOf(
        Script.json(
          { statusCode: 404, message: "no such file", code: "FILE_NOT_FOUND", source: "DAYTONA_DAEMON" },
          404
        ),
        get
      ),
      ({ failure }) =>
        expect(failure).toMatchObject({
          _tag: "NotFound",
          system: "daytona",
          detail: "no such file",
          serverCode: "FILE_NOT_FOUND",
          serverSource: "DAYTONA_DAEMON"
        })
    )
  )

  it.effect("has all messages of a failed validation", () =>
    Effect.map(failureOf(Script.json({ message: ["a is wrong", "b too"] }, 400), get), ({ failure }) =>
      expect(failure).toMatchObject({ _tag: "BadRequest", detail: "a is wrong, b too" })
    )
  )

  it.effect("suggests checking the address when the route does not exist", () =>
    Effect.map(
      failureOf(Script.json({ message: "Cannot GET /api/sandbox/s-1", statusCode: 404 }, 404), get),
      ({ failure }) => {
        expect(failure._tag).toBe("UnexpectedStatus")
        expect(failure.message).toContain("`apiUrl`")
      }
    )
  )

  for (const [what, program] of [
    ["a request", get],
    ["a request without an answer to read", Effect.flatMap(Volumes, (volumes) => volumes.delete(VolumeId.make("v-1")))]
  ] as const) {
    it.effect(`recognises the dashboard, which responds to ${what} with a page and 200`, () =>
      Effect.map(
        failureOf(
          { status: 200, body: "<!doctype html><title>Daytona</title>", headers: { "content-type": "text/html" } },
          program
        ),
        ({ failure }) => {
          expect(failure._tag).toBe("InvalidResponse")
          expect(failure.message).toContain("`/api`")
        }
      )
    )
  }

  for (const words of ["Sandbox state change in progress", "Sandbox was modified by another operation"]) {
    it.effect(`that is transient (${words}) is retried, and is retryable`, () =>
      Effect.map(failureOf(Script.json({ message: words, statusCode: 409 }, 409), stop), ({ asked, failure }) => {
        expect(failure).toMatchObject({ _tag: "Conflict", retryable: true, admitted: "no", attempts: 3 })
        expect(asked).toHaveLength(3)
      })
    )
  }

  it.effect("that is another kind of conflict is not retried", () =>
    Effect.map(failureOf(Script.json({ message: "name taken", statusCode: 409 }, 409), stop), ({ asked, failure }) => {
      expect(failure).toMatchObject({ _tag: "Conflict", retryable: false })
      expect(asked).toHaveLength(1)
    })
  )

  it.effect("waits as long as the throttler demands", () =>
    Effect.gen(function* () {
      const server = Script.scripted(
        Script.json({ message: "ThrottlerException: Too Many Requests" }, 429, {
          "retry-after-sandbox-lifecycle": "20"
        }),
        Script.json({ message: "gone", statusCode: 404 }, 404)
      )
      const fiber = yield* Effect.fork(Effect.exit(stop).pipe(Effect.provide(daytonaOver(server.layer))))
      yield* TestClock.adjust("19 seconds")
      expect(server.asked).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      expect(Exit.isFailure(yield* Fiber.join(fiber))).toBe(true)
      expect(server.asked).toHaveLength(2)
    })
  )

  it.effect("never quotes a body that contains an environment", () =>
    Effect.map(
      failureOf(Script.json({ id: 7, env: { OPENAI_API_KEY: "sk-canary" }, name: "sk-canary" }), get),
      ({ failure }) => {
        expect(failure).toMatchObject({ _tag: "InvalidResponse", field: "id" })
        expect(JSON.stringify(failure)).not.toContain("sk-canary")
      }
    )
  )
})

/** Options as JavaScript passes them. */
const untyped = (options: Readonly<Record<string, unknown>>): object => options

describe("an option of the wrong kind", () => {
  const wrong: ReadonlyArray<readonly [field: string, value: unknown]> = [
    ["apiKey", "not redacted"],
    ["apiUrl", 3000],
    ["organizationId", {}],
    ["target", 1],
    ["userAgent", {}],
    ["timeout", "soon"],
    ["deadline", Number.NaN],
    ["idleTimeout", {}],
    ["retry", 3],
    ["maxResponseSize", "10 MiB"],
    ["transformClient", "no function"],
    ["trustedHosts", 1],
    ["headers", 1]
  ]
  it.effect.each(wrong)("is InvalidRequest: %s", ([field, value]) =>
    Effect.map(refusalOf({ apiKey: key, ...untyped({ [field]: value }) }), (failure) =>
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field })
    )
  )
})
