/** `exec`, `kill` and `logs`. */
import { createHash } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type EmbeddedDaytonaService, Fault } from "../../../src/embedded/daytona/index.js"
import { turn, until } from "../../support/until.js"
import { cli, home, start, type Variables } from "../support/program.js"
import { daytona, daytonaWithBox } from "../support/servers.js"
import { controlC, controlD, enter, open } from "../support/terminal.js"

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`)

/** Waits until the only sandbox is gone: the server goes on after it has accepted the deletion. */
const destroyed = ({ sandboxes }: EmbeddedDaytonaService) =>
  Effect.repeat(Effect.zipRight(turn, sandboxes), {
    until: (all) => all.length === 1 && all.every(({ state }) => state === "destroyed")
  })

/** What a command leaves in the temporary directory while it runs. */
const records = () => readdirSync("/tmp").filter((name) => name.startsWith("effect-sandboxes-exec-"))

const started = (args: ReadonlyArray<string>, variables: Variables) =>
  Effect.flatMap(home, (directory) => start(["exec", ...args], { home: directory, variables }))

/** A command that prints its process id first. */
const announcing = (script: string) => ["--", "sh", "-c", `echo "pid $$"; ${script}`]

const pidOf = (stdout: string): number => Number(/pid (\d+)/.exec(stdout)?.[1])

describe("exec", () => {
  it.scopedLive("keeps stdout and stderr apart, and has the exit code of the command", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const script = "echo out; echo err >&2; exit 7"
      expect(yield* cli(["exec", "box", "--", "sh", "-c", script], { variables })).toEqual({
        code: 7,
        stdout: "out\n",
        stderr: "err\n"
      })
    })
  )

  it.scopedLive("takes nothing after -- for its own", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const words = [
        "--help",
        "-h",
        "--version",
        "--json",
        "--wizard",
        "--completions",
        "--",
        "-x",
        "",
        "a  b",
        "'\"$HOME`"
      ]
      const { code, stderr, stdout } = yield* cli(["exec", "box", "--", "printf", "[%s]\\n", ...words], { variables })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toBe(words.map((word) => `[${word}]\n`).join(""))
    })
  )

  it.scopedLive.each(["current", "0.190"] as const)(
    "sends standard input byte for byte, to its end: %s",
    (generation) =>
      Effect.gen(function* () {
        const { variables } = yield* daytonaWithBox({ generation })
        const bytes = Buffer.from(Array.from({ length: 150_000 }, (_, index) => (index * index) % 256))
        const { child, ended } = yield* started(["box", "--", "sha256sum"], variables)
        child.stdin.end(bytes)
        expect((yield* ended).stdout).toBe(`${createHash("sha256").update(bytes).digest("hex")}  -\n`)
      })
  )

  it.scopedLive("sends input while the command runs, and ends when the command does not read on", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const script = "echo ready; read -r line; echo got $line"
      const { child, ended, prints } = yield* started(["box", "--", "sh", "-c", script], variables)
      yield* prints("ready\n")
      child.stdin.write(`hello\n${"unread ".repeat(100_000)}`)
      yield* prints("got hello\n")
      const { code, stderr } = yield* ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    })
  )

  it.scopedLive("does not mind that a command has ended before its input, while its output is on its way", () =>
    Effect.gen(function* () {
      const { box, server, variables } = yield* daytonaWithBox()
      const path = "/process/session/{sessionId}/command/{commandId}/logs"
      yield* server.faults.inject({ path, fault: Fault.status(503), times: 3 })
      const { child, ended } = yield* started(["box", "--", "echo", "done"], variables)
      yield* Effect.repeat(box.processSessions.list, {
        until: (sessions) => sessions.some(({ commands }) => commands.some(({ exitCode }) => exitCode === 0))
      })
      child.stdin.end("too late\n")
      expect(yield* ended).toEqual({ code: 0, stdout: "done\n", stderr: "" })
      expect((yield* server.requests).some(({ path: sent }) => sent.endsWith("/input"))).toBe(true)
    })
  )

  it.scopedLive("leaves standard input alone with --no-stdin", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      expect((yield* cli(["exec", "-n", "box", "--", "wc", "-c"], { variables, input: "unseen" })).stdout).toBe("0\n")
    })
  )

  it.scopedLive("takes a directory and variables, whose values are in no argument", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { stdout } = yield* cli(["exec", "box", "--cwd", "/", "--env", "KEY", "--", "sh", "-c", "pwd; echo $KEY"], {
        variables: { ...variables, KEY: "from here" }
      })
      expect(stdout).toBe("/\nfrom here\n")
    })
  )

  it.scopedLive("passes a signal on, and has the exit code that the command answers it with", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const script = "trap 'echo asked; exit 9' INT; echo ready; while :; do sleep 0.1; done"
      const { child, ended, prints } = yield* started(["box", "--", "sh", "-c", script], variables)
      yield* prints("ready")
      child.kill("SIGINT")
      const { code, stderr, stdout } = yield* ended
      expect({ code, stdout }).toEqual({ code: 9, stdout: "ready\nasked\n" })
      expect(stderr).toBe("Passed SIGINT on; again to kill the command.\n")
    })
  )

  it.scopedLive.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129]
  ] as const)("ends a command with %s, and all that it has started", ([signal, exitCode]) =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { child, ended, prints, stdout } = yield* started(
        ["box", ...announcing("sleep 1000; echo unreached")],
        variables
      )
      yield* prints(/pid \d+\n/)
      child.kill(signal)
      expect((yield* ended).code).toBe(exitCode)
      expect(stdout()).not.toContain("unreached")
      yield* until(() => !alive(pidOf(stdout())))
    })
  )

  it.scopedLive("kills a command that ignores signals at the second one, and leaves nothing", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const before = records()
      const { child, ended, notes, prints, stdout } = yield* started(
        ["box", ...announcing("trap '' INT; sleep 1000 & wait")],
        variables
      )
      yield* prints(/pid \d+\n/)
      child.kill("SIGINT")
      yield* notes("Passed SIGINT on; again to kill the command.\n")
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/\nInterrupted: killed sh in box\.\n$/)
      yield* until(() => !alive(pidOf(stdout())))
      expect(records().filter((name) => !before.includes(name))).toEqual([])
    })
  )

  it.scopedLive("sends what is typed in a terminal, line by line, until Ctrl-D", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const screen = yield* open(["exec", "box", "--", "sed", "-u", "s/^/got /"], { home: yield* home, variables })
      screen.type(`hello${enter}`)
      yield* screen.shows(/^got hello$/m)
      screen.type(controlD)
      expect((yield* screen.ended).exitCode).toBe(0)
    })
  )

  it.scopedLive("ends a command with Ctrl-C in a terminal", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const screen = yield* open(["exec", "box", ...announcing("sleep 1000")], { home: yield* home, variables })
      yield* screen.shows(/pid \d+/)
      screen.type(controlC)
      expect((yield* screen.ended).exitCode).toBe(130)
      yield* until(() => !alive(pidOf(screen.text())))
    })
  )

  it.scopedLive("prints events with --json", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { code, stdout } = yield* cli(["exec", "box", "--json", "--", "sh", "-c", "echo out; exit 3"], {
        variables
      })
      expect(code).toBe(3)
      expect(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
      ).toEqual([
        { _tag: "Stdout", text: "out\n" },
        { _tag: "Exit", exitCode: 3 }
      ])
    })
  )

  it.scopedLive("uses a sandbox of its own with --new, and deletes it", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const { code, stderr, stdout } = yield* cli(["exec", "--new", "--", "echo", "hello"], { variables })
      expect({ code, stdout }).toEqual({ code: 0, stdout: "hello\n" })
      expect(stderr).toMatch(/^Deleting the sandbox \S+\.\n$/)
      yield* destroyed(server)
    })
  )

  it.scopedLive("deletes the sandbox of --new when it is interrupted, with the command in it", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const { child, ended, notes, prints, stdout } = yield* started(
        ["--new", ...announcing("trap '' INT; sleep 1000 & wait")],
        variables
      )
      yield* prints(/pid \d+\n/)
      child.kill("SIGINT")
      yield* notes("again to kill the command.\n")
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/\nInterrupted: killed sh in \S+\.\nDeleting the sandbox \S+\.\n$/)
      yield* destroyed(server)
      yield* until(() => !alive(pidOf(stdout())))
    })
  )

  it.live("runs a command without any server or account", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* cli(["exec", "--embedded", "--new", "--", "sh", "-c", "echo $((6 * 7))"])
      expect({ code, stdout }).toEqual({ code: 0, stdout: "42\n" })
    })
  )

  it.scopedLive.each([
    [["box"], "after --"],
    [["--", "ls"], "--new"],
    [["box", "--new", "--", "ls"], "--new"],
    [["box", "--image", "a:1", "--", "ls"], "--new"],
    [["--new", "--detach", "--", "ls"], "--detach"]
  ] as const)("answers %j with exit code 2 and what to give", ([[...args], named]) =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytonaWithBox()
      const { code, stderr, stdout } = yield* cli(["exec", ...args], { variables })
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(named)
      expect(yield* server.sandboxes).toHaveLength(1)
    })
  )

  it.scopedLive("ends quietly when the reader of its output has gone, and kills the command", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { child, ended, prints, stdout } = yield* started(
        ["box", ...announcing("while echo y; do :; done")],
        variables
      )
      yield* prints(/pid \d+\n/)
      const pid = pidOf(stdout())
      child.stdout.destroy()
      const { code, stderr } = yield* ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      yield* until(() => !alive(pid))
    })
  )
})

describe("exec --detach, logs and kill", () => {
  it.scopedLive("start a command that stays, list it, follow its output, and end it", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const script = 'echo "pid $$"; echo "\u001b[31mred\u001b[0m" >&2; while :; do sleep 0.1; done'
      const detached = yield* cli(["exec", "box", "--detach", "--", "sh", "-c", script], { variables })
      expect(detached).toMatchObject({ code: 0, stderr: "" })
      const id = detached.stdout.trim()
      const listed = yield* cli(["logs", "box", "--json"], { variables })
      expect(JSON.parse(listed.stdout)).toMatchObject([{ id }])
      expect(JSON.parse(listed.stdout)[0]).not.toHaveProperty("exitCode")

      const follower = yield* Effect.flatMap(home, (directory) =>
        start(["logs", "-f", "box", id], { home: directory, variables })
      )
      yield* follower.prints(/pid \d+\n/)
      yield* follower.notes("red")
      expect(follower.stderr()).toBe("\u001b[31mred\u001b[0m\n")
      const pid = pidOf(follower.stdout())
      expect(alive(pid)).toBe(true)
      const once = yield* cli(["logs", "box", id], { variables })
      expect(once).toMatchObject({ code: 0, stdout: `pid ${pid}\n` })

      expect(yield* cli(["kill", "box", id], { variables })).toEqual({ code: 0, stdout: `${id}\n`, stderr: "" })
      yield* until(() => !alive(pid))
      // A command that was killed has no exit code, so following it is no success.
      expect((yield* follower.ended).code).toBe(1)
      expect((yield* cli(["logs", "box", "--json"], { variables })).stdout).toBe("[]\n")
    })
  )

  it.scopedLive.each([
    [["logs", "box", "nonsense"], 2],
    [["logs", "box", "a/b"], 3],
    [["kill", "box", "a/b"], 3],
    [["logs", "-f", "box"], 2],
    [["logs", "box", "a/b", "--build"], 2]
  ] as const)("answer %j with exit code %i", ([[...args], exitCode]) =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { code, stdout } = yield* cli(args, { variables })
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" })
    })
  )
})
