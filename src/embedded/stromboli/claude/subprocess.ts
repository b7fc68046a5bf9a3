/** A subprocess with lines as input and output. */
import { type ChildProcessWithoutNullStreams, spawn as nodeSpawn } from "node:child_process"
import { env as inherited } from "node:process"
import type { Readable } from "node:stream"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type AgentLine, type AgentProcess, AgentWriteFailed, SpawnFailed } from "./ClaudeProcess.js"
import { exited, killedBy, type ProcessFailed } from "./ProcessFailed.js"

/** How long a process may take to end after SIGTERM before it is killed. */
const grace = "2 seconds"

/** Where a command runs. */
export interface SpawnOptions {
  readonly cwd: string
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a command and stops it when the scope closes: SIGTERM first, SIGKILL if that is ignored. */
export const spawn = (
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<AgentProcess, SpawnFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const exit = yield* Deferred.make<void, ProcessFailed>()
    const child = yield* Effect.acquireRelease(start(command, args, options, exit), (child) => stop(child, exit))
    return {
      write: (line) =>
        Effect.async<void, AgentWriteFailed>((resume) => {
          child.stdin.write(`${line}\n`, (error) =>
            resume(
              error == null
                ? Effect.void
                : Effect.fail(new AgentWriteFailed({ message: `agent: write stdin: ${error.message}` }))
            )
          )
        }),
      output: Stream.merge(lines(child.stdout, "stdout"), lines(child.stderr, "stderr")),
      exit: Deferred.await(exit),
      closeInput: Effect.sync(() => child.stdin.end()),
      kill: (signal) => Effect.asVoid(Effect.sync(() => child.kill(signal)))
    }
  })

const start = (
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions,
  exit: Deferred.Deferred<void, ProcessFailed>
) =>
  Effect.async<ChildProcessWithoutNullStreams, SpawnFailed>((resume) => {
    const started = Either.try({
      try: () =>
        nodeSpawn(command, args, {
          cwd: options.cwd,
          stdio: "pipe",
          env: { ...inherited, ...options.environment }
        }),
      // Node throws for what no process can be started with: arguments that are too long or contain a NUL.
      catch: (cause) => new SpawnFailed({ message: cause instanceof Error ? cause.message : String(cause) })
    })
    if (Either.isLeft(started)) return resume(Effect.fail(started.left))
    const child = started.right
    // It is not an error if a process ends without reading its input.
    child.stdin.on("error", () => undefined)
    child.once("error", (error) => resume(Effect.fail(new SpawnFailed({ message: error.message }))))
    child.once("spawn", () => resume(Effect.succeed(child)))
    child.once("exit", (code, signal) => {
      const outcome =
        signal !== null ? Effect.fail(killedBy(signal)) : code === 0 ? Effect.void : Effect.fail(exited(code ?? 1))
      Deferred.unsafeDone(exit, outcome)
    })
  })

const stop = (child: ChildProcessWithoutNullStreams, exit: Deferred.Deferred<void, ProcessFailed>) =>
  Effect.gen(function* () {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGTERM")
    yield* Effect.exit(Deferred.await(exit)).pipe(
      Effect.timeoutTo({ duration: grace, onTimeout: () => child.kill("SIGKILL"), onSuccess: () => true })
    )
  })

class PipeBroken extends Data.TaggedError("PipeBroken") {}

const lines = (readable: Readable, from: AgentLine["from"]): Stream.Stream<AgentLine> =>
  NodeStream.fromReadable<PipeBroken, Uint8Array>(
    () => readable,
    () => new PipeBroken()
  ).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.map((line): AgentLine => ({ from, line })),
    // The output of a killed process ends with a broken pipe; its exit status is reported separately.
    Stream.catchAll(() => Stream.empty)
  )
