/** A server that is killed while all kinds of requests are in progress. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Sandbox, Sandboxes } from "../../../../src/daytona.js"
import { layer as nodeTransport } from "../../../../src/node/NodeTransport.js"
import { daytonaOver } from "../../../support/daytonaOver.js"
import { program } from "../../../support/programs.js"

const commandLine = program("src/cli/main.ts")

class NotListening extends Data.TaggedError("NotListening")<{ readonly output: string }> {}

/** `npm run serve:daytona` as a separate process. */
const server = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "server-killed-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
  )
  const serve = [yield* commandLine, "serve", "daytona"]
  const args = [...serve, "--port", "0", "--sandbox-directory", join(directory, "sandboxes")]
  const env = { ...process.env, XDG_STATE_HOME: join(directory, "state") }
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] })),
    (running) => Effect.sync(() => running.kill("SIGKILL"))
  )
  const url = yield* Effect.async<string, NotListening>((resume) => {
    let output = ""
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString()
      const address = /listening (\S+)/.exec(output)?.[1]
      if (address !== undefined) resume(Effect.succeed(address))
    })
    child.once("exit", () => resume(Effect.fail(new NotListening({ output }))))
  })
  const kill = Effect.promise(async () => {
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    await exited
  })
  return { url, kill }
})

/** Reports that it is in progress, and continues until its output is closed. */
const endless = (name: string) => `touch ${name}; while echo tick; do sleep 0.05; done`
const endlessPython = (name: string) => `import time
open("${name}", "w").close()
while True:
    print("tick", flush=True)
    time.sleep(0.05)`

/** Everything that may take long, and does not end before the server does. */
const underWay = (
  box: Sandbox.ConnectedSandbox
): Readonly<Record<string, Effect.Effect<unknown, { readonly _tag: string }>>> => {
  const { codeInterpreter, files, ports, process, processSessions, pty } = box
  const inSession = <A, E>(use: (session: Parameters<typeof processSessions.follow>[0]) => Effect.Effect<A, E>) =>
    Effect.scoped(Effect.flatMap(processSessions.scoped(), use))
  return {
    execute: process.execute(endless("execute")),
    executeMerged: process.executeMerged(endless("executeMerged")),
    stream: Stream.runDrain(process.stream(endless("stream"))),
    start: Effect.scoped(Effect.flatMap(process.start(endless("start")), ({ exitCode }) => exitCode)),
    awaitLog: Effect.scoped(
      Effect.flatMap(process.start(endless("awaitLog")), ({ awaitLog }) =>
        awaitLog("never", { timeout: Duration.infinity })
      )
    ),
    sessionRun: inSession((session) => processSessions.run(session, endless("sessionRun"))),
    follow: inSession((session) =>
      Effect.flatMap(processSessions.start(session, endless("follow")), (command) =>
        Stream.runDrain(processSessions.follow(session, command))
      )
    ),
    codeRun: process.codeRun(endlessPython("codeRun"), { language: "python" }),
    terminalOutput: Effect.scoped(
      Effect.flatMap(pty.scoped(), (terminal) =>
        Effect.zipRight(terminal.send(`${endless("terminalOutput")}\n`), Stream.runDrain(terminal.output))
      )
    ),
    terminalExit: Effect.scoped(
      Effect.flatMap(pty.scoped(), (terminal) =>
        Effect.zipRight(terminal.send(`${endless("terminalExit")}\n`), terminal.exit)
      )
    ),
    interpreter: codeInterpreter.run(endlessPython("interpreter"), { isolated: true }),
    upload: files.upload("upload", Stream.repeatValue(new Uint8Array(65_536))),
    awaitPort: ports.awaitPort(3999, { timeout: Duration.infinity })
  }
}

/** What does not report by itself that it is in progress. */
const silent = new Set(["awaitPort"])

describe("when the server is killed", () => {
  it.live("every fiber ends with a typed error", () =>
    Effect.gen(function* () {
      const { kill, url } = yield* server
      const exits = yield* Effect.gen(function* () {
        const sandboxes = yield* Sandboxes
        const box = yield* sandboxes.create()
        const work = Object.entries(underWay(box))
        const fibers = yield* Effect.forEach(work, ([name, effect]) =>
          Effect.map(Effect.fork(Effect.asVoid(effect)), (fiber) => [name, fiber] as const)
        )
        yield* Effect.forEach(
          work.filter(([name]) => !silent.has(name)),
          ([name]) => Effect.repeat(box.files.exists(name), { until: Boolean, schedule: Schedule.spaced("50 millis") }),
          { concurrency: "unbounded" }
        )
        const before = yield* Effect.forEach(fibers, ([, fiber]) => Fiber.poll(fiber))
        expect(before.every((polled) => polled._tag === "None")).toBe(true)
        yield* kill
        return yield* Effect.forEach(fibers, ([name, fiber]) =>
          Effect.map(Fiber.await(fiber), (exit) => [name, exit] as const)
        )
      }).pipe(Effect.provide(daytonaOver(nodeTransport, { apiUrl: `${url}/api`, retry: false })))

      for (const [name, exit] of exits) {
        const cause = Exit.isFailure(exit) ? exit.cause : Cause.empty
        const failure = Cause.failureOption(cause)
        expect(failure._tag, `${name}: ${Cause.pretty(cause)}`).toBe("Some")
        expect([...Cause.defects(cause)], name).toEqual([])
      }
      const tags = Object.fromEntries(
        exits.map(([name, exit]) => {
          const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : undefined
          return [name, failure?._tag === "Some" ? failure.value._tag : "none"]
        })
      )
      expect(tags).toMatchObject({
        executeMerged: "TransportError",
        codeRun: "TransportError",
        terminalOutput: "PtyDetached",
        terminalExit: "PtyDetached",
        upload: "TransportError",
        awaitPort: "TransportError"
      })
    }).pipe(Effect.scoped)
  )
})
