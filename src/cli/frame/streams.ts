/** Standard output and standard error of the process. */
import * as Effect from "effect/Effect"
import { OutputClosed } from "./failures.js"

/** What this process knows about one of its streams. */
export interface Terminal {
  readonly isTerminal: boolean
  readonly colours: boolean
}

/**
 * Writes a text and waits until it is on its way, so that nothing is lost when the process ends, and a slow reader
 * slows the command down. Fails when the reader has gone.
 */
export const write = (stream: NodeJS.WriteStream, text: string | Uint8Array): Effect.Effect<void, OutputClosed> =>
  Effect.async((resume) => {
    stream.write(text, (problem) =>
      resume(
        problem === undefined || problem === null
          ? Effect.void
          : Effect.fail(new OutputClosed({ message: `The output is closed: ${problem.message}` }))
      )
    )
  })

/** What is set in the environment about colours. Empty variables count as unset, as the convention says. */
export interface ColourSettings {
  readonly NO_COLOR: string | undefined
  readonly FORCE_COLOR: string | undefined
  readonly TERM: string | undefined
}

/** Whether to send colours: `NO_COLOR` is asked first, then `FORCE_COLOR`, then whether there is a terminal. */
export const wantsColours = (isTerminal: boolean, settings: ColourSettings): boolean => {
  const { FORCE_COLOR: force, NO_COLOR: never, TERM: term } = settings
  if (never !== undefined && never !== "") return false
  if (force !== undefined && force !== "") return force !== "0" && force !== "false"
  return isTerminal && term !== "dumb"
}
