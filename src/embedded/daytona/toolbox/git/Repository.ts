/** A git repository of the machine, and what the endpoints of git share. */
import { mkdir } from "node:fs/promises"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as jsonBody from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { DaemonRequest } from "../Route.js"
import { classify, failures, refuse } from "./failures.js"
import type { Credentials, Git, RunOptions } from "./Git.js"

/** The dependencies of the handlers of git. */
export interface GitContext {
  readonly machine: Machine
  readonly git: Git
}

/** Git in a repository of the machine, with failures as the daemon reports them. */
export interface Repository {
  readonly directory: string
  readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<string, Refusal>
  /** The output without its trailing newline; `undefined` if git fails. */
  readonly tryRun: (args: ReadonlyArray<string>) => Effect.Effect<string | undefined>
}

/** Git in a directory of the machine, which need not be a repository. */
export const at = ({ git, machine }: GitContext, directory: string): Repository => ({
  directory,
  run: (args, options) =>
    Effect.mapError(git.run(directory, args, options), (failed) => classify(machine.generation, failed)),
  tryRun: (args) => Effect.map(git.tryRun(directory, args), (output) => output?.trimEnd())
})

/** The repository in exactly this directory; 404 if there is none. */
export const open = (context: GitContext, path: string): Effect.Effect<Repository, Refusal> =>
  Effect.gen(function* () {
    const repository = at(context, yield* context.machine.resolve(path, "envelope"))
    yield* repository.run(["rev-parse", "--git-dir"])
    return repository
  })

/** The repository named in the query of a request. */
export const ofQuery = (context: GitContext, request: DaemonRequest): Effect.Effect<Repository, Refusal> => {
  const path = request.query.get("path") ?? ""
  return path === "" ? Effect.fail(badRequest("path is required")) : open(context, path)
}

/** The current commit; 404 in a repository without commits. */
export const head = (context: GitContext, repository: Repository): Effect.Effect<string, Refusal> =>
  Effect.flatMap(headIfAny(repository), (hash) =>
    hash === undefined ? Effect.fail(refuse(context.machine.generation, failures.noReference)) : Effect.succeed(hash)
  )

/** The same, or `undefined`. */
export const headIfAny = (repository: Repository): Effect.Effect<string | undefined> =>
  repository.tryRun(["rev-parse", "--verify", "--quiet", "HEAD"])

/** The name of the current branch, even if it has no commits; `undefined` when HEAD is detached. */
export const currentBranch = (repository: Repository): Effect.Effect<string | undefined> =>
  repository.tryRun(["symbolic-ref", "--quiet", "--short", "HEAD"])

/** Fails if there are unstaged changes, which the operation would overwrite. */
export const nothingUnstaged = (context: GitContext, repository: Repository): Effect.Effect<void, Refusal> =>
  Effect.flatMap(repository.tryRun(["diff", "--quiet"]), (clean) =>
    clean === undefined ? Effect.fail(refuse(context.machine.generation, failures.dirty)) : Effect.void
  )

export const body = <A, I>(schema: Schema.Schema<A, I>) =>
  jsonBody.reader(schema, (problem) => badRequest(jsonBody.invalid(problem)))

/** Creates a directory and its parents. */
export const makeDirectory = (path: string): Effect.Effect<void, Refusal> =>
  Effect.asVoid(onDisk(() => mkdir(path, { recursive: true })))

/** An operation on the file system, whose failures the daemon passes on. */
export const onDisk = <A>(work: () => Promise<A>): Effect.Effect<A, Refusal> =>
  Effect.tryPromise({
    try: work,
    catch: (error) => new Refusal({ status: 500, message: String(error), old: "unprefixed" })
  })

export const badRequest = (message: string): Refusal => new Refusal({ status: 400, message, old: "envelope" })

/**
 * Checks a URL before git uses it: a path on this computer must be inside the sandbox, even if a foreign repository
 * names it. Relative paths start at `base`.
 */
export const checkedUrl = ({ machine }: GitContext, address: string, base: string): Effect.Effect<string, Refusal> => {
  const file = /^file:\/\/(?:localhost)?(?=\/)/i.exec(address)?.[0]
  // A path; anything with a colon before the first slash is a URL.
  if (file === undefined && /^[^/]*:/.test(address)) return Effect.succeed(address)
  const path = resolve(base, file === undefined ? address : decoded(address.slice(file.length)))
  return Effect.as(machine.resolve(path, "envelope"), file === undefined ? path : address)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The fields of a request that may carry credentials. */
export const credentialFields = { username: jsonBody.text, password: jsonBody.text }

/** Credentials are used only when both are given. */
export const credentialsOf = (given: Credentials): Credentials | undefined =>
  given.username === "" || given.password === "" ? undefined : given
