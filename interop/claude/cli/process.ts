/** Programs that are run to their end. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A program could not be started, took too long, or ended with another exit code than 0. */
export class ProgramFailed extends Data.TaggedError("ProgramFailed")<{ readonly message: string }> {}

export interface ProgramOptions {
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  readonly timeout: Duration.DurationInput
}

/** What a program prints on both outputs. */
export const outputOf = (
  program: string,
  args: ReadonlyArray<string>,
  options: ProgramOptions
): Effect.Effect<string, ProgramFailed, CommandExecutor.CommandExecutor> => {
  const failed = (reason: string) => new ProgramFailed({ message: `${program} ${args[0] ?? ""}: ${reason}` })
  return Effect.gen(function* () {
    const command = Command.make(program, ...args).pipe(
      Command.workingDirectory(options.directory),
      Command.env(options.environment ?? {}),
      Command.stdin(Stream.empty)
    )
    const child = yield* Command.start(command)
    const text = (bytes: typeof child.stdout) => Stream.mkString(Stream.decodeText(bytes))
    const [stdout, stderr, code] = yield* Effect.all([text(child.stdout), text(child.stderr), child.exitCode], {
      concurrency: "unbounded"
    })
    return code === 0 ? stdout + stderr : yield* failed(onOneLine(stderr) || onOneLine(stdout) || `exit code ${code}`)
  }).pipe(
    Effect.scoped,
    Effect.mapError((error) => (error._tag === "ProgramFailed" ? error : failed(error.message))),
    Effect.timeoutFail({ duration: options.timeout, onTimeout: () => failed("took too long") })
  )
}

const onOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ").slice(0, 300)
