/** A program, such as the CLI, as a process in a sandbox of Daytona. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { finalizerRequest } from "../../internal/finalizerRequest.js"
import { Files } from "../../services/daytona/toolbox/files/Files.js"
import type { Process } from "../../services/daytona/toolbox/process/Process.js"
import { uniqueName } from "../../services/daytona/toolbox/scopedCreation.js"
import { cannotEnter } from "../../services/daytona/toolbox/shellText.js"
import { Workspace } from "../../services/daytona/toolbox/Workspace.js"
import { streamWithRedaction, withRedaction } from "../../services/daytona/toolbox/withRedaction.js"
import type { ClaudeProcess, Invocation, ProcessExit } from "../ClaudeProcess.js"
import { ClaudeNotInstalled, ClaudePlaceFailed } from "../errors.js"
import { lineTooLong, refused, worded } from "../failures.js"
import * as bridge from "./bridge.js"
import * as Input from "./input.js"
import * as Output from "./output.js"

export const name = "sandbox"

/** What a failure of a sandbox says about itself. */
interface SandboxFailure {
  readonly _tag: string
  readonly message: string
  readonly retryable: boolean
}

/** Exit codes of a shell for programs that a signal ended. */
const signals: Readonly<Record<number, string>> = {
  129: "SIGHUP",
  130: "SIGINT",
  131: "SIGQUIT",
  134: "SIGABRT",
  137: "SIGKILL",
  139: "SIGSEGV",
  141: "SIGPIPE",
  143: "SIGTERM"
}

/** A program may also exit with such a code by itself, which nobody can tell apart. */
const exitOf = (exitCode: number, stderr: string): ProcessExit => {
  const signal = signals[exitCode]
  return signal === undefined ? { exitCode, stderr } : { exitCode, signal, stderr }
}

const failed = (
  operation: string,
  what: string,
  { cause, admitted }: { readonly cause?: SandboxFailure; readonly admitted: ClaudePlaceFailed["admitted"] }
): ClaudePlaceFailed =>
  new ClaudePlaceFailed({
    place: name,
    operation,
    message: worded({ place: name, operation }, `${what}${cause === undefined ? "" : `: ${cause.message}`}`),
    ...(cause === undefined ? {} : { cause }),
    // What may have been paid for is not to be repeated without a look.
    retryable: cause?.retryable === true && admitted === "no",
    admitted
  })

type NotStarted = InvalidRequest | ClaudeNotInstalled | ClaudePlaceFailed

/** The command is ours, so it can only be the directory that is invalid. */
const ofDirectory = (operation: string, { message }: InvalidRequest): InvalidRequest =>
  refused(operation, "workingDirectory", message.split("`cwd` ").at(-1) ?? message)

const notInstalled = (operation: string, command: string, sandboxId: string): ClaudeNotInstalled =>
  new ClaudeNotInstalled({
    place: name,
    operation,
    command,
    message: worded(
      { place: name, operation },
      `there is no \`${command}\` in sandbox ${sandboxId}. Create the sandbox from an image that has it (\`addClaudeCode\`), or let \`layerSandbox\` install it (\`install\`).`
    )
  })

/** Starts a program. It and everything that it starts ends with the scope. */
export const start = (
  process: Process.Service,
  store: Input.Store,
  words: readonly [program: string, ...args: ReadonlyArray<string>],
  { args, environment, operation, workingDirectory }: Invocation
): Effect.Effect<ClaudeProcess, NotStarted, Scope.Scope> =>
  Effect.gen(function* () {
    const notStarted = (cause: SandboxFailure) =>
      failed(operation, "Claude Code could not be started in the sandbox", { cause, admitted: "no" })
    const redacted = withRedaction(environment)
    const running = yield* Effect.mapError(
      redacted(process.start(bridge.script([...words, ...args]), { cwd: workingDirectory })),
      (error): NotStarted => (error._tag === "InvalidRequest" ? ofDirectory(operation, error) : notStarted(error))
    )
    const { sandboxId } = running.handle
    const printed = streamWithRedaction(environment)(running.output)
    const exitCode = redacted(running.exitCode)
    let isKilled = false

    const input = yield* Input.make(running.sendInput, environment, store)
    yield* Effect.catchAll(input.start, (error) =>
      // It has ended already, and its output says why.
      error._tag === "InputRefused" ? Effect.void : Effect.fail(notStarted(error))
    )
    const tooLong = () => failed(operation, lineTooLong, { admitted: "unknown" })
    const output = yield* Output.read(printed, () => isKilled, tooLong)
    const exit = (stderr: string) => Effect.map(exitCode, (code) => exitOf(code, stderr))

    /** Why the program was not started, by the exit code of the script. */
    const whyNot = Effect.flatMap(Effect.mapError(exitCode, notStarted), (code): Effect.Effect<never, NotStarted> => {
      const stderr = output.stderr().trim()
      if (stderr.includes(bridge.notFoundNotice)) return Effect.fail(notInstalled(operation, words[0], sandboxId))
      if (code === cannotEnter) {
        return Effect.fail(
          refused(operation, "workingDirectory", `cannot be entered in sandbox ${sandboxId}: ${stderr}`)
        )
      }
      const what = `the shell in sandbox ${sandboxId} ended with exit code ${code} before it had started Claude Code`
      return Effect.fail(failed(operation, `${what}${stderr === "" ? "" : `: ${stderr}`}`, { admitted: "no" }))
    })
    const [, ...early] = yield* Effect.catchAll(output.next, (end) =>
      Option.match(end, { onNone: () => whyNot, onSome: (cause) => Effect.fail(notStarted(cause)) })
    )

    const lost = (cause: SandboxFailure): ClaudePlaceFailed =>
      failed(operation, `the connection to Claude Code in sandbox ${sandboxId} was lost`, {
        cause,
        admitted: "unknown"
      })

    const toProcess = <E extends SandboxFailure>(sending: Effect.Effect<void, E>) =>
      Effect.catchAll(sending, (error) =>
        isKilled || error._tag === "InputRefused" ? Effect.void : Effect.fail(lost(error))
      )

    return {
      write: (line) => toProcess(input.write(line)),
      closeInput: toProcess(input.close),
      lines: Stream.concat(
        Stream.fromIterable(early),
        Stream.repeatEffectChunkOption(
          Effect.mapBoth(output.next, {
            onFailure: Option.map((cause) => (cause._tag === "ClaudePlaceFailed" ? cause : lost(cause))),
            onSuccess: Chunk.fromIterable
          })
        )
      ),
      exit: Effect.suspend(() =>
        output.hasEnded() ? exit(output.stderr()) : Effect.flatMap(Output.endOfStderr(printed), exit)
      ).pipe(
        Effect.catchAll((error) =>
          isKilled ? Effect.succeed({ exitCode: undefined, stderr: output.stderr() }) : Effect.fail(lost(error))
        )
      ),
      kill: Effect.suspend(() => {
        isKilled = true
        return Effect.mapError(redacted(running.kill), lost)
      })
    }
  })

/** Keeps long lines in the home directory, where they are no part of anybody's work. */
export const storeIn: Effect.Effect<Input.Store, never, Files | Workspace> = Effect.gen(function* () {
  const files = yield* Files
  const workspace = yield* Workspace
  return (text) =>
    Effect.gen(function* () {
      const path = `${yield* workspace.homeDirectory}/.effect-sandboxes/input-${yield* uniqueName}`
      yield* Effect.addFinalizer(() => Effect.ignore(finalizerRequest(files.delete(path))))
      yield* files.upload(path, text)
      return path
    })
})
