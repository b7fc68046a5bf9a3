/** What the package says that it works with, held against what it does. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { Compatibility, Stromboli, System } from "effect-sandboxes/stromboli"
import clients from "../../interop/daytona-clients/package.json" with { type: "json" }
import packageJson from "../../package.json" with { type: "json" }
import { protocolVersion } from "../../src/services/daytona/DaytonaClient.js"

const recorded = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")

describe("the record of compatibility", () => {
  it("names one version of Stromboli, as the upstream contract for SDKs has it", () => {
    expect(recorded("STROMBOLI_COMPAT")).toMatch(/^v\d+\.\d+\.\d+(-[a-z]+)?\n$/)
  })

  it("names the Stromboli that the code was written for, which is in the supported range", () => {
    const version = recorded("STROMBOLI_COMPAT").trim()
    expect(version).toBe(`v${Compatibility.apiVersion}`)
    expect(Compatibility.check(version).status).toBe("compatible")
  })

  it.effect("names the Stromboli that the tests run against", () =>
    Effect.gen(function* () {
      const { version } = yield* Effect.flatMap(System, (system) => system.health)
      expect(version).toBe(recorded("STROMBOLI_COMPAT").trim())
    }).pipe(
      Effect.provide(
        Stromboli.layer({ baseUrl: "http://stromboli.test" }).pipe(
          Layer.provide(EmbeddedStromboli.layerHttpClient()),
          Layer.provide(Claude.layerDemo())
        )
      )
    )
  )

  it("names the official clients of Daytona that the embedded server is tried with, one a line", () => {
    const [, python] = /^daytona==(\S+)\n$/.exec(recorded("interop/daytona-clients/requirements.txt")) ?? []
    const ofNpm = Object.entries(clients.dependencies).map(([name, version]) => `npm ${name} ${version}`)
    expect(recorded("DAYTONA_COMPAT")).toBe([`PyPI daytona ${python}`, ...ofNpm, ""].join("\n"))
    expect(
      [python, ...Object.values(clients.dependencies)].every((version) => /^\d+\.\d+\.\d+$/.test(`${version}`))
    ).toBe(true)
  })

  it("names the official client of Daytona whose protocol is spoken", () => {
    expect(recorded("DAYTONA_COMPAT")).toContain(`npm @daytonaio/sdk ${protocolVersion}\n`)
  })

  it("is in the package", () => {
    expect(packageJson.files).toEqual(expect.arrayContaining(["STROMBOLI_COMPAT", "DAYTONA_COMPAT"]))
  })
})
