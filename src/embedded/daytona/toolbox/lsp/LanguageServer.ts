/** A language server process, and JSON-RPC over its standard input and output. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Machine } from "../Machine.js"
import { signal } from "../processTree.js"
import * as framing from "./framing.js"

/** A running language server. */
export interface LanguageServer {
  readonly request: (method: string, parameters: unknown) => Effect.Effect<unknown, LanguageServerFailed>
  readonly notify: (method: string, parameters: unknown) => Effect.Effect<void>
  /** Kills it. Otherwise it ends with the machine. */
  readonly kill: Effect.Effect<void>
}

/** It could not be started, has ended, or responded with an error. */
export class LanguageServerFailed extends Data.TaggedError("LanguageServerFailed")<{ readonly message: string }> {}

/** Starts a program from the machine's `PATH`. */
export const launch = (
  machine: Machine,
  command: string,
  args: ReadonlyArray<string>
): Effect.Effect<LanguageServer, LanguageServerFailed> =>
  Effect.map(start(machine, command, args), (child) => connect(child))

const start = (machine: Machine, command: string, args: ReadonlyArray<string>) =>
  Effect.async<ChildProcessWithoutNullStreams, LanguageServerFailed>((resume) => {
    const child = spawn(command, args, {
      cwd: machine.workDir,
      env: { ...machine.environment() },
      stdio: "pipe",
      detached: true
    })
    machine.adopt(child)
    child.once("error", ({ message }) => resume(Effect.fail(new LanguageServerFailed({ message }))))
    child.once("spawn", () => resume(Effect.succeed(child)))
  })

const connect = (child: ChildProcessWithoutNullStreams): LanguageServer => {
  const pending = new Map<number, Deferred.Deferred<unknown, LanguageServerFailed>>()
  const decode = framing.decoder()
  let lastId = 0
  let ended: LanguageServerFailed | undefined

  const send = (message: Readonly<Record<string, unknown>>) => {
    child.stdin.write(framing.encode({ jsonrpc: "2.0", ...message }))
  }

  const end = (message: string) => {
    ended ??= new LanguageServerFailed({ message })
    for (const answer of pending.values()) Deferred.unsafeDone(answer, Effect.fail(ended))
    pending.clear()
  }

  const receive = (message: unknown) => {
    if (!Predicate.isRecord(message)) return
    const { error, id, method, result } = message
    if (method !== undefined) {
      // A request from the server. Like the daemon, respond with null and do nothing.
      return id === undefined ? undefined : send({ id, result: null })
    }
    const answer = typeof id === "number" ? pending.get(id) : undefined
    if (answer !== undefined && typeof id === "number") {
      pending.delete(id)
      const outcome =
        error === undefined || error === null
          ? Effect.succeed(result)
          : Effect.fail(new LanguageServerFailed({ message: messageOf(error) }))
      Deferred.unsafeDone(answer, outcome)
    }
    return undefined
  }

  child.stdout.on("data", (bytes: Uint8Array) => {
    const { broken, messages } = decode(bytes)
    messages.forEach(receive)
    if (broken) {
      end("the language server sent something that is no message")
      child.kill("SIGKILL")
    }
  })
  // Its log is discarded, but an unread pipe would block it.
  child.stderr.resume()
  child.stdin.on("error", () => undefined)
  child.once("exit", () => end("the language server has ended"))

  return {
    request: (method, params) =>
      Effect.gen(function* () {
        const answer = yield* Deferred.make<unknown, LanguageServerFailed>()
        if (ended !== undefined) return yield* ended
        const id = ++lastId
        pending.set(id, answer)
        send({ id, method, params })
        return yield* Effect.onInterrupt(Deferred.await(answer), () => Effect.sync(() => pending.delete(id)))
      }),
    notify: (method, params) => Effect.sync(() => send({ method, params })),
    kill: child.pid === undefined ? Effect.void : signal(-child.pid, "SIGKILL")
  }
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" ? error.message : "unknown error"
