/**
 * How a command runs. A command is declared with its options, which help and completions need; what it does is a module
 * of its own with a function `run`, loaded when it is called: so `--help` stays quick, however much there is to do.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Daytona } from "../../daytona.js"
import type { Stromboli } from "../../stromboli.js"
import type { CommandWords } from "./CommandWords.js"
import type { Ending } from "./Ending.js"
import type { Failure } from "./failures.js"
import * as Output from "./Output.js"
import type { CommonValues, DaytonaValues, StromboliValues } from "./options.js"
import { failureOf, report, reportDefect } from "./report.js"
import { layer as stderrLogger } from "./stderrLogger.js"

/** A failure that the user has been told about. */
export class Reported extends Data.TaggedError("Reported")<{ readonly exitCode: number }> {}

/**
 * What every command may use besides its {@link Output.Output}: files, the words after `--`, and a say in how the
 * process ends.
 */
export type Platform = FileSystem.FileSystem | Path.Path | CommandWords | Ending

/** A module that does what a command is for. */
interface Module<Values, E extends Failure, R> {
  readonly run: (values: Values) => Effect.Effect<void, E, R>
}

const told = <A, E extends Failure, R>(
  format: CommonValues,
  effect: Effect.Effect<A, E, R | Output.Output>
): Effect.Effect<A, Reported, Exclude<R, Output.Output>> =>
  Effect.flatMap(Output.make(format), (output) =>
    effect.pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          : Option.match(failureOf(cause), {
              onNone: () => reportDefect(output, cause),
              onSome: (failure) => report(output, failure, cause)
            }).pipe(Effect.flatMap((exitCode) => Effect.fail(new Reported({ exitCode }))))
      ),
      Effect.provide(stderrLogger(output)),
      Effect.provideService(Output.Output, output)
    )
  )

/** A command that needs no server: the handler of its declaration. */
export const local =
  <Values, E extends Failure>(
    load: () => Promise<Module<Values, E, Output.Output | Platform>>
  ): ((values: Values & CommonValues) => Effect.Effect<void, Reported, Platform>) =>
  (values) =>
    told(
      values,
      Effect.flatMap(Effect.promise(load), ({ run }) => run(values))
    )

/** A command that talks to a Stromboli server: the handler of its declaration. */
export const onStromboli =
  <Values, E extends Failure>(
    load: () => Promise<Module<Values, E, Output.Output | Platform | Stromboli.Stromboli>>
  ): ((values: Values & StromboliValues) => Effect.Effect<void, Reported, Platform>) =>
  (values) =>
    told(
      values,
      Effect.gen(function* () {
        const connection = yield* Effect.promise(() => import("./stromboliConnection.js"))
        const { run } = yield* Effect.promise(load)
        return yield* Effect.provide(run(values), connection.layer(values))
      })
    )

/** A command that talks to Daytona: the handler of its declaration. */
export const onDaytona =
  <Values, E extends Failure>(
    load: () => Promise<Module<Values, E, Output.Output | Platform | Daytona.Daytona>>
  ): ((values: Values & DaytonaValues) => Effect.Effect<void, Reported, Platform>) =>
  (values) =>
    told(
      values,
      Effect.gen(function* () {
        const connection = yield* Effect.promise(() => import("./daytonaConnection.js"))
        const { run } = yield* Effect.promise(load)
        return yield* Effect.provide(run(values), connection.layer(values))
      })
    )
