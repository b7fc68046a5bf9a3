/** A CLI in memory: what it prints for each line that it reads, and how it ends, is up to the test. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import type { ClaudeCode } from "../../../src/claude-code/ClaudeCode.js"
import type { Invocation, ProcessExit } from "../../../src/claude-code/ClaudeProcess.js"
import type { ClaudePlaceFailed } from "../../../src/claude-code/errors.js"
import { fromProcesses } from "../../../src/claude-code/processBackend.js"

type Lines = Mailbox.Mailbox<string, ClaudePlaceFailed>

/** What a test does with the process. */
export interface Controls {
  readonly print: (...messages: ReadonlyArray<object | string>) => Effect.Effect<void>
  readonly exit: (exit: Partial<ProcessExit>) => Effect.Effect<void>
  /** The connection to the process is lost. */
  readonly lose: (error: ClaudePlaceFailed) => Effect.Effect<void>
}

export interface Scripted {
  readonly claude: ClaudeCode.Service
  readonly started: ReadonlyArray<Invocation>
  /** The lines that were written, parsed. */
  readonly written: ReadonlyArray<unknown>
  readonly killed: () => number
}

export const result = (text: string, fields: object = {}) => ({
  type: "result",
  subtype: "success",
  is_error: false,
  result: text,
  num_turns: 1,
  total_cost_usd: 0,
  ...fields
})

export const assistant = (text: string) => ({
  type: "assistant",
  message: { role: "assistant", content: [{ type: "text", text }] }
})

/** The text of a prompt that was written; `undefined` for any other line. */
export const promptIn = (line: unknown): string | undefined => {
  const message: unknown = typeof line === "object" && line !== null ? Reflect.get(line, "message") : undefined
  const content: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "content") : undefined
  return typeof content === "string" ? content : undefined
}

/** It ends with code 0 when its input is closed, unless `hangs`. */
export const scripted = (
  onLine: (line: unknown, controls: Controls) => Effect.Effect<void>,
  options: { readonly hangs?: boolean } = {}
): Scripted => {
  const started: Array<Invocation> = []
  const written: Array<unknown> = []
  let killed = 0
  const claude = fromProcesses({
    name: "memory",
    start: (invocation) =>
      Effect.gen(function* () {
        started.push(invocation)
        const lines: Lines = yield* Mailbox.make<string, ClaudePlaceFailed>()
        const ended = yield* Deferred.make<ProcessExit>()
        const controls: Controls = {
          print: (...messages) =>
            Effect.asVoid(
              lines.offerAll(messages.map((each) => (typeof each === "string" ? each : JSON.stringify(each))))
            ),
          exit: (exit) =>
            Effect.zipRight(
              Deferred.succeed(ended, { exitCode: undefined, stderr: "", ...exit }),
              Effect.asVoid(lines.end)
            ),
          lose: (error) => Effect.asVoid(lines.fail(error))
        }
        return {
          write: (line) =>
            Effect.suspend(() => {
              const parsed: unknown = JSON.parse(line)
              written.push(parsed)
              return onLine(parsed, controls)
            }),
          closeInput: options.hangs === true ? Effect.void : controls.exit({ exitCode: 0 }),
          lines: Mailbox.toStream(lines),
          exit: Deferred.await(ended),
          kill: Effect.suspend(() => {
            killed += 1
            return controls.exit({ signal: "SIGKILL" })
          })
        }
      })
  })
  return { claude, started, written, killed: () => killed }
}
