/** What is particular to Claude Code in a sandbox: its connection, its processes and its end. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { ClaudeCode, layerSandbox, type SandboxOptions } from "../../../src/claude-code/index.js"
import {
  Daytona,
  Files,
  Process,
  ProcessSessions,
  Sandbox,
  Sandboxes,
  type SandboxId,
  Toolbox,
  Workspace
} from "../../../src/daytona.js"
import { EmbeddedDaytona, Fault } from "../../../src/embedded/daytona/index.js"
import { standInOnPath } from "../../support/claude/onPath.js"
import { withSpans } from "../../support/embedded.js"
import { describeWithLayer } from "../../support/sharedLayer.js"

const client = Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl: "http://daytona.test/api" })

/** The server, shared by all tests; the stand-in is on its PATH. */
const server = client.pipe(
  Layer.provideMerge(EmbeddedDaytona.layerHttpClient({ durations: 0 })),
  Layer.provide(standInOnPath),
  Layer.provide(NodeContext.layer)
)

/** Claude in a sandbox of its own, and the services of that sandbox. */
const claude = (options?: SandboxOptions, env: Readonly<Record<string, string>> = {}) =>
  layerSandbox(options).pipe(Layer.provideMerge(Sandbox.layer({ env })))

const strike = (path: string, ...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(EmbeddedDaytona, (embedded) =>
    Effect.forEach(faults, (fault) => embedded.faults.inject({ fault, path }), { discard: true })
  )

const session = "/process/session/{sessionId}"
const paths = {
  create: "/process/session",
  exec: `${session}/exec`,
  input: `${session}/command/{commandId}/input`,
  command: `${session}/command/{commandId}`,
  logs: `${session}/command/{commandId}/logs`
}

/** The processes of the CLI in a sandbox. */
const running = Effect.flatMap(Process, (process) =>
  Effect.map(
    process.execute(
      `for file in $(grep -la "[s]tandIn.mjs" /proc/[0-9]*/cmdline); do grep -la "$DAYTONA_SANDBOX_ID" "\${file%cmdline}environ"; done 2> /dev/null | wc -l`
    ),
    ({ stdout }) => Number(stdout)
  )
)

const until = <E, R>(count: Effect.Effect<number, E, R>, isRight: (found: number) => boolean) =>
  Effect.repeat(Effect.delay(count, "50 millis"), { until: isRight })

const sessions = Effect.flatMap(ProcessSessions, ({ list }) => Effect.map(list, ({ length }) => length))

const ask = (prompt: string) => Effect.flatMap(ClaudeCode, (service) => service.run({ prompt }))

describeWithLayer(
  "Claude Code in a sandbox",
  server,
  "30 seconds"
)((it) => {
  it.effect("is killed with its fiber, and nothing of it is left", () =>
    Effect.gen(function* () {
      expect((yield* ask("Say hello.")).text).toBe("Hello.")
      expect(yield* running).toBe(0)
      const fiber = yield* Effect.fork(ask("Think for long."))
      expect(yield* until(running, (found) => found > 0)).toBeGreaterThan(0)
      yield* Fiber.interrupt(fiber)
      expect(yield* running).toBe(0)
      yield* until(sessions, (found) => found === 0)
    }).pipe(Effect.provide(claude()))
  )

  it.effect("is killed when a stream is left, and when a conversation ends", () =>
    Effect.gen(function* () {
      const service = yield* ClaudeCode
      yield* Stream.runHead(service.stream({ prompt: "Think for long." }))
      expect(yield* running).toBe(0)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const conversation = yield* service.converse()
          yield* conversation.ask("Say hello.")
          expect(yield* running).toBeGreaterThan(0)
        })
      )
      expect(yield* running).toBe(0)
      yield* until(sessions, (found) => found === 0)
    }).pipe(Effect.provide(claude()))
  )

  it.effect("answers once, whatever becomes of the connection", () =>
    Effect.gen(function* () {
      const service = yield* ClaudeCode
      yield* Effect.scoped(
        Effect.gen(function* () {
          const conversation = yield* service.converse()
          yield* conversation.ask("Say hello.")
          yield* strike(
            paths.logs,
            Fault.cutSocket(0),
            Fault.cutSocket(300),
            Fault.closeSocket({ afterBytes: 900, code: 1011 }),
            Fault.status(502),
            Fault.status(429)
          )
          yield* strike(paths.input, Fault.resetAfterRequest, Fault.replayRequest, Fault.status(502))
          yield* strike(paths.command, Fault.status(502))
          const [first, second] = [yield* conversation.ask("first"), yield* conversation.ask("What did I say before?")]
          expect(first.text).not.toBe("")
          expect(second.text).toBe("Say hello. | first")
        })
      )
      yield* strike(paths.create, Fault.resetAfterRequest)
      yield* strike(paths.exec, Fault.replayRequest)
      expect((yield* ask("Say hello.")).text).toBe("Hello.")
      yield* strike(paths.exec, Fault.resetAfterRequest)
      expect((yield* ask("Say hello.")).text).toBe("Hello.")
      yield* until(sessions, (found) => found === 0)
      expect(yield* Effect.flatMap(EmbeddedDaytona, ({ faults }) => faults.clear)).toBeUndefined()
    }).pipe(Effect.provide(claude()))
  )

  it.effect.each([
    ["is stopped", (sandbox: SandboxId) => Effect.flatMap(Sandboxes, ({ stop }) => stop(sandbox))],
    ["is deleted", (sandbox: SandboxId) => Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.delete(sandbox))]
  ] as const)("fails when its sandbox %s meanwhile: that is no answer", ([, end]) =>
    Effect.gen(function* () {
      const { sandboxId } = yield* Toolbox
      const waiting = yield* Effect.fork(Effect.exit(ask("Think for long.")))
      yield* until(running, (found) => found > 0)
      yield* end(sandboxId)
      const exit = yield* Fiber.join(waiting)
      const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : exit
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", place: "sandbox", retryable: false })
      expect(failure).not.toMatchObject({ admitted: "no" })
      expect(String(failure)).toMatch(new RegExp(`Claude Code in sandbox ${sandboxId} was lost`))
    }).pipe(Effect.provide(claude()))
  )

  it.effect("is started once when the server is throttled, and fails as not asked when it stays so", () =>
    Effect.gen(function* () {
      yield* strike(paths.create, Fault.status(429))
      yield* strike(paths.exec, Fault.status(429), Fault.status(429))
      expect((yield* ask("Say hello.")).text).toBe("Hello.")
      const { faults } = yield* EmbeddedDaytona
      yield* faults.inject({ fault: Fault.status(429), path: paths.exec, times: 20 })
      const failure = yield* Effect.flip(ask("Say hello."))
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "no", retryable: true })
      expect(failure.message).toMatch(/ClaudeCode\.run \(sandbox\): Claude Code could not be started/)
      yield* faults.clear
      expect(yield* running).toBe(0)
      yield* until(sessions, (found) => found === 0)
    }).pipe(Effect.provide(claude()))
  )

  it.effect("makes its sandbox when it is first asked, and not before it is asked rightly", () =>
    Effect.gen(function* () {
      const { sandboxes } = yield* EmbeddedDaytona
      const before = (yield* sandboxes).length
      yield* Effect.gen(function* () {
        expect((yield* Effect.flip(ask(""))).message).toContain("`prompt`")
        expect((yield* sandboxes).length).toBe(before)
        expect((yield* ask("Say hello.")).text).toBe("Hello.")
        expect((yield* ask("Say hello.")).text).toBe("Hello.")
        expect((yield* sandboxes).length).toBe(before + 1)
      }).pipe(Effect.provide(layerSandbox().pipe(Layer.provide(Sandbox.layerLazy()))))
    })
  )

  it.effect("is told its key, which is in no listing, no command line, no file, no log, no span and no failure", () =>
    Effect.gen(function* () {
      const secret = "sk-ant-api03-c4n4ry"
      const printed: Array<string> = []
      const logger = Logger.make((entry) => void printed.push(JSON.stringify(entry)))
      const seen = Effect.gen(function* () {
        const service = yield* ClaudeCode
        const conversation = yield* service.converse()
        // The stand-in prints its environment on request.
        yield* conversation.ask("Say hello.")
        const process = yield* Process
        const { list } = yield* ProcessSessions
        printed.push(JSON.stringify(yield* list))
        const looked = yield* process.execute(
          `for file in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < "$file"; done 2> /dev/null; grep -rl 'c4n4r[y]' "$HOME" "\${TMPDIR:-/tmp}" 2> /dev/null
           echo; grep -la 'c4n4r[y]' /proc/[0-9]*/environ 2> /dev/null | wc -l`
        )
        printed.push(looked.stdout)
        // The processes of the CLI have it, and nobody else.
        expect(Number(looked.stdout.trim().split("\n").at(-1))).toBeGreaterThan(0)
        yield* strike(paths.input, Fault.status(400, { body: `odd input: ${secret}` }))
        printed.push(String(yield* Effect.exit(conversation.ask("Say hello."))))
      }).pipe(
        Effect.scoped,
        Effect.provide(claude({ apiKey: Redacted.make(secret), environment: { OTHER: Redacted.make(secret) } })),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const { spans } = yield* withSpans(seen)
      printed.push(...spans.map(({ attributes, name }) => JSON.stringify([name, [...attributes]])))
      expect(printed.join("\n")).not.toContain(secret)
    })
  )

  it.effect("may do without permissions as root, and only then says that it is in a sandbox", () =>
    Effect.gen(function* () {
      const service = yield* ClaudeCode
      const environmentOf = (dangerouslySkipPermissions: boolean) =>
        Effect.map(Effect.flip(service.run({ prompt: "any", dangerouslySkipPermissions })), (error) =>
          "stderr" in error ? error.stderr : error.message
        )
      expect(yield* environmentOf(true)).toContain("IS_SANDBOX=1")
      expect(yield* environmentOf(false)).toContain("IS_SANDBOX=none")
    }).pipe(Effect.provide(claude({ command: ["sh", "-c", `echo "IS_SANDBOX=\${IS_SANDBOX:-none}" >&2; exit 1`] })))
  )
})

/** A registry of packages that has one, and counts who asks for it. */
const npm = (version: string) => `#!/bin/sh
echo "$@" >> "$HOME/npm.log"
while [ "$1" != --prefix ]; do shift; done
case $* in *claude-code@9.9.9*) echo 'npm error notarget' >&2; exit 1;; esac
mkdir -p "$2/node_modules/.bin"
printf '#!/bin/sh\n[ "$1" = --version ] && echo "${version} (Claude Code)" && exit\nexec claude "$@"\n' > "$2/node_modules/.bin/claude"
chmod +x "$2/node_modules/.bin/claude"
`

describeWithLayer(
  "an installation at the first use",
  server,
  "30 seconds"
)((it) => {
  /** Claude in a sandbox that has the npm of this test. */
  const claudeOf = (install: string) =>
    Layer.unwrapScoped(
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const directory = mkdtempSync(join(tmpdir(), "npm-"))
            writeFileSync(join(directory, "npm"), npm("2.1.332"), { mode: 0o755 })
            return directory
          }),
          (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
        ),
        (directory) => claude({ install }, { PATH: `${directory}:${process.env["PATH"]}` })
      )
    )
  const calls = Effect.flatMap(Process, (process) =>
    Effect.map(process.execute("cat npm.log 2> /dev/null | wc -l"), ({ stdout }) => Number(stdout))
  )

  it.effect("is made once, for however many ask at the same time, and found again later", () =>
    Effect.gen(function* () {
      const both = yield* Effect.all([ask("Say hello."), ask("Say hello.")], { concurrency: 2 })
      expect(both.map(({ text }) => text)).toEqual(["Hello.", "Hello."])
      yield* Effect.provide(ask("Say hello."), layerSandbox({ install: "2.1.332" }))
      expect(yield* calls).toBe(1)
      const process = yield* Process
      expect((yield* process.execute("ls .effect-sandboxes")).stdout).toBe("claude-code-2.1.332\n")
    }).pipe(Effect.provide(claudeOf("2.1.332")))
  )

  it.effect("that fails says why, asks nobody, and is tried again", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(ask("Say hello."))
      expect(failure).toMatchObject({ _tag: "ClaudeNotInstalled", admitted: "no" })
      expect(failure.message).toMatch(/registry\.npmjs\.org.*npm error notarget/)
      yield* Effect.flip(ask("Say hello."))
      expect(yield* calls).toBe(2)
      const process = yield* Process
      expect((yield* process.execute("ls .effect-sandboxes")).stdout).toBe("")
    }).pipe(Effect.provide(claudeOf("9.9.9")))
  )
})

describe("options of layerSandbox", () => {
  const services = Layer.mergeAll(Layer.mock(Files, {}), Layer.mock(Process, {}), Layer.mock(Workspace, {}))

  it.effect.each([
    ["command", { command: "" }],
    ["command", { command: [] }],
    ["command", { command: "claude", install: "2.1.332" }],
    ["install", { install: "latest" }],
    ["install", { install: "1.2.3; rm -rf /" }],
    ["apiKey", { apiKey: "sk-ant" }],
    ["environment.A-B", { environment: { "A-B": "x" } }],
    ["environment.A", { environment: { A: "nul\0" } }],
    ["workingDirectory", { workingDirectory: "" }]
  ])("names `%s` when it is wrong, and sends nothing", ([field, options]) =>
    Effect.gen(function* () {
      const given: SandboxOptions = Object.assign({}, options as object)
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(layerSandbox(given))))
      expect(refused).toMatchObject({ _tag: "InvalidRequest", field, admitted: "no" })
    }).pipe(Effect.provide(services))
  )
})
