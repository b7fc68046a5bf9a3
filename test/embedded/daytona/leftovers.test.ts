/** What is left of sandboxes when the process that embeds the server ends without closing it: nothing. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as guard from "../../../src/embedded/daytona/runtime/guard.js"
import { program } from "../../support/programs.js"
import { directory } from "./toolbox/machineSupport.js"

const embedding = program("test/embedded/daytona/embedding.ts")
const commandLine = program("src/cli/main.ts")

/** A program and the first line that it prints. */
const start = (program: Effect.Effect<string>, ...args: ReadonlyArray<string>) => startIn({}, program, ...args)

const startIn = (
  variables: Readonly<Record<string, string>>,
  program: Effect.Effect<string>,
  ...args: ReadonlyArray<string>
) =>
  Effect.acquireRelease(
    Effect.flatMap(program, (file) =>
      Effect.async<{ readonly child: ChildProcess; readonly line: string }>((resume) => {
        const env = { ...process.env, ...variables }
        const child = spawn(process.execPath, [file, ...args], { env, stdio: ["ignore", "pipe", "ignore"] })
        createInterface(child.stdout).once("line", (line) => resume(Effect.succeed({ child, line })))
      })
    ),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const isRunning = async (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, "latin1").then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false
  )

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = (isSo: () => Promise<boolean>) =>
  Effect.repeat(Effect.promise(isSo), { until: (so) => so, schedule: Schedule.spaced("20 millis") })

const isEmpty = async (path: string) => (await readdir(path)).length === 0

/** Lives on in its own process group, like a guard, when its starter is gone. */
const guardsOf = async (pid: number | undefined): Promise<ReadonlyArray<number>> => {
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name))
  const own = await Promise.all(
    all.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, "latin1").catch(() => "")
      return command.includes("daytona-sandbox-guard") && command.includes(`\0${pid} `)
    })
  )
  return all.filter((_, index) => own[index]).map(Number)
}

const limit = 60_000

describe.runIf(existsSync("/proc/self/stat"))("a program that embeds a server leaves nothing behind", () => {
  it.scopedLive.each(["exit", "throw", "SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const)(
    "when it ends by %s",
    (way) =>
      Effect.gen(function* () {
        const parent = yield* directory
        const { child, line } = yield* start(embedding, parent, way)
        const pid = Number(line)
        expect(pid).toBeGreaterThan(0)
        if (way.startsWith("SIG")) {
          expect([yield* Effect.promise(() => isRunning(pid)), yield* Effect.promise(() => isEmpty(parent))]).toEqual([
            true,
            false
          ])
          process.kill(child.pid ?? 0, way)
        }
        yield* eventually(async () => !(await isRunning(pid)))
        yield* eventually(() => isEmpty(parent))
        yield* eventually(async () => (await guardsOf(child.pid)).length === 0)
      }),
    limit
  )

  it.scopedLive.each(["SIGHUP", "SIGTERM", "SIGKILL"] as const)(
    "when it is serve:daytona and gets %s",
    (signal) =>
      Effect.gen(function* () {
        const parent = yield* directory
        const state = yield* directory
        const flags = ["--port", "0", "--instant", "--sandbox-directory", parent]
        const { child, line } = yield* startIn({ XDG_STATE_HOME: state }, commandLine, "serve", "daytona", ...flags)
        const pid = yield* Effect.promise(async () => {
          const url = line.slice("listening ".length)
          const post = async (path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> => {
            const headers = { "content-type": "application/json" }
            const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })
            return response.json()
          }
          const { id, toolboxProxyUrl } = await post(`${url}/api/sandbox`, {})
          const command = "sleep 1000 > /dev/null 2>&1 & echo $!"
          return Number((await post(`${toolboxProxyUrl}/${id}/process/execute`, { command }))["result"])
        })
        expect(yield* Effect.promise(() => isRunning(pid))).toBe(true)
        child.kill(signal)
        yield* eventually(async () => !(await isRunning(pid)))
        yield* eventually(() => isEmpty(parent))
      }),
    limit
  )

  it.scopedLive(
    "nor when the one that waits for its end is killed with it: the next one finds it",
    () =>
      Effect.gen(function* () {
        const parent = yield* directory
        const first = yield* start(embedding, parent, "wait")
        for (const id of yield* Effect.promise(() => guardsOf(first.child.pid))) process.kill(id, "SIGKILL")
        first.child.kill("SIGKILL")
        yield* eventually(async () => !(await isRunning(first.child.pid ?? 0)))
        const left = yield* Effect.promise(() => readdir(parent))
        expect(left.length).toBe(2)
        const second = yield* start(embedding, parent, "wait")
        yield* eventually(async () => !(await isRunning(Number(first.line))))
        yield* eventually(async () => (await readdir(parent)).every((name) => !left.includes(name)))
        expect(yield* Effect.promise(() => isRunning(Number(second.line)))).toBe(true)
        expect((yield* Effect.promise(() => readdir(parent))).length).toBe(2)
      }),
    limit
  )
})

describe("a directory", () => {
  it.scopedLive(
    "is not removed if its owner runs, if it has no owner, or if another computer or anyone else may own it",
    () =>
      Effect.gen(function* () {
        const parent = yield* directory
        const ended = `${process.pid} 1`
        const [place = "", own = ""] = guard.lock("x").split("\n")
        const locks: Readonly<Record<string, string | undefined>> = {
          running: `${place}\n${own}\na\n`,
          none: undefined,
          empty: "",
          elsewhere: `another pid:[1]\n${ended}\nb\n`,
          odd: `${place}\n${ended}\n.*\n`,
          left: `${place}\n${ended}\nc\n`
        }
        yield* Effect.promise(async () => {
          for (const [name, lock] of Object.entries(locks)) {
            const path = join(parent, `${guard.prefix}${name}`)
            await mkdir(path)
            if (lock !== undefined) await writeFile(guard.lockOf(path), lock)
          }
        })
        guard.watch(parent)
        const exists = (name: string) => existsSync(join(parent, `${guard.prefix}${name}`))
        yield* eventually(async () => !exists("left") && !exists("left.lock"))
        expect(Object.keys(locks).filter(exists)).toEqual(["running", "none", "empty", "elsewhere", "odd"])
      }),
    limit
  )
})
