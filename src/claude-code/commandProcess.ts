/** The CLI as a process of this machine, over the `CommandExecutor` of `@effect/platform`. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../errors/ApiError.js"
import { runInDaemon } from "../internal/finalizerRequest.js"
import * as Lines from "../stream/Lines.js"
import type { ClaudeProcess, Invocation, ProcessExit } from "./ClaudeProcess.js"
import { ClaudeNotInstalled, ClaudePlaceFailed } from "./errors.js"
import { lineTooLong, refused, worded } from "./failures.js"

const place = "command"

/** How much of stderr is kept, in characters. */
const stderrLength = 1024

/** How long a process may take to end what it started, before all of it is killed. */
const grace = "3 seconds"

/** How long the end of stderr is awaited once the process has ended, since others may keep it open. */
const stderrGrace = "500 millis"

type Failure = InvalidRequest | ClaudeNotInstalled | ClaudePlaceFailed

const unwrapped = (environment: Invocation["environment"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      Redacted.isRedacted(value) ? Redacted.value(value) : value
    ])
  )

const placeFailed = (operation: string, what: string, admitted: "no" | "unknown") =>
  new ClaudePlaceFailed({
    place,
    operation,
    message: worded({ place, operation }, what),
    retryable: admitted === "no",
    admitted
  })

/** What the system said, without the arguments. */
const reasonOf = (error: PlatformError): string => error.description ?? error._tag

const startFailure = (program: string, { operation, workingDirectory }: Invocation, error: PlatformError): Failure => {
  const isMissing = error._tag === "SystemError" && error.reason === "NotFound"
  if (error.module === "FileSystem") {
    const problem = isMissing ? "does not exist" : `cannot be used: ${reasonOf(error)}`
    return refused(operation, "workingDirectory", `${problem} (${workingDirectory ?? "the directory of the layer"})`)
  }
  if (!isMissing) return placeFailed(operation, `\`${program}\` could not be started: ${reasonOf(error)}`, "no")
  return new ClaudeNotInstalled({
    place,
    operation,
    command: program,
    message: worded(
      { place, operation },
      `there is no \`${program}\` on the PATH. Install it with \`npm install -g @anthropic-ai/claude-code\`, or pass its path as \`command\` to \`layerCommand\`.`
    )
  })
}

/** The last characters of what a stream of bytes says. */
const tailOf = <E>(bytes: Stream.Stream<Uint8Array, E>): Effect.Effect<() => string, never, Scope.Scope> =>
  Effect.gen(function* () {
    let tail = ""
    const reader = yield* Stream.decodeText(bytes).pipe(
      Stream.runForEach((text) =>
        Effect.sync(() => {
          tail = (tail + text).slice(-stderrLength)
        })
      ),
      Effect.ignore,
      Effect.forkScoped
    )
    yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.interruptible(Fiber.await(reader)), stderrGrace))
    return () => tail
  })

export const start = (
  executor: CommandExecutor.CommandExecutor,
  [program, ...fixed]: readonly [string, ...ReadonlyArray<string>],
  invocation: Invocation
): Effect.Effect<ClaudeProcess, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const { args, environment, operation, workingDirectory } = invocation
    const lost = (error: PlatformError) =>
      placeFailed(operation, `the connection to Claude Code was lost: ${reasonOf(error)}`, "unknown")
    const tooLong = () => placeFailed(operation, lineTooLong, "unknown")
    const command = Command.make(program, ...fixed, ...args).pipe(
      Command.env(unwrapped(environment)),
      workingDirectory === undefined ? (self) => self : Command.workingDirectory(workingDirectory)
    )
    const process = yield* executor.start(command).pipe(
      Effect.mapError((error) => startFailure(program, invocation, error)),
      // Node throws for what no process can be started with, such as an environment that is too large.
      Effect.catchAllDefect((defect) =>
        Effect.fail(
          placeFailed(operation, `\`${program}\` could not be started: ${Cause.pretty(Cause.die(defect))}`, "no")
        )
      )
    )
    const input = yield* Mailbox.make<Uint8Array>()
    // Its own fiber, which ends with the process: while it runs, it listens to the errors of the pipe.
    yield* Effect.forkDaemon(Effect.ignore(Stream.run(Mailbox.toStream(input), process.stdin)))

    const stderr = yield* tailOf(process.stderr)
    const exit = Effect.map(
      Effect.exit(process.exitCode),
      (ended): ProcessExit => ({
        exitCode: Exit.isSuccess(ended) ? ended.value : undefined,
        signal: Exit.isSuccess(ended) ? undefined : signalIn(ended.cause),
        stderr: stderr()
      })
    )
    const kill = Effect.gen(function* () {
      yield* input.end
      const isRunning = yield* Effect.orElseSucceed(process.isRunning, () => false)
      if (isRunning) yield* Effect.timeoutOption(process.kill("SIGTERM"), grace)
      // What it started, and did not end itself, is in the same process group.
      yield* Effect.timeoutOption(process.kill("SIGKILL"), grace)
    }).pipe(Effect.ignore)
    yield* Effect.addFinalizer(() => runInDaemon(kill))

    return {
      write: (line) => Effect.asVoid(input.offer(new TextEncoder().encode(`${line}\n`))),
      closeInput: Effect.asVoid(input.end),
      lines: process.stdout.pipe(Stream.decodeText(), Stream.mapError(lost), Lines.split(tooLong)),
      exit,
      kill
    }
  })

/** The signal in the executor's words, which has no field for it. They come after the command line. */
const signalIn = (cause: Cause.Cause<PlatformError>): string | undefined =>
  Option.getOrUndefined(
    Option.flatMapNullable(Cause.failureOption(cause), (error) => /\bSIG[A-Z0-9]+$/.exec(reasonOf(error))?.[0])
  )
