/** `shell`, in a pseudo-terminal. */
import { existsSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../../src/embedded/daytona/index.js"
import { until } from "../../support/until.js"
import { cli, home } from "../support/program.js"
import { daytonaWithBox } from "../support/servers.js"
import { controlC, enter, open } from "../support/terminal.js"

/** A shell with a prompt that is not part of any command; `lost`: its first connection breaks after some output. */
const shell = (options: { readonly lost?: boolean } = {}) =>
  Effect.gen(function* () {
    const started = yield* daytonaWithBox()
    if (options.lost === true) {
      const path = "/process/pty/{sessionId}/connect"
      yield* started.server.faults.inject({ path, fault: Fault.cutSocket(1_000) })
    }
    const screen = yield* open(["shell", "box"], { home: yield* home, variables: started.variables })
    // Shells set prompts of their own when they start, whatever is in their environment.
    screen.type(`PS1='ready'"> "${enter}`)
    yield* screen.shows("ready>")
    return screen
  })

describe("shell", () => {
  it.scopedLive("sends what is typed, shows what is printed, and ends with the exit code of the shell", () =>
    Effect.gen(function* () {
      const screen = yield* shell()
      screen.type(`echo $((6 * 7))x${enter}`)
      yield* screen.shows(/^42x$/m)
      screen.type(`exit 5${enter}`)
      expect((yield* screen.ended).exitCode).toBe(5)
    })
  )

  it.scopedLive("has the size of the terminal, also after that has changed", () =>
    Effect.gen(function* () {
      const screen = yield* shell()
      screen.type(`stty size${enter}`)
      yield* screen.shows(/^24 80$/m)
      screen.resize(100, 30)
      const asking = Effect.suspend(() => {
        screen.type(`stty size${enter}`)
        return Effect.timeoutOption(screen.shows(/^30 100$/m), "2 seconds")
      })
      yield* Effect.repeat(asking, { until: ({ _tag }) => _tag === "Some" })
      screen.type(`exit${enter}`)
      expect((yield* screen.ended).exitCode).toBe(0)
    })
  )

  it.scopedLive("passes Ctrl-C on to the program that runs, and stays", () =>
    Effect.gen(function* () {
      const screen = yield* shell()
      screen.type(`echo go; sleep 1000${enter}`)
      yield* screen.shows(/^go$/m)
      // What is typed while a shell is busy with an interruption may be lost, as for a user.
      const interrupting = Effect.suspend(() => {
        screen.type(controlC)
        screen.type(`echo still $((1 + 1))${enter}`)
        return Effect.timeoutOption(screen.shows(/^still 2$/m), "2 seconds")
      })
      yield* Effect.repeat(interrupting, { until: ({ _tag }) => _tag === "Some" })
      screen.type(`exit${enter}`)
      expect((yield* screen.ended).exitCode).toBe(0)
    })
  )

  it.scopedLive("ends with Enter ~ . and kills the shell", () =>
    Effect.gen(function* () {
      const screen = yield* shell()
      screen.type(`echo pid=$$${enter}`)
      yield* screen.shows(/^pid=\d+$/m)
      const pid = Number(/^pid=(\d+)$/m.exec(screen.text())?.[1])
      screen.type(`${enter}~.`)
      expect((yield* screen.ended).exitCode).toBe(0)
      yield* screen.shows("Left; killed the shell in box.")
      yield* until(() => !existsSync(`/proc/${pid}`))
    })
  )

  it.scopedLive("leaves the terminal as it was: keys, cursor and screen", () =>
    Effect.gen(function* () {
      const screen = yield* shell()
      screen.type(`printf '\\033[?1049h\\033[?25l\\033[31m'; echo in $((1 + 1))${enter}`)
      yield* screen.shows(/^in 2$/m)
      process.kill(screen.pid, "SIGTERM")
      expect((yield* screen.ended).exitCode).toBe(143)
      const undone = screen.raw().slice(screen.raw().lastIndexOf("in 2"))
      expect(undone).toContain("\u001b[?1049l")
      expect(undone).toContain("\u001b[?25h")
    })
  )

  it.scopedLive("attaches again after a lost connection, and says that something may be missing", () =>
    Effect.gen(function* () {
      const screen = yield* shell({ lost: true })
      screen.type(`seq 1 1000${enter}`)
      yield* screen.shows("[The connection was lost and is open again. Some output may be missing here.]")
      screen.type(`echo alive $((1 + 1))${enter}`)
      yield* screen.shows(/^alive 2$/m)
      screen.type(`exit${enter}`)
      expect((yield* screen.ended).exitCode).toBe(0)
    })
  )

  it.scopedLive("needs a terminal, and says what works without one", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytonaWithBox()
      const { code, stderr, stdout } = yield* cli(["shell", "--new"], { variables })
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain("exec NAME -- COMMAND")
      expect(yield* server.sandboxes).toHaveLength(1)
    })
  )

  it.scopedLive("says what to install for terminals of an embedded Daytona", () =>
    Effect.gen(function* () {
      // The bundle is in a folder without any packages, and so is the server in it.
      const screen = yield* open(["shell", "--embedded", "--new"], { home: yield* home, columns: 200 })
      expect((yield* screen.ended).exitCode).toBe(1)
      yield* screen.shows(/error: .* needs a native module for terminals.*npm install @lydell\/node-pty/)
      yield* screen.shows(/Deleting the sandbox \S+\.$/m)
    })
  )
})
