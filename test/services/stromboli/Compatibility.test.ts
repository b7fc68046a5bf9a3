/** Whether this SDK supports the version of a server. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Fault, type Options } from "../../../src/embedded/stromboli/index.js"
import * as Compatibility from "../../../src/services/stromboli/Compatibility.js"
import { Jobs } from "../../../src/services/stromboli/Jobs.js"
import { layerCompatible } from "../../../src/services/stromboli/Stromboli.js"
import { inject, lines, server, services } from "../../support/embedded.js"

// Executed with node-semver 7.8.6: the range of this SDK, pre-releases compared like any other version.
const vectors = [
  ["0.4.0-alpha", "compatible"],
  ["v0.4.0-alpha", "compatible"],
  ["0.4.0", "compatible"],
  ["0.4.1", "compatible"],
  ["0.4.1-beta", "compatible"],
  ["0.4.0-0", "incompatible"],
  ["0.3.9", "incompatible"],
  ["0.3.2-alpha", "incompatible"],
  ["0.5.0-alpha", "compatible"],
  ["0.5.0", "compatible"],
  ["0.5.7-alpha", "compatible"],
  ["v0.5.7-alpha", "compatible"],
  ["0.6.0-alpha", "incompatible"],
  ["1.0.0", "incompatible"],
  ["0.4", "unknown"],
  ["0.4.0-alpha+build.5", "compatible"],
  ["v0.5.7-alpha-3-gabc1234", "compatible"],
  ["dev", "unknown"],
  ["", "unknown"],
  ["latest", "unknown"],
  [" 0.4.0 ", "compatible"],
  ["0.4.0-ALPHA", "incompatible"],
  ["V0.4.0", "unknown"]
] as const

const logged = <A, E, R>(program: Effect.Effect<A, E, R>) => {
  const messages: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => messages.push(`${logLevel.label} ${message}`))
  return Effect.map(Effect.exit(Effect.provide(program, Logger.replace(Logger.defaultLogger, logger))), (exit) => ({
    exit,
    messages
  }))
}

describe("the version of a server", () => {
  it("is compared with a range of pre-releases, since there are no other releases", () => {
    expect(Compatibility.supportedRange).toBe(">=0.4.0-alpha <0.6.0-0")
    expect(Compatibility.check(Compatibility.apiVersion).status).toBe("compatible")
  })

  for (const [version, status] of vectors) {
    it(`${JSON.stringify(version)} is ${status}`, () => {
      const result = Compatibility.check(version)
      expect(result).toMatchObject({ status, serverVersion: version })
      expect(result.message).toContain(Compatibility.supportedRange)
      expect(result.message).toContain(version)
      expect(Compatibility.isCompatible(version)).toBe(status === "compatible")
    })
  }

  it("is unknown when it is a whole page, of which only a part is quoted", () => {
    const result = Compatibility.check("x".repeat(10_000))
    expect(result.status).toBe("unknown")
    expect(result.message.length).toBeLessThan(300)
  })
})

describe("requiring a compatible version", () => {
  it.effect("passes without a warning when it is compatible", () =>
    Effect.map(logged(Compatibility.require("v0.5.7-alpha")), ({ exit, messages }) => {
      expect(exit).toEqual(Exit.succeed(Compatibility.check("v0.5.7-alpha")))
      expect(messages).toEqual([])
    })
  )

  it.effect("passes with a warning when it is unknown, as in a build from source", () =>
    Effect.map(logged(Compatibility.require("dev")), ({ exit, messages }) => {
      expect(exit).toEqual(Exit.succeed(Compatibility.check("dev")))
      expect(messages).toEqual([expect.stringMatching(/^WARN.*"dev"/)])
    })
  )

  it.effect("fails with IncompatibleServer when it is not", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(Compatibility.require("0.6.0-alpha"))
      expect(failure).toMatchObject({
        _tag: "IncompatibleServer",
        code: "INCOMPATIBLE_SERVER",
        serverVersion: "0.6.0-alpha",
        supportedRange: ">=0.4.0-alpha <0.6.0-0"
      })
      expect(failure.message).toContain("0.6.0-alpha")
    })
  )
})

describe("requiring a compatible server", () => {
  const over = (options: Options = {}) => Effect.provide(services({ server: options, client: { retry: false } }))

  it.effect("requests its health and returns the result", () =>
    Effect.gen(function* () {
      expect(yield* Compatibility.requireServer).toMatchObject({ status: "compatible", serverVersion: "v0.4.3-alpha" })
      expect(yield* lines).toEqual(["GET /health"])
    }).pipe(over({ api: "0.4" }))
  )

  for (const version of ["v0.3.2-alpha", "v0.6.0-alpha"]) {
    it.effect(`fails with IncompatibleServer when it is ${version}`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(Compatibility.requireServer)).toMatchObject({
          _tag: "IncompatibleServer",
          serverVersion: version
        })
      }).pipe(over({ version }))
    )
  }

  it.effect("passes when the server reports no version", () =>
    Effect.gen(function* () {
      expect((yield* Compatibility.requireServer).status).toBe("unknown")
    }).pipe(over({ version: "" }))
  )

  it.effect("passes when the server is degraded", () =>
    Effect.gen(function* () {
      expect((yield* Compatibility.requireServer).status).toBe("compatible")
    }).pipe(over({ brokenComponents: { podman: "gone" } }))
  )

  it.effect("fails like the request when there is no server", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.refuseConnection })
      expect(yield* Effect.flip(Compatibility.requireServer)).toMatchObject({
        _tag: "TransportError",
        operation: "System.health",
        admitted: "no"
      })
    }).pipe(over())
  )
})

describe("a layer that requires a compatible server", () => {
  const build = (options: Options, baseUrl = "http://stromboli.test") =>
    Effect.flatMap(Jobs, (jobs) => jobs.list).pipe(
      Effect.zipRight(lines),
      Effect.provide(Layer.provideMerge(layerCompatible({ baseUrl, retry: false }), server({ server: options })))
    )

  it.effect("requests the version once, when it is built", () =>
    Effect.gen(function* () {
      expect(yield* build({})).toEqual(["GET /health", "GET /jobs"])
    })
  )

  it.effect("is not built for an incompatible server", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(build({ version: "v0.6.0-alpha" }))).toMatchObject({
        _tag: "IncompatibleServer",
        serverVersion: "v0.6.0-alpha"
      })
    })
  )

  it.effect("is not built with invalid options", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(build({}, "stromboli.test"))).toMatchObject({
        _tag: "InvalidRequest",
        field: "baseUrl"
      })
    })
  )
})
