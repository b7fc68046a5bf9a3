/** Paths in a sandbox, as the daemon accepts them. */
import * as Schema from "effect/Schema"

const problemOf = (path: string): string | undefined => {
  if (path === "") return "must not be empty"
  if (path.includes("\0")) return "must not contain a NUL character"
  // The encoded bytes would be those of another path.
  if (/\p{Surrogate}/u.test(path)) return "must be well-formed text (it contains half of a surrogate pair)"
  if (path === "~" || path.startsWith("~/")) {
    return "begins with `~`, which is not expanded: use `Workspace.homeDirectory` (for a file of that name, `./~`)"
  }
  return undefined
}

/** Relative paths are relative to the work directory. `~` is not expanded, so a path that begins with it is refused. */
export const FilePath = Schema.String.pipe(Schema.filter(problemOf))

/**
 * A path in a form field. The daemon trims white space around it and slashes behind it, and would write another file.
 */
export const FormPath = FilePath.pipe(
  Schema.filter((path) => {
    if (path.trim() !== path) return "must not begin or end with white space in an upload"
    return /(^|\/)\.{0,2}$/.test(path) ? "must be the path of a file: it ends like that of a directory" : undefined
  })
)

/** Permissions as octal digits, such as `0644`. */
export const FileMode = Schema.String.pipe(
  Schema.pattern(/^[0-7]{3,5}$/, { message: () => "must be three to five octal digits, such as `0644`" })
)
