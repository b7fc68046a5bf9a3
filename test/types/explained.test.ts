/** What the compiler refuses, and that it says why in words. */
import { describe, expect, it } from "@effect/vitest"
import { beforeAll } from "vitest"
import { root } from "../../tools/manifest.js"
import { problemsOf } from "../support/compiler.js"

const programs = {
  both: `sandboxes.create({ image: "python:3.12", snapshot: "mine" })`,
  bothOnce: `sandboxes.getOrCreate({ key: "a", image: "python:3.12", snapshot: "mine" })`,
  keyAndName: `sandboxes.getOrCreate({ key: "a", name: SandboxName.make("b") })`,
  nameAndKey: `sandboxes.create({ key: "a", name: SandboxName.make("b") })`,
  bothNamed: `sandboxes.scoped({ name: SandboxName.make("b"), image: "python:3.12", snapshot: "mine" })`,
  named: `sandboxes.create({ name: SandboxName.make("b"), image: "python:3.12" })`,
  autoStop: "sandboxes.create({ autoStop: 30 })",
  autoDelete: "sandboxes.create({ autoDelete: 30 })",
  noInterval: "sandboxes.create({ autoStop: 0 })",
  ttl: "sandboxes.create({ ttl: 60 })",
  wantedFor: "sandboxes.create({ wantedFor: 60 })",
  expiresIn: `sandboxes.signedPreviewUrl(SandboxName.make("b"), 3000, { expiresIn: 60 })`,
  timeToLive: "SandboxPool.make({ maximum: 2, timeToLive: 30 })",
  unusedFor: "reaper.run({ unusedFor: 60 })",
  timeout: `execution.run({ prompt: "hi", podman: { timeout: 60 } })`,
  idleTimeout: "agents.create({ idleTimeout: 30 })",
  withUnits: `sandboxes.create({
    autoStop: "30 minutes",
    autoDelete: "on-stop",
    ttl: Duration.hours(1),
    wantedFor: "1 day",
    image: "python:3.12"
  })`,
  nothing: "reaper.run({ grace: 0 })",
  keyed: `sandboxes.getOrCreate({ key: "a", snapshot: "mine" })`
}

const source = `
import * as Duration from "effect/Duration"
import type { Reaper, Sandboxes } from "${root}src/daytona.js"
import { SandboxName, SandboxPool } from "${root}src/daytona.js"
import type { Agents, Execution } from "${root}src/stromboli.js"
declare const sandboxes: Sandboxes.Service
declare const reaper: Reaper.Service
declare const execution: Execution.Service
declare const agents: Agents.Service
const times = [Duration.zero, SandboxName, SandboxPool]
${Object.entries(programs)
  .map(([name, text]) => `export const ${name} = ${text.replaceAll(/\s+/g, " ")}`)
  .join("\n")}
export { times }
`

/** What the compiler says about each program. */
const compiled = async (): Promise<ReadonlyMap<string, string>> => {
  const lines = source.split("\n")
  const [problems = []] = await problemsOf([source])
  return new Map(
    problems.map(({ line, message }) => {
      const text = lines[line] ?? ""
      return [/const (\w+)/.exec(text)?.[1] ?? text, message]
    })
  )
}

describe("the compiler", () => {
  let said: ReadonlyMap<string, string>
  beforeAll(async () => {
    said = await compiled()
  })

  it.each(["both", "bothOnce", "bothNamed"])("says that an image and a snapshot exclude each other: %s", (name) => {
    expect(said.get(name)).toContain("use either `image` or `snapshot`, not both")
  })

  it("says that a key becomes the name", () => {
    expect(said.get("nameAndKey")).toContain("leave out `name`: the key becomes the name")
    expect(said.get("keyAndName")).toContain("leave out `name`: the key becomes the name")
  })

  it.each([
    "autoStop",
    "autoDelete",
    "noInterval",
    "ttl",
    "wantedFor",
    "expiresIn",
    "timeToLive",
    "unusedFor",
    "timeout",
    "idleTimeout"
  ])("refuses a number where milliseconds would be absurd: %s", (name) => {
    expect(said.get(name)).toMatch(/(?:number|0|30|60)' is not assignable to type/)
  })

  it.each(["withUnits", "nothing", "keyed", "named"])("accepts durations with units, and zero: %s", (name) => {
    expect(said.get(name)).toBeUndefined()
  })
})
