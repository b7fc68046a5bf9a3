/** What a command prints, as its readers want it. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { LogNotSeen } from "../../../../errors/daytona/process.js"
import { decodeRuns, type LogChannel, type LogRun } from "../../../../stream/LogDemux.js"
import type { Toolbox } from "../Toolbox.js"
import { type CommandRef, failuresOf } from "./commandFailures.js"
import * as SessionCommands from "./commands.js"
import type { FollowError } from "./followLog.js"

/** Bytes that a command printed; whole lines, but for very long ones. NUL bytes are missing, and a newline ends it in any case. */
export interface LogChunk {
  readonly _tag: "Stdout" | "Stderr"
  readonly bytes: Uint8Array
}

/** The same as text. */
export interface LogText {
  readonly _tag: "Stdout" | "Stderr"
  readonly text: string
}

const tags = { stdout: "Stdout", stderr: "Stderr" } as const satisfies Record<LogChannel, LogChunk["_tag"]>

export const chunks = <E, R>(runs: Stream.Stream<LogRun, E, R>): Stream.Stream<LogChunk, E, R> =>
  Stream.map(runs, ({ bytes, channel }) => ({ _tag: tags[channel], bytes }))

export const texts = <E, R>(runs: Stream.Stream<LogRun, E, R>): Stream.Stream<LogText, E, R> =>
  Stream.map(decodeRuns(runs), ({ channel, text }) => ({ _tag: tags[channel], text }))

/** A text that the line has in it, an expression that it matches, or whatever else can be said of it. */
export type LogPattern = string | RegExp | ((line: string) => boolean)

export interface AwaitLogOptions {
  /** The time for all of it; default 60 seconds. `Duration.infinity`: as long as the command runs. */
  readonly timeout?: Duration.DurationInput | undefined
}

const matcherOf = (pattern: LogPattern): ((line: string) => boolean) => {
  if (typeof pattern === "function") return pattern
  // `search` pays no attention to what an expression remembers of its last use.
  return typeof pattern === "string" ? (line) => line.includes(pattern) : (line) => line.search(pattern) !== -1
}

/** Characters that are kept of a line that does not end. */
const longestLine = 64 * 1024

/** Puts the lines of both streams together, each by itself. */
const lineCollector = () => {
  const unfinished = { Stdout: "", Stderr: "" }
  return ({ _tag, text }: LogText): ReadonlyArray<string> => {
    const lines = (unfinished[_tag] + text).split(/\r?\n/)
    unfinished[_tag] = (lines.pop() ?? "").slice(-longestLine)
    return lines
  }
}

/** Lines of the log that an error quotes, and characters of each. */
const quoted = { lines: 10, characters: 300 } as const

/** Waits for a line. */
export const awaitLog = (
  toolbox: Toolbox.Service,
  ref: CommandRef,
  pattern: LogPattern,
  { timeout = "60 seconds" }: AwaitLogOptions = {},
  {
    known = false,
    operation = "ProcessSessions.awaitLog",
    original = Effect.succeed(ref)
  }: Pick<SessionCommands.FollowOptions, "known" | "operation"> & {
    /** The command that runs, where `ref` may be a second delivery of it. */
    readonly original?: Effect.Effect<CommandRef, FollowError> | undefined
  } = {}
): Effect.Effect<string, FollowError | LogNotSeen> =>
  Effect.suspend(() => {
    const matches = matcherOf(pattern)
    const linesOf = lineCollector()
    let last: ReadonlyArray<string> = []
    let exitCode: number | undefined
    const notSeen = (reason: "ended" | "timeout", when: string) =>
      new LogNotSeen({
        ...failuresOf(toolbox).about(operation, ref),
        reason,
        ...(exitCode === undefined ? {} : { exitCode }),
        lastLines: last,
        retryable: reason === "timeout",
        message: `What was waited for did not appear in the log of command ${ref.commandId} in sandbox ${toolbox.sandboxId} ${when}${
          last.length === 0 ? "; it printed nothing" : `; its last lines: ${last.join(" | ")}`
        }`
      })
    const onExit = (code: number) => {
      exitCode = code
    }
    const { follow } = SessionCommands.make(toolbox)
    const log = Stream.unwrap(Effect.map(original, (found) => follow(found, { known, operation, onExit })))
    const seen = texts(log).pipe(
      Stream.mapChunks((each) => Chunk.flatMap(each, (text) => Chunk.unsafeFromArray([...linesOf(text)]))),
      Stream.tap((line) =>
        Effect.sync(() => {
          last = [...last, line.slice(0, quoted.characters)].slice(-quoted.lines)
        })
      ),
      Stream.filter(matches),
      Stream.runHead,
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.fail(notSeen("ended", `before it ended with exit code ${exitCode ?? "unknown"}`)),
          onSome: Effect.succeed
        })
      )
    )
    const limit = Duration.decode(timeout)
    return Duration.isFinite(limit)
      ? Effect.timeoutFail(seen, {
          duration: limit,
          onTimeout: () => notSeen("timeout", `within ${Duration.format(limit)}; it goes on`)
        })
      : seen
  })
