/** The words after `--`: a command line of its own, of which nothing is ours. */
import * as Context from "effect/Context"

/** The words after `--`, as they were given. */
export class CommandWords extends Context.Tag("effect-sandboxes/cli/CommandWords")<
  CommandWords,
  ReadonlyArray<string>
>() {}

/** The commands that take a command line. `@effect/cli` would look for its own options in it. */
const takers = new Set(["exec", "python"])

/** Divides the arguments of a command at the first `--`, if it takes a command line. */
export const divided = (
  path: ReadonlyArray<string>,
  args: ReadonlyArray<string>
): { readonly own: ReadonlyArray<string>; readonly words: ReadonlyArray<string> } => {
  const end = takers.has(path.join(" ")) ? args.indexOf("--") : -1
  return end === -1 ? { own: args, words: [] } : { own: args.slice(0, end), words: args.slice(end + 1) }
}
