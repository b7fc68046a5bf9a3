/** The end of a program in a sandbox, whose exit code becomes ours. */
import * as Effect from "effect/Effect"
import { Ended } from "../frame/failures.js"

/** Fails unless the exit code is 0. One that no process can have, such as that of a lost shell, is 255. */
export const endedWith = (what: string, exitCode: number): Effect.Effect<void, Ended> =>
  exitCode === 0
    ? Effect.void
    : Effect.fail(
        new Ended({
          message: `${what} ended with exit code ${exitCode}`,
          exitCode: exitCode > 0 && exitCode < 256 ? exitCode : 255
        })
      )
