/**
 * The processes of a sandbox as the `CommandExecutor` of `@effect/platform`: programs that run local commands run
 * unchanged.
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
import { owedOfContext } from "../scopedCreation.js"
import { ProcessSessions } from "../sessions/ProcessSessions.js"
import { shellQuote } from "../shellText.js"
import { platformFailure } from "./failure.js"

const nameOf = (command: Command.Command): string =>
  command._tag === "StandardCommand" ? command.command : nameOf(command.left)

/** One command of a pipeline as a shell line, with its own directory and environment. */
const lineOf = (command: Command.StandardCommand): string => {
  const words = [command.command, ...command.args]
  // The inner shell gets its line as one word, so that the outer shell does not interpret it.
  const program =
    command.shell === false
      ? words.map(shellQuote).join(" ")
      : `${command.shell === true ? "sh" : shellQuote(command.shell)} -c ${shellQuote(words.join(" "))}`
  const variables = HashMap.toEntries(command.env).map(([name, value]) => shellQuote(`${name}=${value}`))
  const cleared = command.extendEnv ? [] : ["-i"]
  const surrounded =
    variables.length === 0 && command.extendEnv ? program : `env ${[...cleared, ...variables].join(" ")} ${program}`
  return Option.match(command.cwd, {
    onNone: () => surrounded,
    onSome: (cwd) => `( cd -- ${shellQuote(cwd)} && ${surrounded} )`
  })
}

const isInput = (input: Command.Command.Input): input is Exclude<Command.Command.Input, string> =>
  typeof input !== "string"

/**
 * Runs each command in a session of its own, which is deleted with the scope and everything it started. `kill` ignores
 * its signal, and `pid` is 0, because the daemon does not report it.
 *
 * Pipes are those of the sandbox's shell. A stream for the input of the first command is uploaded as a file first, so
 * it must be finite. The `stdin` of a process sends line by line and cannot be closed. The daemon drops NUL bytes from
 * the output and adds a final newline. `stdout` and `stderr` are independent of each other, and each starts from the
 * beginning.
 */
export const layerCommandExecutor: Layer.Layer<
  CommandExecutor.CommandExecutor,
  never,
  Files | Process | ProcessSessions
> = Layer.effect(
  CommandExecutor.CommandExecutor,
  Effect.gen(function* () {
    const files = yield* Files
    const process = yield* Process
    const sessions = yield* ProcessSessions
    const { resource, pendingReleases } = yield* owedOfContext

    /** The input as a file that is deleted with the scope. */
    const uploaded = (input: Exclude<Command.Command.Input, string>, failed: FailureOf) =>
      Effect.gen(function* () {
        const path = `.effect-sandboxes-input-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`
        yield* pendingReleases.hold(resource(`the input ${path}`), Effect.ignore(finalizerRequest(files.delete(path))))
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
          ? ` < ${shellQuote(yield* uploaded(first.stdin, failed))}`
          : first.stdin === "inherit"
            ? " < /dev/null"
            : ""
        // Only the first part reads the input; the others read the output of the part before them.
        const running = yield* Effect.mapError(
          process.start(redirect === "" ? script : `{ ${script}\n}${redirect}`),
          failed("spawn")
        )
        const outputOf = (tag: "Stdout" | "Stderr", method: string) =>
          running.output.pipe(
            Stream.mapChunks(Chunk.filterMap((each) => (each._tag === tag ? Option.some(each.bytes) : Option.none()))),
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
            // It was killed, and its session was deleted.
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

/** Sends complete lines, and at the end what is left without a newline. */
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
