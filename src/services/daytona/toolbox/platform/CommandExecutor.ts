/**
 * The processes of a sandbox as the `CommandExecutor` of `@effect/platform`: a program that runs local commands runs those of a
 * sandbox, unchanged.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import { makeUtf8Decoder } from "../../../../stream/Utf8.js"
import { Files } from "../files/Files.js"
import { Process } from "../process/Process.js"
import { ProcessSessions } from "../sessions/ProcessSessions.js"
import { quoted } from "../shellText.js"
import { platformFailure } from "./failure.js"

const nameOf = (command: Command.Command): string =>
  command._tag === "StandardCommand" ? command.command : nameOf(command.left)

/** One command of a pipe as a line for the shell, which runs it in its own directory and environment. */
const lineOf = (command: Command.StandardCommand): string => {
  const words = [command.command, ...command.args]
  // The shell gets its line as one word: whatever is in it stays its own.
  const program =
    command.shell === false
      ? words.map(quoted).join(" ")
      : `${command.shell === true ? "sh" : quoted(command.shell)} -c ${quoted(words.join(" "))}`
  const variables = HashMap.toEntries(command.env).map(([name, value]) => quoted(`${name}=${value}`))
  const cleared = command.extendEnv ? [] : ["-i"]
  const surrounded =
    variables.length === 0 && command.extendEnv ? program : `env ${[...cleared, ...variables].join(" ")} ${program}`
  return Option.match(command.cwd, {
    onNone: () => surrounded,
    onSome: (cwd) => `( cd -- ${quoted(cwd)} && ${surrounded} )`
  })
}

const isInput = (input: Command.Command.Input): input is Exclude<Command.Command.Input, string> =>
  typeof input !== "string"

/**
 * Runs commands in sessions of their own, which end with the scope and take with them whatever was started; so `kill` does not
 * look at its signal. `pid` is 0, since the daemon does not tell it.
 *
 * Pipes are those of the sandbox' shell. A stream for the first command's input is uploaded as a file first, so it must have an
 * end. What goes into `stdin` of a process arrives line by line, and its input has no end. What is printed is text to the daemon:
 * NUL bytes are lost, and a newline ends it. `stdout` and `stderr` may be read or not, each from its beginning.
 */
export const layer: Layer.Layer<CommandExecutor.CommandExecutor, never, Files | Process | ProcessSessions> =
  Layer.effect(
    CommandExecutor.CommandExecutor,
    Effect.gen(function* () {
      const files = yield* Files
      const process = yield* Process
      const sessions = yield* ProcessSessions

      /** The input as a file, for as long as the scope. */
      const uploaded = (input: Exclude<Command.Command.Input, string>, failed: FailureOf) =>
        Effect.gen(function* () {
          const path = `.effect-sandboxes-input-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`
          yield* Effect.addFinalizer(() => Effect.ignore(finalizerRequest(files.delete(path))))
          yield* Effect.mapError(files.upload(path, input), failed("stdin"))
          return path
        })

      const start = (command: Command.Command): Effect.Effect<CommandExecutor.Process, PlatformError, Scope.Scope> =>
        Effect.gen(function* () {
          const failed: FailureOf = (method) => platformFailure("Command", method, nameOf(command))
          const parts = Command.flatten(command)
          const [first] = parts
          const script = parts.map(lineOf).join(" | ")
          const redirect = isInput(first.stdin)
            ? ` < ${quoted(yield* uploaded(first.stdin, failed))}`
            : first.stdin === "inherit"
              ? " < /dev/null"
              : ""
          // The first part alone gets the input; the others get what comes before them.
          const running = yield* Effect.mapError(
            process.start(redirect === "" ? script : `{ ${script}\n}${redirect}`),
            failed("spawn")
          )
          const outputOf = (tag: "Stdout" | "Stderr", method: string) =>
            running.output.pipe(
              Stream.mapChunks(
                Chunk.filterMap((each) => (each._tag === tag ? Option.some(each.bytes) : Option.none()))
              ),
              Stream.mapError(failed(method))
            )
          const stdout = outputOf("Stdout", "stdout")
          const last = parts[parts.length - 1] ?? first
          return {
            [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
            pid: CommandExecutor.ProcessId(0),
            exitCode: Effect.mapBoth(running.exitCode, {
              onFailure: failed("exitCode"),
              onSuccess: CommandExecutor.ExitCode
            }),
            isRunning: sessions.command(running.sessionId, running.commandId).pipe(
              Effect.map(({ exitCode }) => exitCode === undefined),
              // It was killed, and its session with it.
              Effect.catchTag("NotFound", () => Effect.succeed(false)),
              Effect.mapError(failed("isRunning"))
            ),
            kill: () => Effect.mapError(running.kill, failed("kill")),
            stderr: outputOf("Stderr", "stderr"),
            stdin: lines((line) => Effect.mapError(running.sendInput(line), failed("stdin"))),
            stdout: typeof last.stdout === "string" ? stdout : Stream.transduce(stdout, last.stdout),
            toString: () => `Process(${nameOf(command)})`,
            toJSON: () => ({ _id: "Process", command: nameOf(command), sessionId: running.sessionId }),
            [NodeInspectSymbol]: () => ({ _id: "Process", command: nameOf(command), sessionId: running.sessionId })
          }
        })

      return CommandExecutor.makeExecutor(start)
    })
  )

type FailureOf = (method: string) => ReturnType<typeof platformFailure>

/** Passes on complete lines; what is left without a newline at the end becomes one. */
const lines = (send: (line: string) => Effect.Effect<void, PlatformError>) =>
  Sink.suspend(() => {
    const decode = makeUtf8Decoder()
    let rest = ""
    return Sink.forEachChunk((chunk: Chunk.Chunk<Uint8Array>) => {
      const complete = (rest + Chunk.toReadonlyArray(chunk).map(decode).join("")).split("\n")
      rest = complete.pop() ?? ""
      return Effect.forEach(complete, (line) => send(`${line}\n`), { discard: true })
    }).pipe(Sink.mapEffect(() => Effect.suspend(() => (rest === "" ? Effect.void : send(rest)))))
  })
