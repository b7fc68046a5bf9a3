/**
 * What the library in the daemon does when it switches to another commit: HEAD moves first, then unstaged changes are
 * an error, and then everything else that differs is overwritten without a word.
 */
import * as Effect from "effect/Effect"
import { Refusal } from "../Refusal.js"
import { failures, refuse } from "./failures.js"
import * as Repository from "./Repository.js"

/** Overwrites index and files with the commit that HEAD is at, unless there are unstaged changes. */
export const resetToHead = (
  context: Repository.GitContext,
  repository: Repository.Repository
): Effect.Effect<void, Refusal> =>
  Effect.zipRight(
    Repository.nothingUnstaged(context, repository),
    Effect.asVoid(repository.run(["reset", "--quiet", "--hard", "HEAD"]))
  )

const switchTo = (context: Repository.GitContext, repository: Repository.Repository, branch: string) =>
  Effect.gen(function* () {
    const reference = `refs/heads/${branch}`
    if ((yield* repository.tryRun(["show-ref", "--verify", "--quiet", reference])) === undefined) {
      return yield* refuse(context.machine.generation, failures.noReference)
    }
    yield* repository.run(["symbolic-ref", "HEAD", reference])
    yield* resetToHead(context, repository)
  })

/** Creates a branch at HEAD and switches to it. */
export const createBranch = (context: Repository.GitContext, repository: Repository.Repository, name: string) =>
  Effect.zipRight(repository.run(["update-ref", `refs/heads/${name}`, "HEAD"]), switchTo(context, repository, name))

/**
 * Switches to a branch. When that fails, the name is taken for a hash, up to its first letter that is not hexadecimal:
 * by the older daemon always, by the newer one if the whole name can be a hash. A hash of zeros means the branch
 * `master`.
 */
export const checkout = (context: Repository.GitContext, repository: Repository.Repository, name: string) => {
  const hash = (/^(?:[0-9a-f]{2})*/i.exec(name)?.[0] ?? "").slice(0, 40).padEnd(40, "0").toLowerCase()
  const asCommit = Effect.gen(function* () {
    if ((yield* repository.tryRun(["cat-file", "-e", `${hash}^{commit}`])) === undefined) {
      return yield* refuse(context.machine.generation, failures.noObject)
    }
    yield* repository.run(["update-ref", "--no-deref", "HEAD", hash])
    yield* resetToHead(context, repository)
  })
  const asHash = Effect.mapError(/^0+$/.test(hash) ? switchTo(context, repository, "master") : asCommit, (refusal) =>
    failedCheckout(name, refusal)
  )
  return Effect.catchAll(switchTo(context, repository, name), (refusal) => {
    if (context.machine.generation === "0.190") return asHash
    const noBranch = refusal.message === failures.noReference.message ? branchNotFound(name) : undefined
    return /^(?:[0-9a-f]{2}){2,32}$/i.test(name)
      ? Effect.mapError(asHash, (failed) => noBranch ?? failed)
      : Effect.fail(noBranch ?? refusal)
  })
}

const failedCheckout = (name: string, { code, message, status }: Refusal): Refusal =>
  new Refusal({
    status,
    message: `failed to checkout branch or commit '${name}': ${message}`,
    old: status === 500 ? "unprefixed" : "envelope",
    code
  })

const branchNotFound = (name: string): Refusal =>
  new Refusal({
    status: 404,
    message: `branch ${JSON.stringify(name)} not found: branch not found`,
    old: "envelope",
    code: "GIT_BRANCH_NOT_FOUND"
  })

/** Moves the current branch forward to a commit. */
export const fastForward = (context: Repository.GitContext, repository: Repository.Repository, revision: string) =>
  Effect.zipRight(repository.run(["update-ref", "HEAD", revision]), resetToHead(context, repository))

/** Without a branch, a clone follows only the HEAD of the remote, and knows nothing about its branches. */
export const followHeadOnly = (repository: Repository.Repository) =>
  Effect.gen(function* () {
    const tracked = yield* repository.run(["for-each-ref", "--format=%(refname)", "refs/remotes/origin"])
    for (const reference of tracked.split("\n").filter((line) => line !== "")) {
      yield* repository.run(["update-ref", "--no-deref", "-d", reference])
    }
    yield* repository.run(["update-ref", "refs/remotes/origin/HEAD", "HEAD"])
    yield* repository.run(["config", "--replace-all", "remote.origin.fetch", "+HEAD:refs/remotes/origin/HEAD"])
  })
