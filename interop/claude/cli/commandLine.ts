/** What `npm run test:claude` can be told. */
import * as Either from "effect/Either"

export interface CommandLine {
  /** The version to install into a temporary folder; absent for the one of the lock file. */
  readonly version: string | undefined
  /** The areas to drive, by name; empty for all of them. */
  readonly areas: ReadonlyArray<string>
}

export const parse = (args: ReadonlyArray<string>): Either.Either<CommandLine, string> => {
  const at = args.indexOf("--version")
  const version = at === -1 ? undefined : args[at + 1]
  const areas = args.filter((_, index) => at === -1 || (index !== at && index !== at + 1))
  if (at !== -1 && (version === undefined || version.startsWith("-"))) return Either.left("--version needs a version")
  const unknown = areas.find((area) => area.startsWith("-"))
  return unknown === undefined ? Either.right({ version, areas }) : Either.left(`unknown option ${unknown}`)
}
