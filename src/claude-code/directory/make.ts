/** The directory on top of a machine: what scripts and files do there. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import { withMethodSpans } from "../../internal/methodSpans.js"
import { shownAs } from "../../internal/shown.js"
import { ClaudePlaceFailed } from "../errors.js"
import { refused, worded } from "../failures.js"
import type { Changes } from "./Changes.js"
import * as clone from "./clone.js"
import * as comparison from "./comparison.js"
import type { WorkDirectoryError } from "./errors.js"
import { GitNotInstalled, WorkDirectoryFailed } from "./errors.js"
import type { Machine, NewFile, Printed } from "./Machine.js"
import * as scripts from "./snapshotScript.js"
import type { WorkDirectory } from "./WorkDirectory.js"

const mostFiles = 10_000
const mostBytes = 8 * 1024 * 1024
const defaults = { maxFiles: 1000, maxPatchBytes: 1024 * 1024 } as const

/** Arguments of one program have to fit in this many characters. */
const mostRules = 100_000

const isPath = (path: string): boolean =>
  path !== "" && !path.startsWith("/") && !path.includes("\0") && !path.split("/").includes("..")

const aPath: Arguments.Shape = Arguments.kind(
  (value) => typeof value === "string" && isPath(value),
  "must be a path within the directory: relative, and without `..`"
)

const upTo = (most: number): Arguments.Shape =>
  Arguments.kind(
    (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most,
    `must be a whole number up to ${most}`
  )

const directoryFields = {
  workingDirectory: Arguments.kind(
    (value) => typeof value === "string" && value !== "" && !value.includes("\0") && !/^~(\/|$)/.test(value),
    "must be a path; `~` is not expanded"
  )
}

const changesFields = {
  paths: Arguments.kind(
    (value) => Array.isArray(value) && value.length <= 1000 && value.join("").length <= mostRules,
    "must be at most 1000 paths"
  ),
  maxFiles: upTo(mostFiles),
  maxPatchBytes: upTo(mostBytes)
}

const content: Arguments.Shape = (value, field) =>
  Arguments.textOrBytes(value, field) === undefined
    ? undefined
    : Arguments.struct({ content: Arguments.textOrBytes, executable: Arguments.optional(Arguments.flag) })(value, field)

const refusals = {
  put: Arguments.refusalOf("claude-code", "WorkDirectory", "put", {
    files: Arguments.recordOf(content),
    options: Arguments.options(directoryFields)
  }),
  clone: Arguments.refusalOf("claude-code", "WorkDirectory", "clone", {
    options: Arguments.unnamed(clone.shape(directoryFields))
  }),
  snapshot: Arguments.refusalOf("claude-code", "WorkDirectory", "snapshot", {
    options: Arguments.options(directoryFields)
  }),
  changesOf: Arguments.refusalOf("claude-code", "WorkDirectory", "changesOf", {
    run: Arguments.kind(Effect.isEffect, "must be an effect"),
    options: Arguments.options({ ...directoryFields, ...changesFields })
  }),
  changes: Arguments.refusalOf("claude-code", "Snapshot", "changes", { options: Arguments.options(changesFields) })
}

const fileOf = ([path, given]: readonly [string, WorkDirectory.FileContent]): NewFile =>
  typeof given === "string" || given instanceof Uint8Array
    ? { path, content: given, executable: false }
    : { path, content: given.content, executable: given.executable === true }

const warningsIn = (stderr: string): ReadonlyArray<string> =>
  stderr
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 20)

/** `directory`: that of the layer, from which nothing is resolved. */
export const make = (machine: Machine, directory: string | undefined): WorkDirectory.Service => {
  const { place } = machine

  const directoryOf = ({ workingDirectory }: WorkDirectory.DirectoryOptions = {}) => workingDirectory ?? directory

  const failed = (operation: string, what: string, { stderr }: Printed, admitted: "no" | "yes" = "no") => {
    const said = stderr.trim().slice(-2000)
    return new WorkDirectoryFailed({
      place,
      operation,
      message: worded({ place, operation }, `${what}${said === "" ? "" : `: ${said}`}`),
      stderr: said,
      admitted
    })
  }

  const noGit = (operation: string) =>
    new GitNotInstalled({
      place,
      operation,
      message: worded(
        { place, operation },
        "there is no git. Install it with the package manager of the system (`apt-get install git`), or create the sandbox from an image that has it."
      )
    })

  /** Runs a script in an environment of its own, but for a few variables. */
  const inPrivate = (operation: string, script: string, args: ReadonlyArray<string>) =>
    machine.run({
      operation,
      script: scripts.inPrivate,
      args: [script, "sh", ...args]
    })

  const orFailure =
    (operation: string, what: string) =>
    (printed: Printed): Effect.Effect<Printed, GitNotInstalled | WorkDirectoryFailed> => {
      if (printed.exitCode === 0) return Effect.succeed(printed)
      if (printed.exitCode === scripts.noGit) return Effect.fail(noGit(operation))
      if (printed.exitCode === scripts.forgotten) {
        const gone = "the snapshot is gone: its scope has closed, or somebody has removed it from the temporary files"
        return Effect.fail(failed(operation, gone, printed))
      }
      return Effect.fail(failed(operation, what, printed))
    }

  const unreadable = (operation: string) =>
    new ClaudePlaceFailed({
      place,
      operation,
      message: worded({ place, operation }, "the place printed something else than what has changed"),
      retryable: false,
      admitted: "no"
    })

  const take = (operation: string, name: string, path: string, mayBeGone: boolean) =>
    inPrivate(operation, scripts.take, [name, path, mayBeGone ? "yes" : ""]).pipe(
      Effect.flatMap(
        (printed): Effect.Effect<Printed, InvalidRequest | GitNotInstalled | WorkDirectoryFailed> =>
          printed.exitCode === scripts.notThere
            ? Effect.fail(refused(operation, "workingDirectory", `does not exist: ${path}`))
            : orFailure(operation, "the directory could not be read")(printed)
      ),
      Effect.map(({ stderr, stdout }) => ({ tree: stdout.trim(), warnings: warningsIn(stderr) }))
    )

  const compare = (
    operation: string,
    name: string,
    trees: readonly [before: string, after: string],
    { maxFiles, maxPatchBytes, paths = [] }: WorkDirectory.ChangesOptions,
    rules: ReadonlyArray<string> = []
  ): Effect.Effect<Omit<Changes, "warnings">, WorkDirectoryError> => {
    const given = rules.map((rule) => `${rule}\n`).join("")
    return inPrivate(operation, scripts.compare, [
      name,
      ...trees,
      String(maxFiles ?? defaults.maxFiles),
      String(maxPatchBytes ?? defaults.maxPatchBytes),
      given.length > mostRules ? "* -diff\n" : given,
      ...paths
    ]).pipe(
      Effect.flatMap(orFailure(operation, "the directory could not be compared with the snapshot")),
      Effect.flatMap(({ stdout }) => {
        const compared = comparison.parse(stdout)
        if (compared === undefined) return Effect.fail(unreadable(operation))
        // Only links are as they were, to targets that are not UTF-8.
        return compared.rules.length === 0 || rules.length > 0
          ? Effect.succeed(compared.changes)
          : compare(operation, name, trees, { maxFiles, maxPatchBytes, paths }, compared.rules)
      })
    )
  }

  const begin = (
    operation: string,
    options: WorkDirectory.DirectoryOptions | undefined
  ): Effect.Effect<WorkDirectory.Snapshot, WorkDirectoryError, Scope.Scope> =>
    Effect.gen(function* () {
      const name = `effect-sandboxes-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`
      const path = directoryOf(options) ?? "."
      yield* machine.hold(`the snapshot ${name}`, inPrivate(operation, scripts.remove, [name]))
      const { tree } = yield* take(operation, name, path, false)
      const turn = yield* Effect.makeSemaphore(1)
      const asked = "Snapshot.changes"
      const methods: WorkDirectory.Snapshot = {
        changes: (limits = {}) => {
          const refusal = refusals.changes([limits])
          if (refusal !== undefined) return Effect.fail(refusal)
          const wrong = (limits.paths ?? []).findIndex((each) => aPath(each, "") !== undefined)
          if (wrong !== -1) return Effect.fail(refused(asked, `paths.${wrong}`, "must be a path within the directory"))
          return turn.withPermits(1)(
            Effect.flatMap(take(asked, name, path, true), (now) =>
              Effect.map(compare(asked, name, [tree, now.tree], limits), (changes) => ({
                ...changes,
                warnings: now.warnings
              }))
            )
          )
        }
      }
      return shownAs(withMethodSpans("ClaudeCode.Snapshot", methods, ["changes"]), () => ({ _id: "Snapshot", name }))
    })

  const methods: WorkDirectory.Service = {
    put: (files, options) => {
      const refusal = refusals.put([files, options])
      if (refusal !== undefined) return Effect.fail(refusal)
      const operation = "WorkDirectory.put"
      const wrong = Object.keys(files).find((path) => !isPath(path) || path.endsWith("/"))
      if (wrong !== undefined) {
        return Effect.fail(refused(operation, `files.${wrong}`, "must be a path within the directory, without `..`"))
      }
      const base = directoryOf(options) ?? "."
      const all = Object.entries(files).map(fileOf)
      return all.length === 0
        ? Effect.void
        : machine.write(
            operation,
            all.map((file) => ({ ...file, path: `${base}/${file.path}` }))
          )
    },
    clone: (options) => {
      const operation = "WorkDirectory.clone"
      const refusal = refusals.clone([options]) ?? clone.problemOf(operation, options)
      if (refusal !== undefined) return Effect.fail(refusal)
      return machine.run({ operation, ...clone.scriptOf(options, directoryOf(options) ?? ".") }).pipe(
        Effect.flatMap(orFailure(operation, `${options.url} could not be cloned`)),
        Effect.map(({ stdout }) => ({ commit: stdout.trim().split("\n").at(-1) ?? "" }))
      )
    },
    snapshot: (options) => {
      const refusal = refusals.snapshot([options])
      return refusal === undefined ? begin("WorkDirectory.snapshot", options) : Effect.fail(refusal)
    },
    changesOf: (run, options) => {
      const refusal = refusals.changesOf([run, options])
      if (refusal !== undefined) return Effect.fail(refusal)
      const { maxFiles, maxPatchBytes, paths } = options ?? {}
      return Effect.scoped(
        Effect.gen(function* () {
          const snapshot = yield* begin("WorkDirectory.changesOf", options)
          const result = yield* run
          return { result, changes: yield* snapshot.changes({ maxFiles, maxPatchBytes, paths }) }
        })
      )
    }
  }
  return shownAs(
    withMethodSpans("ClaudeCode.WorkDirectory", methods, ["put", "clone", "snapshot", "changesOf"]),
    () => ({
      _id: "WorkDirectory",
      place
    })
  )
}
