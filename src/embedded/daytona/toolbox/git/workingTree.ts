/** The endpoints that initialize, reset and restore a working tree. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, optionalFlag, requiredText, text, texts } from "../jsonBody.js"
import type { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import { failures, refuse } from "./failures.js"
import * as Repository from "./Repository.js"

const Init = Schema.Struct({ path: requiredText, bare: flag, initial_branch: text })

/** `POST /git/init`: creates the directory if necessary. */
export const init = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Init)
  return (request) =>
    Effect.gen(function* () {
      const { bare, initial_branch, path } = yield* read(request)
      const repository = Repository.at(context, yield* context.machine.resolve(path, "envelope"))
      if ((yield* repository.tryRun(["rev-parse", "--git-dir"])) !== undefined) {
        return yield* refuse(context.machine.generation, failures.repositoryExists)
      }
      yield* Repository.makeDirectory(repository.directory)
      const branch = `--initial-branch=${initial_branch === "" ? "master" : initial_branch}`
      yield* repository.run(["init", "--quiet", branch, ...(bare ? ["--bare"] : [])])
      return responses.empty(201)
    })
}

const Reset = Schema.Struct({ path: requiredText, mode: text, target: text, files: texts })

const modes = ["soft", "mixed", "hard", "merge", "keep"]

/** `POST /git/reset`: moves the branch to a revision, or resets only the given files. */
export const reset = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Reset)
  return (request) =>
    Effect.gen(function* () {
      const { files, mode: given, path, target } = yield* read(request)
      const mode = given === "" ? "mixed" : given
      if (!modes.includes(mode)) {
        return yield* Repository.badRequest(`unsupported reset mode "${mode}" (supported: ${modes.join(", ")})`)
      }
      const repository = yield* Repository.open(context, path)
      const revision = yield* commitOf(repository, target === "" ? "HEAD" : target)
      // Git would keep unstaged changes; the daemon refuses.
      if (mode === "merge") yield* Repository.nothingUnstaged(context, repository)
      if (files.length === 0) {
        yield* repository.run(["reset", "--quiet", `--${mode}`, revision])
      } else if (mode === "mixed") {
        yield* repository.run(["reset", "--quiet", revision, "--", ...files])
      } else if (mode === "hard") {
        yield* repository.run(["restore", `--source=${revision}`, "--staged", "--worktree", "--", ...files])
      } else {
        return yield* Repository.badRequest(`reset mode "${mode}" takes no files`)
      }
      return responses.empty(200)
    })
}

const Restore = Schema.Struct({
  path: requiredText,
  files: Schema.Array(Schema.String),
  staged: optionalFlag,
  worktree: optionalFlag,
  source: text
})

/** `POST /git/restore`: restores files from the index or from a revision, by default in the working tree. */
export const restore = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Restore)
  return (request) =>
    Effect.gen(function* () {
      const { files, path, source, staged = false, worktree = !staged } = yield* read(request)
      if (files.length === 0) return yield* Repository.badRequest("at least one path is required")
      if (files.some((file) => file.includes("\0"))) {
        return yield* Repository.badRequest("a path must not contain NUL characters")
      }
      if (!staged && !worktree) return yield* Repository.badRequest("at least one of staged or worktree must be true")
      const repository = yield* Repository.open(context, path)
      const where = [...(staged ? ["--staged"] : []), ...(worktree ? ["--worktree"] : [])]
      const from = source === "" ? [] : [`--source=${yield* commitOf(repository, source)}`]
      yield* repository.run(["restore", "--quiet", ...where, ...from, "--", ...files])
      return responses.empty(200)
    })
}

/** The hash of a revision; 404 if there is no such commit. */
const commitOf = (repository: Repository.Repository, revision: string): Effect.Effect<string, Refusal> =>
  Effect.map(repository.run(["rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`]), (hash) =>
    hash.trim()
  )
