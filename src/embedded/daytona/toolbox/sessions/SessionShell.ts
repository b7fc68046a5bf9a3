/** The shell process of a session. */
import { type ChildProcess, spawn } from "node:child_process"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Machine } from "../Machine.js"
import * as processTree from "../processTree.js"

/** The shell of a session. It reads commands from a pipe; its own output, outside of commands, goes to the daemon. */
export interface SessionShell {
  readonly pid: number
  readonly write: (lines: string) => Effect.Effect<void, ShellEnded>
  /** Waits for a line with this prefix and returns the rest of it. Lines before it are dropped. */
  readonly awaitLine: (beginning: string) => Effect.Effect<string>
  readonly ended: Effect.Effect<void>
  readonly hasEnded: () => boolean
  /** The processes that read the output of the current command. */
  readers: ReadonlyArray<number>
}

/** The shell has ended. */
export class ShellEnded extends Data.TaggedError("ShellEnded") {}

/** The shell could not be started. */
export class ShellFailed extends Data.TaggedError("ShellFailed")<{ readonly message: string }> {}

/**
 * Starts the machine's shell, neither interactive nor as a login shell. It is killed with its group when the scope
 * closes.
 */
export const start = (machine: Machine, cwd: string): Effect.Effect<SessionShell, ShellFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<void>()
    const { child, pid } = yield* Effect.acquireRelease(spawned(machine, cwd, ended), ({ pid }) =>
      processTree.signal(-pid, "SIGKILL")
    )
    const output = yield* Queue.bounded<string>(16)
    yield* NodeStream.fromReadable<ShellEnded, Uint8Array>(
      () => child.stdout,
      () => new ShellEnded()
    ).pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => Queue.offer(output, line)),
      Effect.ignore,
      Effect.interruptible,
      Effect.forkScoped
    )
    const awaitLine = (beginning: string): Effect.Effect<string> =>
      Effect.flatMap(Queue.take(output), (line) =>
        line.startsWith(beginning) ? Effect.succeed(line.slice(beginning.length)) : awaitLine(beginning)
      )
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    return {
      pid,
      write: (lines) =>
        Effect.async<void, ShellEnded>((resume) => {
          if (hasEnded()) return resume(new ShellEnded())
          child.stdin.write(lines, (error) => resume(error == null ? Effect.void : new ShellEnded()))
        }),
      awaitLine,
      ended: Deferred.await(ended),
      hasEnded,
      readers: []
    }
  })

const spawned = (machine: Machine, cwd: string, ended: Deferred.Deferred<void>) =>
  Effect.async<{ readonly child: ShellProcess; readonly pid: number }, ShellFailed>((resume) => {
    const child = spawn(machine.shell, {
      cwd,
      env: { ...machine.environment() },
      detached: true,
      stdio: ["pipe", "pipe", "ignore"]
    })
    child.stdin.on("error", () => undefined)
    child.once("error", ({ message }) => resume(new ShellFailed({ message })))
    child.once("spawn", () => {
      if (child.pid !== undefined) {
        machine.adopt(child)
        resume(Effect.succeed({ child, pid: child.pid }))
      }
    })
    child.once("exit", () => Deferred.unsafeDone(ended, Effect.void))
  })

type ShellProcess = ChildProcess & {
  readonly stdin: NonNullable<ChildProcess["stdin"]>
  readonly stdout: NonNullable<ChildProcess["stdout"]>
}
