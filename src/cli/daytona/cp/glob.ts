/** The paths that a pattern with `*`, `?` and `[ ]` stands for, in a sandbox or where no shell has done it. */
import * as Effect from "effect/Effect"
import ignore from "ignore"
import type { Failure } from "../../frame/failures.js"
import type { Tree } from "./Tree.js"

const isPattern = (text: string): boolean => /[*?[]/.test(text)

/** Whether the name of a file matches one part of a pattern. As in a shell, `*` leaves out hidden files. */
const matcher = (part: string) => {
  // At the beginning of a line and at its end, the language of `.gitignore` has signs of its own.
  const literal = part.replace(/^([!#])/, "\\$1").replace(/ +$/, (spaces) => spaces.replaceAll(" ", "\\ "))
  const rule = ignore({ ignorecase: false }).add(`/${literal}`)
  return (name: string): boolean => (!name.startsWith(".") || part.startsWith(".")) && rule.ignores(name)
}

/** The paths that match, in the order of their names. A path that exists as it is, is not a pattern. */
export const expand = (tree: Tree, pattern: string): Effect.Effect<ReadonlyArray<string>, Failure> =>
  Effect.gen(function* () {
    if (!isPattern(pattern) || (yield* tree.look(pattern)) !== undefined) return [pattern]
    const root = pattern.startsWith("/") ? "/" : "."
    let paths: ReadonlyArray<string> = [root]
    const parts = pattern.split("/").filter((part) => part !== "")
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1
      const next = yield* Effect.forEach(paths, (path) => {
        if (!isPattern(part)) return Effect.succeed([tree.join(path, part)])
        const matches = matcher(part)
        return tree
          .list(path)
          .pipe(
            Effect.map((entries) =>
              entries
                .filter(({ isFolder, name }) => (isLast || isFolder) && matches(name))
                .map(({ name }) => tree.join(path, name))
            )
          )
      })
      paths = next.flat()
    }
    // A part behind the last pattern may not exist everywhere.
    return yield* Effect.filter(paths, (path) => Effect.map(tree.look(path), (found) => found !== undefined))
  })
