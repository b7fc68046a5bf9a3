/** The output of a command as bytes, as text and as lines. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { LogNotSeen } from "../../../../errors/daytona/process.js"
import type { LogChunk, LogText } from "../../../../schema/daytona/toolbox/CommandResult.js"
import { decodeRuns, type LogChannel, type LogRun } from "../../../../stream/LogDemux.js"
import type { CommandRef, FollowOptions, SessionCommands } from "./commands.js"
import type { FollowError } from "./followLog.js"

const tags = { stdout: "Stdout", stderr: "Stderr" } as const satisfies Record<LogChannel, LogChunk["_tag"]>

export const chunks = <E, R>(runs: Stream.Stream<LogRun, E, R>): Stream.Stream<LogChunk, E, R> =>
  Stream.map(runs, ({ bytes, channel }) => ({ _tag: tags[channel], bytes }))

export const texts = <E, R>(runs: Stream.Stream<LogRun, E, R>): Stream.Stream<LogText, E, R> =>
  Stream.map(decodeRuns(runs), ({ channel, text }) => ({ _tag: tags[channel], text }))

/** A text that the line contains, an expression that it matches, or a predicate. */
export type LogPattern = string | RegExp | ((line: string) => boolean)

export interface AwaitLogOptions {
  /** How long to wait; default 60 seconds. `Duration.infinity`: as long as the command runs. */
  readonly timeout?: Duration.DurationInput | undefined
}

const matcherOf = (pattern: LogPattern): ((line: string) => boolean) => {
  if (typeof pattern === "function") return pattern
  // Unlike `test`, `search` ignores `lastIndex`.
  return typeof pattern === "string" ? (line) => line.includes(pattern) : (line) => line.search(pattern) !== -1
}

/** Characters kept of an unfinished line. */
const longestLine = 64 * 1024

/** Assembles lines, each stream by itself. */
const lineCollector = () => {
  const unfinished = { Stdout: "", Stderr: "" }
  return ({ _tag, text }: LogText): ReadonlyArray<string> => {
    const lines = (unfinished[_tag] + text).split(/\r?\n/)
    unfinished[_tag] = (lines.pop() ?? "").slice(-longestLine)
    return lines
  }
}

/** How many of the last lines an error quotes, and how many characters of each. */
const excerpt = { lines: 10, characters: 300 } as const

/** Waits for a line. */
export const awaitLog = (
  { failures, follow }: SessionCommands,
  ref: CommandRef,
  pattern: LogPattern,
  { timeout = "60 seconds" }: AwaitLogOptions = {},
  {
    known = false,
    operation = "ProcessSessions.awaitLog",
    original = Effect.succeed(ref)
  }: Pick<FollowOptions, "known" | "operation"> & {
    /** The command that runs, when `ref` may be a duplicate delivery of it. */
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
        ...failures.about(operation, ref),
        reason,
        ...(exitCode === undefined ? {} : { exitCode }),
        lastLines: last,
        retryable: reason === "timeout",
        message: `No matching line appeared in the log of command ${ref.commandId} in sandbox ${failures.about(operation, ref).sandboxId} ${when}${
          last.length === 0 ? "; it printed nothing" : `; its last lines: ${last.join(" | ")}`
        }`
      })
    const onExit = (code: number) => {
      exitCode = code
    }
    const log = Stream.unwrap(Effect.map(original, (found) => follow(found, { known, operation, onExit })))
    const seen = texts(log).pipe(
      Stream.mapChunks((each) => Chunk.flatMap(each, (text) => Chunk.unsafeFromArray([...linesOf(text)]))),
      Stream.tap((line) =>
        Effect.sync(() => {
          last = [...last, line.slice(0, excerpt.characters)].slice(-excerpt.lines)
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
          onTimeout: () => notSeen("timeout", `within ${Duration.format(limit)}; it keeps running`)
        })
      : seen
  })
