/** How the process ends when a signal ends it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The signals that end a process, and what a shell adds to 128 for them. */
export const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

/** A signal that ends a process. */
export type Signal = keyof typeof signals

/** What a command can say about a signal that ends it. */
export class Ending extends Context.Tag("effect-sandboxes/cli/Ending")<
  Ending,
  {
    /** A signal is the way to end this command, so the exit code is 0. */
    readonly bySignal: Effect.Effect<void>
    /** Until the scope closes, the first signal is for the command alone. The second one interrupts it as ever. */
    readonly firstSignal: (handle: (signal: Signal) => void) => Effect.Effect<void, never, Scope.Scope>
  }
>() {}

/** For a command that runs until a signal ends it: the exit code is 0 then. */
export const untilSignal: Effect.Effect<never, never, Ending> = Effect.flatMap(Ending, ({ bySignal }) =>
  Effect.zipRight(bySignal, Effect.never)
)
