/** The dependencies in a `pyproject.toml`, by PEP 621 (`[project]`) and PEP 735 (`[dependency-groups]`). */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type Checked, problem } from "../../../schema/daytona/image/text.js"
import { isLocalRequirement, splitMarker } from "./requirement.js"

const Strings = Schema.Array(Schema.String)

const Pyproject = Schema.Struct({
  project: Schema.optional(
    Schema.Struct({
      name: Schema.optional(Schema.String),
      dependencies: Schema.optional(Strings),
      dynamic: Schema.optional(Strings),
      "optional-dependencies": Schema.optional(Schema.Record({ key: Schema.String, value: Strings }))
    })
  ),
  "dependency-groups": Schema.optional(
    Schema.Record({
      key: Schema.String,
      value: Schema.Array(Schema.Union(Schema.String, Schema.Struct({ "include-group": Schema.String })))
    })
  )
})

export interface Pyproject extends Schema.Schema.Type<typeof Pyproject> {}

const lineOf = (error: unknown): string =>
  Predicate.hasProperty(error, "line") && typeof error.line === "number" ? ` at line ${error.line}` : ""

/** The parts of the file that name dependencies, or what is wrong with it. `parse` reads TOML. */
export const parsePyproject = (parse: (text: string) => unknown, text: string): Either.Either<Pyproject, string> =>
  Either.try({
    try: () => parse(text.replace(/^\uFEFF/, "")),
    catch: (error) => `which is not valid TOML${lineOf(error)}`
  }).pipe(
    Either.flatMap((value) =>
      Either.mapLeft(Schema.decodeUnknownEither(Pyproject)(value), (error) => {
        const [first] = ParseResult.ArrayFormatter.formatErrorSync(error)
        return `where \`${first?.path.map(String).join(".")}\` has the wrong type`
      })
    )
  )

/** Names of projects, extras and groups are the same if they differ only in case and in `-`, `_` and `.`. */
const normalized = (name: string): string => name.replace(/[-_.]+/g, "-").toLowerCase()

const byName = <A>(
  table: string,
  entries: Readonly<Record<string, A>> | undefined
): Checked<ReadonlyMap<string, { readonly name: string; readonly value: A }>> => {
  const found = new Map<string, { readonly name: string; readonly value: A }>()
  for (const [name, value] of Object.entries(entries ?? {})) {
    const other = found.get(normalized(name))
    if (other !== undefined) {
      return problem("path", `where \`${other.name}\` and \`${name}\` in \`${table}\` are the same name`)
    }
    found.set(normalized(name), { name, value })
  }
  return Either.right(found)
}

/** A requirement that is a name with extras. */
const named = /^([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?/

/** What is still to be resolved. Markers are those under which it is needed, all of which must apply. */
type Pending =
  | { readonly _tag: "Requirement"; readonly text: string; readonly markers: ReadonlyArray<string> }
  | {
      readonly _tag: "Extra"
      readonly name: string
      readonly markers: ReadonlyArray<string>
      readonly argument: string
    }
  | { readonly _tag: "Group"; readonly name: string; readonly argument: string }

/** Extras that name each other under ever new markers would otherwise not end. */
const limit = 10_000

const withMarkers = (text: string, markers: ReadonlyArray<string>): string =>
  markers.length === 0
    ? text
    : `${text} ; ${markers.length === 1 ? markers.join("") : markers.map((marker) => `(${marker})`).join(" and ")}`

/** Adds a marker, if it is new. */
const added = (markers: ReadonlyArray<string>, marker: string | undefined): ReadonlyArray<string> =>
  marker === undefined || markers.includes(marker) ? markers : [...markers, marker]

const unknown = (kind: string, { argument, name }: { readonly argument: string; readonly name: string }) =>
  argument === "path"
    ? problem("path", `which refers to the ${kind} \`${name}\`, but does not define it`)
    : problem(argument, `is \`${name}\`, which is not ${kind === "extra" ? "an extra" : "a dependency group"} in`)

/**
 * The dependencies of the project, of the given extras and of the given dependency groups. An extra that is named by a
 * requirement on the project itself (`all = ["my-project[test]"]`) stands for its requirements. Problems of the file
 * have the argument `path`.
 */
export const dependenciesOf = (
  { project, "dependency-groups": dependencyGroups }: Pyproject,
  extras: ReadonlyArray<string>,
  groups: ReadonlyArray<string>
): Checked<ReadonlyArray<string>> =>
  Either.gen(function* () {
    if (project === undefined && groups.length === 0) {
      return yield* problem(
        "path",
        "which has no table [project]; if another tool keeps its dependencies, export them to a requirements file"
      )
    }
    if (project?.dependencies === undefined && project?.dynamic?.includes("dependencies")) {
      return yield* problem(
        "path",
        "whose `dependencies` are dynamic, so only its build backend knows them; copy the project and install it with `run`"
      )
    }
    const knownExtras = yield* byName("optional-dependencies", project?.["optional-dependencies"])
    const knownGroups = yield* byName("dependency-groups", dependencyGroups)
    const requirements = (texts: ReadonlyArray<string>, markers: ReadonlyArray<string>): ReadonlyArray<Pending> =>
      texts.map((text) => ({ _tag: "Requirement", text, markers }))
    const pending: Array<Pending> = [
      ...requirements(project?.dependencies ?? [], []),
      ...extras.map(
        (name, index): Pending => ({
          _tag: "Extra",
          name,
          markers: [],
          argument: `options.optionalDependencies.${index}`
        })
      ),
      ...groups.map((name, index): Pending => ({ _tag: "Group", name, argument: `options.dependencyGroups.${index}` }))
    ].reverse()
    const found = new Set<string>()
    const seen = new Set<string>()
    const first = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined
    let count = 0
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (++count > limit) return yield* problem("path", `where more than ${limit} dependencies refer to each other`)
      if (next._tag === "Requirement") {
        const [text, marker] = splitMarker(next.text)
        const markers = added(next.markers, marker)
        const [, name = "", extrasOfIt = ""] = named.exec(text) ?? []
        if (project?.name !== undefined && normalized(name) === normalized(project.name)) {
          const names = extrasOfIt.split(",").filter((extra) => extra.trim() !== "")
          pending.push(
            ...names
              .reverse()
              .map((extra): Pending => ({ _tag: "Extra", name: extra.trim(), markers, argument: "path" }))
          )
        } else if (isLocalRequirement(text)) {
          return yield* problem(
            "path",
            `where the dependency \`${text}\` is a path on this machine, which the builder does not have; copy it with \`addLocalDir\`, and install it with \`pipInstall\` by its path in the image`
          )
        } else {
          found.add(markers.length === 0 || next.markers.length === 0 ? next.text : withMarkers(text, markers))
        }
        continue
      }
      const known = next._tag === "Extra" ? knownExtras : knownGroups
      if (!known.has(normalized(next.name))) {
        return yield* unknown(next._tag === "Extra" ? "extra" : "dependency group", next)
      }
      if (next._tag === "Extra") {
        if (!first(JSON.stringify([normalized(next.name), next.markers]))) continue
        pending.push(...requirements(knownExtras.get(normalized(next.name))?.value ?? [], next.markers).toReversed())
      } else if (first(normalized(next.name))) {
        const included = knownGroups.get(normalized(next.name))?.value ?? []
        pending.push(
          ...included
            .map(
              (each): Pending =>
                typeof each === "string"
                  ? { _tag: "Requirement", text: each, markers: [] }
                  : { _tag: "Group", name: each["include-group"], argument: "path" }
            )
            .reverse()
        )
      }
    }
    return [...found]
  })
