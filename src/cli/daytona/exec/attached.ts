/** A command in a sandbox whose input, output, exit code and signals are those of this process. */
import { randomUUID } from "node:crypto"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandExit, LogText, type Process, type Sandbox, withRequestOptions } from "../../../daytona.js"
import { Ending, type Signal } from "../../frame/Ending.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { write } from "../../frame/streams.js"
import { dim } from "../../frame/text.js"
import { endedWith } from "../ended.js"
import { directoryOf, endOfInput, type Input, signalled, started } from "./script.js"

/** What is printed with `--json`: output as it comes, and how the command ended. */
const Event = Schema.Union(LogText, CommandExit)

/** A piece of input fits into a line that every shell reads, and into a request. */
const pieceSize = 32 * 1_024

const pieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  [...Array(Math.ceil(bytes.length / pieceSize)).keys()].map((index) =>
    bytes.subarray(index * pieceSize, (index + 1) * pieceSize)
  )

const standardInput = NodeStream.fromReadable<UsageError, Uint8Array>(
  () => process.stdin,
  (problem) => new UsageError({ message: `Standard input cannot be read: ${String(problem)}` })
)

/** Sends standard input to its end. A command that has ended takes no more of it, which is nobody's failure. */
const feed = ({ sendInput }: Process.RunningProcess) =>
  standardInput.pipe(
    Stream.mapConcat((bytes) => pieces(bytes)),
    Stream.map((piece) => Encoding.encodeBase64(piece)),
    Stream.concat(Stream.succeed(endOfInput)),
    // A command may take its time to read: the daemon answers when there is room for the piece.
    Stream.runForEach((piece) => withRequestOptions(sendInput(piece), { timeout: Duration.infinity })),
    Effect.catchTags({
      InputRefused: () => Effect.void,
      SessionEnded: () => Effect.void,
      ShellExited: () => Effect.void
    })
  )

const showText = (running: Process.RunningProcess) =>
  Stream.runForEach(running.outputText, (text) => Output.show(Event, text, () => ""))

/** Writes the output as it is: what it does to a terminal is what the command is for, as with `ssh`. */
const copyBytes = (running: Process.RunningProcess) =>
  Stream.runForEach(running.output, ({ _tag, bytes }) =>
    write(_tag === "Stdout" ? process.stdout : process.stderr, bytes)
  )

/** How a command is run. */
export interface AttachedOptions extends Process.CommandOptions {
  readonly input: Input
  /** What is said about it when it is killed. */
  readonly what: string
}

/** Passes the first signal on to the command, which may then end as it likes. */
const passingSignalsOn = (box: Sandbox.ConnectedSandbox, directory: string) =>
  Effect.gen(function* () {
    const { firstSignal } = yield* Ending
    const received = yield* Deferred.make<Signal>()
    const runtime = yield* Effect.runtime()
    yield* firstSignal((signal) => Runtime.runFork(runtime)(Deferred.succeed(received, signal)))
    yield* Effect.forkScoped(
      Effect.gen(function* () {
        const signal = yield* Deferred.await(received)
        const sent = yield* Effect.exit(
          box.process.executeMerged(signalled(directory, signal.replace("SIG", "")), { timeout: "10 seconds" })
        )
        const failed = sent._tag === "Failure" || sent.value.exitCode !== 0
        yield* Output.note(
          dim(
            failed
              ? `${signal} could not be passed on; again to kill the command.`
              : `Passed ${signal} on; again to kill the command.`
          )
        )
      })
    )
  })

/** Runs a command to its end. Fails with its exit code, unless that is 0. */
export const runAttached = (
  box: Sandbox.ConnectedSandbox,
  words: ReadonlyArray<string>,
  { input, what, ...options }: AttachedOptions
) =>
  Effect.gen(function* () {
    const { json } = yield* Output.Output
    const directory = directoryOf(randomUUID())
    yield* passingSignalsOn(box, directory)
    const running = yield* during(`Starting ${what}`)(box.process.start(started(directory, input, words), options))
    const shown = json ? showText(running) : copyBytes(running)
    const fed = input === "sent" ? Effect.zipRight(feed(running), Effect.never) : Effect.never
    yield* Effect.raceFirst(shown, fed)
    const exitCode = yield* running.exitCode
    if (json) yield* Output.show(Event, { _tag: "Exit", exitCode }, () => "")
    yield* endedWith(what, exitCode)
  }).pipe(
    Effect.scoped,
    Effect.onExit((exit) =>
      exit._tag === "Failure" && Cause.isInterrupted(exit.cause)
        ? Output.note(dim(`Interrupted: killed ${what} in ${box.name}.`))
        : Effect.void
    )
  )
