/** How the process ends when a signal ends it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** What a command can say about a signal that ends it. */
export class Ending extends Context.Tag("effect-sandboxes/cli/Ending")<
  Ending,
  {
    /** A signal is the way to end this command, so the exit code is 0. */
    readonly bySignal: Effect.Effect<void>
  }
>() {}

/** For a command that runs until a signal ends it: the exit code is 0 then. */
export const untilSignal: Effect.Effect<never, never, Ending> = Effect.flatMap(Ending, ({ bySignal }) =>
  Effect.zipRight(bySignal, Effect.never)
)
