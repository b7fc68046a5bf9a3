/** What `console.log`, `JSON.stringify` and test runners show of values that hold services or connections. */
import { NodeInspectSymbol } from "effect/Inspectable"

/**
 * Makes a value print as its summary. Copies made by spreading do so, too: what they show is read from the copy.
 *
 * The methods are left out of the type: whoever replaces such a value, in a test, does not have to write them.
 */
export const shownAs = <A extends object>(value: A, summary: (self: A) => object): A =>
  Object.assign(value, {
    toJSON(this: A) {
      return summary(this)
    },
    [NodeInspectSymbol](this: A) {
      return summary(this)
    }
  })
