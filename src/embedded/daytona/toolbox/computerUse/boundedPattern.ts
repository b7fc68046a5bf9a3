/** Regular expressions of clients. */
import { createContext, Script } from "node:vm"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** How long a pattern may take for everything that it is applied to, in milliseconds. */
const budget = 1000

const script = new Script("pattern.test(text)")

/**
 * A pattern that matches nothing more once it has taken too long. The daemon's expressions take linear time;
 * JavaScript's may take exponential time, and nothing else happens in this process meanwhile.
 */
export const compile = (source: string): Either.Either<(text: string) => boolean, unknown> =>
  Either.map(
    Either.try(() => new RegExp(source)),
    (pattern) => {
      const given = { pattern, text: "" }
      const context = createContext(given)
      // Only code in a context can be stopped.
      const test = Option.liftThrowable((timeout: number) => script.runInContext(context, { timeout }))
      let left = budget
      return (text) => {
        if (left <= 0) return false
        given.text = text
        const began = performance.now()
        const matches = test(Math.ceil(left))
        left -= performance.now() - began
        return Option.getOrElse(matches, () => false) === true
      }
    }
  )
