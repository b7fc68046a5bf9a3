/** The Python process behind a context of the code interpreter. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process"
import type { Readable, Writable } from "node:stream"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import * as processTree from "../processTree.js"
import { messageReader, type RunMessage } from "./RunMessage.js"
import { workerSource } from "./workerSource.js"

/** A Python process that holds the state of a context. */
export interface Worker {
  /** Begins a run. Messages go to `onMessage` from now on. */
  readonly begin: (
    run: { readonly code: string; readonly envs: Readonly<Record<string, string>> },
    onMessage: (message: RunMessage) => void
  ) => Effect.Effect<void, WorkerFailed>
  /** Raises `KeyboardInterrupt` in the run. */
  readonly interrupt: Effect.Effect<void>
  /** Terminates it and its subprocesses, by force if necessary, and returns once they have ended. */
  readonly stop: Effect.Effect<void>
  readonly kill: Effect.Effect<void>
  /** Completes after its last message. */
  readonly ended: Effect.Effect<void>
  readonly hasEnded: () => boolean
}

/** The worker could not be started or written to. */
export class WorkerFailed extends Data.TaggedError("WorkerFailed")<{ readonly message: string }> {}

const grace = "2 seconds"
/** A subprocess may keep the pipe open after the worker has ended. */
const longestDrain = "100 millis"

/** Starts a worker; it is killed when the scope closes. */
export const start = (machine: Machine, cwd: string): Effect.Effect<Worker, WorkerFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const exited = yield* Deferred.make<void>()
    const drained = yield* Deferred.make<void>()
    let receiver: (message: RunMessage) => void = () => undefined
    const { child, pid } = yield* Effect.acquireRelease(spawned(machine, cwd), ({ child, pid }) =>
      hasEnded(child) ? Effect.void : processTree.signal(-pid, "SIGKILL")
    )
    const takes = messageReader((message) => receiver(message))
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text: string) => {
      // The daemon stops reading at a line that is too long, and the worker then blocks on its output.
      if (!takes(text)) child.stdout.pause()
    })
    child.once("close", () => Deferred.unsafeDone(drained, Effect.void))
    child.once("exit", () => Deferred.unsafeDone(exited, Effect.void))
    if (hasEnded(child)) Deferred.unsafeDone(exited, Effect.void)
    return {
      begin: (run, onMessage) =>
        Effect.async<void, WorkerFailed>((resume) => {
          receiver = onMessage
          child.stdin.write(`${JSON.stringify(run)}\n`, (error) =>
            resume(error == null ? Effect.void : new WorkerFailed({ message: error.message }))
          )
        }),
      interrupt: processTree.signal(pid, "SIGINT"),
      stop: processTree.terminate(pid, { grace, interval: "20 millis", waitForLeader: true }),
      kill: processTree.kill(pid),
      ended: Effect.zipRight(
        Deferred.await(exited),
        Effect.asVoid(Effect.timeoutOption(Deferred.await(drained), longestDrain))
      ),
      hasEnded: () => hasEnded(child)
    }
  })

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

const spawned = (machine: Machine, cwd: string) =>
  Effect.async<{ readonly child: ChildProcessByStdio<Writable, Readable, null>; readonly pid: number }, WorkerFailed>(
    (resume) => {
      const child = spawn("python3", ["-u", "-c", workerSource], {
        cwd,
        env: { ...machine.environment() },
        detached: true,
        stdio: ["pipe", "pipe", "ignore"]
      })
      // It is not an error if the worker ends without reading its input.
      child.stdin.on("error", () => undefined)
      child.once("error", ({ message }) => resume(new WorkerFailed({ message })))
      child.once("spawn", () => {
        if (child.pid !== undefined) {
          machine.adopt(child)
          resume(Effect.succeed({ child, pid: child.pid }))
        }
      })
    }
  )
