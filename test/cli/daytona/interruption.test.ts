/** Ctrl-C and other ends of long commands in sandboxes: what they started is gone, or they say what is not. */
import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type EmbeddedDaytonaService, Fault } from "../../../src/embedded/daytona/index.js"
import { turn, until } from "../../support/until.js"
import { cli, home, run, start } from "../support/program.js"
import { daytona, daytonaWithBox } from "../support/servers.js"

/** Waits until the server has been sent a request whose path ends so. */
const requested = ({ requests }: EmbeddedDaytonaService, end: string, times = 1) =>
  Effect.repeat(Effect.zipRight(turn, requests), {
    until: (all) => all.filter(({ path }) => path.endsWith(end)).length >= times
  })

const gone = (pid: number) => until(() => !existsSync(`/proc/${pid}`))

const pidIn = (text: string) => Number(/pid (\d+)/.exec(text)?.[1])

const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 143]
] as const

describe("an interruption", () => {
  it.scopedLive.each(signals)(
    "%j of an upload leaves no part of a file, and --resume skips what is there",
    ([signal, code]) =>
      Effect.gen(function* () {
        const { box, server, variables } = yield* daytonaWithBox()
        const directory = yield* home
        const names = ["a.txt", "b.txt", "c.txt"]
        yield* Effect.promise(() => mkdir(join(directory, "app")))
        yield* Effect.forEach(names, (name) => Effect.promise(() => writeFile(join(directory, "app", name), name)))
        yield* box.files.createFolder("app")
        yield* box.files.writeText("app/a.txt", "a.txt")
        yield* server.clearRequests
        yield* server.faults.inject({ path: "/files/bulk-upload", fault: Fault.hang, times: 10 })
        yield* server.faults.inject({ path: "/files/upload", fault: Fault.hang, times: 10 })
        const { child, ended } = yield* start(["cp", "--resume", "app", "box:"], { home: directory, variables })
        yield* requested(server, "upload", 2)
        child.kill(signal)
        expect(yield* ended).toEqual({
          code,
          stdout: "",
          stderr: "Interrupted: 0 of 2 files copied, and nothing of the others. To go on: add --resume\n"
        })
        expect((yield* box.files.list("app")).map(({ name }) => name)).toEqual(["a.txt"])
        yield* server.faults.clear
        const again = yield* run(["cp", "--resume", "app", "box:"], { home: directory, variables })
        expect(again.stderr).toBe("Copied 2 files, 10 B; 1 file were there already.\n")
        expect(yield* box.files.readText("app/c.txt")).toBe("c.txt")
      })
  )

  it.scopedLive("of logs -f ends the command line, and not the command", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const script = 'echo "pid $$"; while :; do sleep 0.1; done'
      const { stdout: id } = yield* cli(["exec", "box", "--detach", "--", "sh", "-c", script], { variables })
      const { child, ended, prints, stdout } = yield* start(["logs", "-f", "box", id.trim()], {
        home: yield* home,
        variables
      })
      yield* prints(/pid \d+\n/)
      child.kill("SIGINT")
      expect((yield* ended).code).toBe(130)
      expect(existsSync(`/proc/${pidIn(stdout())}`)).toBe(true)
      expect((yield* cli(["kill", "box", id.trim()], { variables })).code).toBe(0)
      yield* gone(pidIn(stdout()))
    })
  )

  it.scopedLive("of python kills the program, and what it has started", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const program = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(1000)"
      const { child, ended, prints, stdout } = yield* start(["python", "--new", "-c", program], {
        home: yield* home,
        variables
      })
      yield* prints(/pid \d+\n/)
      child.kill("SIGTERM")
      expect((yield* ended).code).toBe(143)
      yield* gone(pidIn(stdout()))
      yield* Effect.repeat(Effect.zipRight(turn, server.sandboxes), {
        until: (all) => all.every(({ state }) => state === "destroyed")
      })
    })
  )

  it.scopedLive("of git clone says that the sandbox goes on, since no server stops a clone", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytonaWithBox()
      yield* server.faults.inject({ path: "/git/clone", fault: Fault.hang })
      const { child, ended } = yield* start(["git", "clone", "box", "https://git.example/a/project.git"], {
        home: yield* home,
        variables
      })
      yield* requested(server, "/git/clone")
      child.kill("SIGINT")
      expect(yield* ended).toEqual({
        code: 130,
        stdout: "",
        stderr: "Interrupted: the sandbox goes on cloning into project.\n"
      })
    })
  )
})
