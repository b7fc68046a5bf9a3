/**
 * The input of a program in a sandbox, as `bridge.ts` reads it. A line has its number before it is sent and keeps it
 * when it is sent again after a failure, so it is read once.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { ApiError } from "../../errors/ApiError.js"
import type { UploadIncomplete } from "../../errors/daytona/files.js"
import type { Process } from "../../services/daytona/toolbox/process/Process.js"
import { withRedaction } from "../../services/daytona/toolbox/withRedaction.js"
import type { Invocation } from "../ClaudeProcess.js"
import * as bridge from "./bridge.js"

/** Writes a text to a file of its own, which is gone with the scope, and returns its path. */
export type Store = (text: string) => Effect.Effect<string, ApiError | UploadIncomplete, Scope.Scope>

/** For about half a minute. */
const again = Schedule.intersect(
  Schedule.jittered(Schedule.union(Schedule.exponential("200 millis"), Schedule.spaced("5 seconds"))),
  Schedule.recurs(10)
)

const isRetryable = ({ retryable }: { readonly retryable: boolean }): boolean => retryable

/** A line with more characters is stored in a file. */
const longestInParts = 16 * 1024

export const make = (
  sendInput: Process.RunningProcess["sendInput"],
  environment: Invocation["environment"],
  store: Store
) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const turn = yield* Effect.makeSemaphore(1)
    let sent = 0

    const assignments = bridge.assignments(environment)
    const secrets = {
      ...environment,
      ...Object.fromEntries(assignments.map((text, index) => [String(index), Redacted.make(text)]))
    }
    const send = (kind: bridge.Kind, text?: string) =>
      Effect.suspend(() => {
        const line = bridge.lineOf(++sent, kind, text)
        return Effect.retry(sendInput(line), { while: isRetryable, schedule: again })
      }).pipe(withRedaction(secrets))
    const sendAll = (lines: ReadonlyArray<readonly [kind: bridge.Kind, text?: string]>) =>
      Effect.forEach(lines, ([kind, text]) => send(kind, text), { discard: true })

    const sendFile = (line: string) =>
      Effect.flatMap(Scope.extend(Effect.retry(store(line), { while: isRetryable, schedule: again }), scope), (path) =>
        send("file", path)
      )

    return {
      /** Passes the environment, and lets the program start. */
      start: turn.withPermits(1)(Effect.zipRight(sendAll(assignments.map((text) => ["assign", text])), send("start"))),
      write: (line: string) =>
        turn.withPermits(1)(line.length > longestInParts ? sendFile(line) : sendAll(bridge.partsOf(line))),
      close: turn.withPermits(1)(send("end"))
    }
  })
