/** `snapshot`, `volume` and `reap`. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { buildSync } from "esbuild"
import { VolumeName, Volumes } from "../../../src/daytona.js"
import { Outcome } from "../../../src/embedded/daytona/index.js"
import { turn } from "../../support/until.js"
import { cli, home, run, start } from "../support/program.js"
import { ahead, daytona } from "../support/servers.js"

const names = ({ server }: Effect.Effect.Success<ReturnType<typeof daytona>>) =>
  Effect.map(server.snapshots, (found) => found.map(({ name }) => name))

const withFiles = (files: Readonly<Record<string, string>>) =>
  Effect.tap(home, (directory) =>
    Effect.promise(async () => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(join(directory, name, ".."), { recursive: true })
        await writeFile(join(directory, name), content)
      }
    })
  )

const dockerfile = "FROM python:3.12\nRUN pip install ruff\nCOPY app /app\n"

describe("snapshot", () => {
  it.scopedLive("builds from a Dockerfile, and shows the steps as they run", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      const directory = yield* withFiles({ Dockerfile: dockerfile, "app/a.txt": "a" })
      const options = { home: directory, variables: started.variables }
      const { code, stderr, stdout } = yield* run(["snapshot", "build", "tools:1", "--cpu", "2"], options)
      expect({ code, stdout }).toEqual({ code: 0, stdout: "tools:1\n" })
      expect(stderr).toMatch(
        /\n1\/3 FROM python:3\.12\n(.*\n)*2\/3 RUN pip install ruff\n(.*\n)*✓ tools:1 is ready\.\n$/
      )
      expect(yield* names(started)).toContain("tools:1")
      expect((yield* started.server.objects).length).toBe(1)
    })
  )

  it.scopedLive("builds what an image program exports, and prints the events with --json", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      // In a folder of its own, the library of the user's project is another copy than the one in the program.
      const bundle = join(import.meta.dirname, "../../../src/daytona.ts")
      const library = buildSync({ entryPoints: [bundle], bundle: true, platform: "node", format: "esm", write: false })
      const program =
        'import { Image } from "./library.mjs"\nexport default Image.base("node:22").pipe(Image.run("npm init -y"))\n'
      const directory = yield* withFiles({
        "image.mjs": program,
        "library.mjs": `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)\n${library.outputFiles[0]?.text}`
      })
      const { code, stderr, stdout } = yield* run(["snapshot", "build", "js:1", "--program", "image.mjs", "--json"], {
        home: directory,
        variables: started.variables
      })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(events[0]).toMatchObject({ _tag: "Created", snapshot: { name: "js:1" } })
      expect(events.some(({ _tag, line }) => _tag === "Log" && line.includes("RUN npm init -y"))).toBe(true)
      expect(events.at(-1)).toMatchObject({ _tag: "Active", snapshot: { name: "js:1", state: "active" } })
    })
  )

  it.scopedLive("says why a build has failed, after its log", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      yield* started.server.outcomes.inject({
        during: "buildSnapshot",
        outcome: Outcome.fail("exit code 1 of RUN make")
      })
      const directory = yield* withFiles({ Dockerfile: "FROM python:3.12\nRUN make\n" })
      const { code, stderr, stdout } = yield* run(["snapshot", "build", "broken"], {
        home: directory,
        variables: started.variables
      })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
      expect(stderr).toMatch(/error: .*exit code 1 of RUN make/)
    })
  )

  it.scopedLive("deletes the snapshot when the build is interrupted, and says so", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      yield* started.server.outcomes.inject({ during: "buildSnapshot", outcome: Outcome.takes("1 hour") })
      const directory = yield* withFiles({ Dockerfile: "FROM python:3.12\nRUN make\n" })
      const { child, ended, notes } = yield* start(["snapshot", "build", "slow"], {
        home: directory,
        variables: started.variables
      })
      yield* notes("The snapshot is ")
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/\nInterrupted: deleted the snapshot slow\.\n$/)
      yield* Effect.repeat(Effect.zipRight(turn, names(started)), { until: (left) => !left.includes("slow") })
    })
  )

  it.scopedLive.each([
    [["--program", "none.mjs"], "none.mjs"],
    [["--program", "other.mjs"], "default export of other.mjs"],
    [["--program", "other.mjs", "--dockerfile", "x"], "either --program"],
    [["--dockerfile", "none"], "none"]
  ] as const)("answers %j with exit code 2, before anything is sent", ([[...args], named]) =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const directory = yield* withFiles({ "other.mjs": "export default 42" })
      const { code, stderr } = yield* run(["snapshot", "build", "x", ...args], { home: directory, variables })
      expect(code).toBe(2)
      expect(stderr).toContain(named)
      expect((yield* server.requests).filter(({ method }) => method === "POST")).toEqual([])
    })
  )

  it.scopedLive("are listed, and deleted with a yes", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      const { variables } = started
      const directory = yield* withFiles({ Dockerfile: "FROM python:3.12\n" })
      yield* run(["snapshot", "build", "mine"], { home: directory, variables })
      const { stdout } = yield* cli(["snapshot", "ls"], { variables })
      expect(stdout).toMatch(/^NAME +STATE +IMAGE +SANDBOXES +SIZE +CREATED\nmine +active /)
      expect((yield* cli(["snapshot", "rm", "mine"], { variables })).code).toBe(2)
      expect(yield* names(started)).toContain("mine")
      expect(yield* cli(["snapshot", "rm", "mine", "-y"], { variables })).toMatchObject({ code: 0, stdout: "mine\n" })
    })
  )
})

describe("volume", () => {
  it.scopedLive("are listed, and deleted with a yes", () =>
    Effect.gen(function* () {
      const { server, services, variables } = yield* daytona()
      yield* Effect.provide(
        Effect.flatMap(Volumes, (volumes) =>
          Effect.flatMap(volumes.create(VolumeName.make("data")), ({ id }) => volumes.awaitReady(id))
        ),
        services
      )
      expect((yield* cli(["volume", "ls"], { variables })).stdout).toMatch(
        /^NAME +STATE +USED +CREATED +ID\ndata +ready /
      )
      const refused = yield* cli(["volume", "rm", "data"], { variables })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain("Delete data, with all that is stored?")
      expect(yield* cli(["volume", "rm", "data", "--yes"], { variables })).toMatchObject({ code: 0, stdout: "data\n" })
      expect((yield* server.volumes).map(({ state }) => state)).not.toContain("ready")
    })
  )
})

describe("reap", () => {
  it.scopedLive("shows what is due with --dry-run, and removes it with a yes: of one application only", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const create = (name: string, application: string) =>
        cli(["sandbox", "create", name, "--application", application], { variables })
      yield* create("ours", "shop")
      yield* create("theirs", "other")
      const states = Effect.map(server.sandboxes, (all) =>
        Object.fromEntries(all.map(({ name, state }) => [name, state]))
      )
      const nothing = yield* cli(["reap", "--application", "shop", "--dry-run"], { variables })
      expect(nothing).toMatchObject({ code: 0, stdout: "Nothing of shop is due; looked at 1 sandbox.\n" })
      expect((yield* cli(["reap", "--dry-run"], { variables })).code).toBe(2)
      const early = yield* cli(["reap", "--application", "shop", "--unused-for", "1s"], { variables })
      expect(early.code).toBe(2)
      expect(early.stderr).toContain("unusedFor")
      expect(yield* states).toEqual({ ours: "started", theirs: "started" })
    })
  )

  it.scopedLive("removes what is due with a yes, and reports each", () =>
    Effect.gen(function* () {
      const { clock, pass } = yield* ahead
      const { server, variables } = yield* Effect.withClock(daytona(), clock)
      yield* cli(["sandbox", "create", "ours", "--application", "shop"], { variables })
      yield* cli(["sandbox", "create", "theirs", "--application", "other"], { variables })
      pass(86_400_000)
      const args = ["reap", "--application", "shop", "--unused-for", "1h"]
      const planned = yield* cli([...args, "--dry-run"], { variables })
      expect(planned.stdout).toMatch(/^KIND +NAME +WHY +OUTCOME\nsandbox +ours +last used .* +planned\n$/)
      const refused = yield* cli(args, { variables })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain("Remove sandbox ours? There is no terminal to ask on")
      const reaped = yield* cli([...args, "--yes", "--json"], { variables })
      expect(JSON.parse(reaped.stdout)).toMatchObject({ removals: [{ name: "ours", outcome: "removed" }] })
      const states = (yield* server.sandboxes).map(({ name, state }) => [name.replace(/^DESTROYED_|_\d+$/g, ""), state])
      expect(Object.fromEntries(states)["theirs"]).not.toBe("destroyed")
    })
  )
})
