/** The endpoints that push and pull. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, requiredText, text } from "../jsonBody.js"
import type { Handler } from "../Route.js"
import { failures, refuse } from "./failures.js"
import * as goGit from "./goGit.js"
import * as Repository from "./Repository.js"

const Push = Schema.Struct({
  path: requiredText,
  ...Repository.credentialFields,
  branch: text,
  remote: text,
  set_upstream: flag
})

/**
 * `POST /git/push`: pushes to the branch of the same name, fast-forward only. It succeeds when there is nothing to
 * push.
 */
export const push = (context: Repository.GitContext): Handler => {
  const isCurrent = context.machine.generation === "current"
  const read = Repository.body(Push)
  return (request) =>
    Effect.gen(function* () {
      const wanted = yield* read(request)
      const repository = yield* Repository.open(context, wanted.path)
      yield* Repository.head(context, repository)
      const branch = `refs/heads/${yield* branchOf(context, repository, wanted)}`
      const remote = yield* remoteOf(context, repository, wanted)
      const upstream = isCurrent && wanted.set_upstream ? ["--set-upstream"] : []
      yield* repository.run(["push", "--quiet", ...upstream, "--", remote, `${branch}:${branch}`], {
        credentials: Repository.credentialsOf(wanted)
      })
      return responses.empty(200)
    })
}

const Pull = Schema.Struct({ path: requiredText, ...Repository.credentialFields, branch: text, remote: text })

/**
 * `POST /git/pull`: fetches and fast-forwards; 409 if the branches have diverged. Without `branch`, which the older
 * daemon ignores, it pulls what the remote has checked out, whatever the current branch.
 */
export const pull = (context: Repository.GitContext): Handler => {
  const { generation } = context.machine
  const read = Repository.body(Pull)
  return (request) =>
    Effect.gen(function* () {
      const wanted = yield* read(request)
      const repository = yield* Repository.open(context, wanted.path)
      const remote = yield* remoteOf(context, repository, wanted)
      const reference = generation === "current" && wanted.branch !== "" ? `refs/heads/${wanted.branch}` : "HEAD"
      const credentials = Repository.credentialsOf(wanted)
      // Only what is configured: another branch may be known and its commits missing.
      yield* repository.run(["fetch", "--quiet", "--", remote], { credentials })
      const theirs = hashOf(reference, yield* repository.run(["ls-remote", "--", remote, reference], { credentials }))
      if (theirs === undefined) return yield* refuse(generation, failures.noReference)
      if ((yield* repository.tryRun(["cat-file", "-e", `${theirs}^{commit}`])) === undefined) {
        return yield* refuse(generation, failures.noObject)
      }
      if ((yield* repository.tryRun(["merge-base", "--is-ancestor", theirs, "HEAD"])) !== undefined) {
        return responses.empty(200)
      }
      const hasCommits = (yield* Repository.headIfAny(repository)) !== undefined
      if (hasCommits && (yield* repository.tryRun(["merge-base", "--is-ancestor", "HEAD", theirs])) === undefined) {
        return yield* refuse(generation, failures.diverged)
      }
      yield* goGit.fastForward(context, repository, theirs)
      return responses.empty(200)
    })
}

/** The hash of a reference in a list of lines with a hash, a tab and a name. */
const hashOf = (reference: string, advertised: string): string | undefined =>
  advertised
    .split("\n")
    .map((line) => line.split("\t"))
    .find(([, name]) => name === reference)?.[0]

interface TransferTarget {
  readonly branch: string
  readonly remote: string
}

// Only the newer daemon accepts a branch other than the current one.
const branchOf = (context: Repository.GitContext, repository: Repository.Repository, { branch }: TransferTarget) =>
  context.machine.generation === "current" && branch !== ""
    ? Effect.succeed(branch)
    : Effect.flatMap(Repository.currentBranch(repository), (current) =>
        current === undefined
          ? Effect.fail(refuse(context.machine.generation, failures.noReference))
          : Effect.succeed(current)
      )

const remoteOf = (context: Repository.GitContext, repository: Repository.Repository, { remote }: TransferTarget) => {
  const { generation } = context.machine
  const name = generation === "current" && remote !== "" ? remote : "origin"
  return Effect.gen(function* () {
    if ((yield* repository.tryRun(["config", "--get", `remote.${name}.url`])) === undefined) {
      return yield* refuse(generation, failures.noRemote)
    }
    // The URLs that git will use: its configuration may rewrite them, and a remote may have a separate push URL.
    for (const option of [["--all"], ["--push", "--all"]]) {
      const urls = (yield* repository.tryRun(["remote", "get-url", ...option, "--", name])) ?? ""
      yield* Effect.forEach(urls.split("\n"), (url) => Repository.checkedUrl(context, url, repository.directory))
    }
    return name
  })
}
