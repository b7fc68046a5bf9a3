/** A program in a sandbox as a process with lines in and out, over connections of all kinds. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as bridge from "../../../src/claude-code/sandbox/bridge.js"
import { start, storeIn } from "../../../src/claude-code/sandbox/sandboxPlace.js"
import { EmbeddedDaytona, Fault } from "../../../src/embedded/daytona/index.js"
import { Files } from "../../../src/services/daytona/toolbox/files/Files.js"
import { Process } from "../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { Workspace } from "../../../src/services/daytona/toolbox/Workspace.js"
import { embeddedToolbox, generations, noSessionIsLeft } from "../../support/embeddedToolbox.js"

type Environment = Readonly<Record<string, string | Redacted.Redacted>>

/** Starts a shell with a script. */
const shell = (script: string, environment: Environment = {}, workingDirectory?: string) =>
  Effect.gen(function* () {
    const process = yield* Process
    return yield* start(process, yield* storeIn, ["sh"], {
      operation: "ClaudeCode.run",
      args: ["-c", script],
      environment,
      workingDirectory
    })
  })

const linesOf = <E>(lines: Stream.Stream<string, E>) => Effect.map(Stream.runCollect(lines), Chunk.toReadonlyArray)

const echo = 'while IFS= read -r line; do printf "%s\\n" "$line"; done; echo end; echo complaint >&2; exit 3'

const strike = (path: string, ...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(EmbeddedDaytona, (server) =>
    Effect.forEach(faults, (fault) => server.faults.inject({ fault, path }), { discard: true })
  )

const session = "/process/session/{sessionId}"
const input = `${session}/command/{commandId}/input`
const logs = `${session}/command/{commandId}/logs`

const nothingIsLeft = Effect.gen(function* () {
  yield* noSessionIsLeft
  const process = yield* Process
  expect((yield* process.execute("ls -A ~/.effect-sandboxes 2> /dev/null")).stdout).toBe("")
})

describe.each(generations)("a program in a sandbox of generation %s", (generation) => {
  const services = Layer.mergeAll(Process.layer, ProcessSessions.layer, Files.layer, Workspace.layer).pipe(
    Layer.provideMerge(embeddedToolbox({ generation }))
  )

  it.live("gets lines, sees the end of its input, and ends with its exit code and the end of its complaints", () =>
    Effect.gen(function* () {
      const long = JSON.stringify({ text: "é𝒳'\"\\ ".repeat(700) })
      const longer = JSON.stringify({ text: "x y ".repeat(50_000) })
      const sent = ["  {}  ", "", long, longer, "$HOME `id`"]
      yield* Effect.scoped(
        Effect.gen(function* () {
          const program = yield* shell(echo)
          yield* Effect.forEach(sent, program.write, { discard: true })
          yield* program.closeInput
          expect(yield* linesOf(program.lines)).toEqual([...sent, "end"])
          expect(yield* program.exit).toEqual({ exitCode: 3, stderr: "complaint\n" })
        })
      )
      yield* nothingIsLeft
    }).pipe(Effect.provide(services))
  )

  it.live("has its environment, which nobody else sees", () =>
    Effect.gen(function* () {
      const key = "sk-ant-é'\"$\\`\n-c4n4ry7f3a "
      const environment = { KEY: Redacted.make(key), next: "1", LONG: "it's\n".repeat(400) }
      const script = 'printf %s "$KEY$next$LONG" | od -An -v -tx1 | tr -d " \\n"; echo; read -r line'
      const program = yield* shell(script, environment)
      const line = yield* Effect.flatten(Stream.runHead(program.lines))
      expect(Buffer.from(line, "hex").toString()).toBe(`${key}1${environment.LONG}`)
      const { list } = yield* ProcessSessions
      expect(JSON.stringify(yield* list)).not.toContain("c4n4ry7f3a")
      const process = yield* Process
      const { stdout } = yield* process.execute(
        'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " < "$file"; done 2> /dev/null; grep -rl "sk-an[t]" "$HOME"'
      )
      expect(stdout).not.toContain("c4n4ry7f3a")
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.live("reads every line once, however the requests fail", () =>
    Effect.gen(function* () {
      const sent = Array.from({ length: 12 }, (_, index) => `${index} ${"x".repeat(index * 300)}`)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const program = yield* shell(echo)
          yield* strike(
            input,
            Fault.resetAfterRequest,
            Fault.replayRequest,
            Fault.status(502),
            Fault.status(429),
            Fault.truncatedJson,
            Fault.resetAfterRequest
          )
          yield* Effect.forEach(sent, program.write, { discard: true })
          yield* program.closeInput
          expect(yield* linesOf(program.lines)).toEqual([...sent, "end"])
        })
      )
      yield* nothingIsLeft
      expect(yield* Effect.flatMap(EmbeddedDaytona, ({ faults }) => faults.pending)).toEqual([])
    }).pipe(Effect.provide(services))
  )

  it.live("is read on where a lost connection broke off, without a gap and without a repetition", () =>
    Effect.gen(function* () {
      yield* strike(
        logs,
        Fault.cutSocket(0),
        Fault.cutSocket(50),
        Fault.closeSocket({ afterBytes: 900, code: 1011 }),
        Fault.status(502),
        Fault.cutSocket(4000),
        Fault.closeSocket({ afterBytes: 9000, code: 1000 })
      )
      const program = yield* shell('for i in $(seq 1 3000); do echo "{\\"é\\":$i}"; done; sleep 0.5; exit 4')
      expect(yield* linesOf(program.lines)).toEqual(Array.from({ length: 3000 }, (_, index) => `{"é":${index + 1}}`))
      expect(yield* program.exit).toEqual({ exitCode: 4, stderr: "" })
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.live("is killed with its scope, and with all that it has started", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const marked = "grep -ls 'EFFECT_TEST=[o]rphan' /proc/[0-9]*/environ | wc -l"
      const count = Effect.map(process.execute(marked), ({ stdout }) => Number(stdout))
      const fiber = yield* Effect.forkDaemon(
        Effect.scoped(
          Effect.gen(function* () {
            const program = yield* shell("setsid sleep 300 & echo started; sleep 301; sleep 302", {
              EFFECT_TEST: "orphan"
            })
            expect(yield* Effect.flatten(Stream.runHead(program.lines))).toBe("started")
            return yield* Effect.never
          })
        )
      )
      const until = (wanted: (found: number) => boolean) =>
        Effect.repeat(Effect.delay(count, "50 millis"), { until: wanted })
      expect(yield* until((found) => found >= 3)).toBeGreaterThanOrEqual(3)
      yield* Fiber.interrupt(fiber)
      expect(yield* count).toBe(0)
      yield* nothingIsLeft
    }).pipe(Effect.provide(services))
  )

  it.live("ends for its reader when it is killed", () =>
    Effect.gen(function* () {
      const program = yield* shell("echo started; sleep 300")
      const reading = yield* Effect.fork(linesOf(program.lines))
      yield* program.kill
      expect(yield* Fiber.join(reading)).toSatisfy((lines: ReadonlyArray<string>) => lines.length < 2)
      expect((yield* program.exit).exitCode).toBeUndefined()
      yield* program.write("nobody reads this")
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.live("fails when it, its directory or its shell is not there, and says what to do", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const invocation = { operation: "ClaudeCode.run", args: [], environment: {}, workingDirectory: undefined }
      const store = yield* storeIn
      const missing = yield* Effect.flip(Effect.scoped(start(process, store, ["no-claude"], invocation)))
      expect(missing).toMatchObject({ _tag: "ClaudeNotInstalled", command: "no-claude", place: "sandbox" })
      expect(missing.message).toMatch(/no `no-claude` in sandbox .+addClaudeCode/)
      const nowhere = yield* Effect.flip(Effect.scoped(shell("true", {}, "no/such/directory")))
      expect(nowhere).toMatchObject({ _tag: "InvalidRequest", field: "workingDirectory", admitted: "no" })
      expect(nowhere.message).toContain("`workingDirectory` cannot be entered")
      const home = yield* Effect.flip(Effect.scoped(shell("true", {}, "~/app")))
      expect(home.message).toContain("`workingDirectory` begins with `~`")
      yield* nothingIsLeft
    }).pipe(Effect.provide(services))
  )

  it.live("names the signal that ended it", () =>
    Effect.gen(function* () {
      const program = yield* shell("echo last words >&2; kill -KILL $$")
      expect(yield* linesOf(program.lines)).toEqual([])
      expect(yield* program.exit).toEqual({ exitCode: 137, signal: "SIGKILL", stderr: "last words\n" })
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})

describe("the lines of the bridge", () => {
  const fits = (line: string) => new TextEncoder().encode(line).length <= bridge.longestLine
  const anyText = FastCheck.oneof(
    FastCheck.string({ unit: "binary", maxLength: 6000, size: "max" }),
    FastCheck.stringOf(FastCheck.constantFrom("\n", "'", "é", "𝒳", " "), { maxLength: 6000, size: "max" })
  )

  it.prop("reach their reader whole: none has more bytes than a pipe passes on at once", [anyText], ([text]) => {
    const parts = bridge.partsOf(text.replaceAll("\n", ""))
    const assigned = bridge.assignments({ A: text, B: "b", C: text })
    const lines = [
      ...parts.map(([kind, part]) => [kind, part] as const),
      ...assigned.map((each) => ["assign", each] as const)
    ]
    return lines.every(([kind, part]) => fits(bridge.lineOf(1_000_000, kind, part)) && !part.includes("\n"))
  })

  const cutsACharacter = (piece: string) => /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(piece)

  it.prop("together are the text that was cut", [anyText, FastCheck.integer({ min: 2, max: 50 })], ([text, limit]) => {
    const pieces = bridge.pieces(text, limit)
    return pieces.join("") === text && pieces.every((piece) => piece.length <= limit && !cutsACharacter(piece))
  })
})
