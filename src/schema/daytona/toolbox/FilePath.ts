/** Paths in a sandbox, as its daemon takes them. */
import * as Schema from "effect/Schema"

const problemOf = (path: string): string | undefined => {
  if (path === "") return "must not be empty"
  if (path.includes("\0")) return "must not contain a NUL character"
  // The bytes that go out would be those of another path.
  if (/\p{Surrogate}/u.test(path)) return "must be well-formed text (it holds half of a surrogate pair)"
  if (path === "~" || path.startsWith("~/")) {
    return "begins with `~`, which nobody expands: `Workspace.homeDirectory` is where that is (a file of that name is `./~`)"
  }
  return undefined
}

/** Relative ones are relative to the work directory. `~` is not expanded, so a path that seems to hope for it is refused. */
export const FilePath = Schema.String.pipe(Schema.filter(problemOf))

/**
 * As the fields of a form carry them: the daemon takes off the white space around those, and would write another file.
 */
export const FormPath = FilePath.pipe(
  Schema.filter((path) => (path.trim() === path ? undefined : "must not begin or end with white space in an upload"))
)

/** Permissions as octal digits, such as `0644`. */
export const FileMode = Schema.String.pipe(
  Schema.pattern(/^[0-7]{3,5}$/, { message: () => "must be three to five octal digits, such as `0644`" })
)
