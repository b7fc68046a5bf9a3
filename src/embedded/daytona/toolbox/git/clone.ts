/** The endpoint that clones a repository. */
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, integer, requiredText, text } from "../jsonBody.js"
import { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import { failures, refuse } from "./failures.js"
import * as goGit from "./goGit.js"
import * as Repository from "./Repository.js"

const Clone = Schema.Struct({
  url: requiredText,
  path: requiredText,
  ...Repository.credentialFields,
  branch: text,
  commit_id: text,
  insecure_skip_tls: flag,
  depth: integer
})

/** `POST /git/clone`: a single branch; with `commit_id`, HEAD is detached at that commit. */
export const clone = (context: Repository.GitContext): Handler => {
  const { generation } = context.machine
  const read = Repository.body(Clone)
  return (request) =>
    Effect.gen(function* () {
      const wanted = yield* read(request)
      const directory = yield* context.machine.resolve(wanted.path, "envelope")
      const before = yield* contents(directory)
      if (before?.includes(".git") === true) return yield* refuse(generation, failures.repositoryExists)
      const url = yield* Repository.checkedUrl(context, wanted.url, context.machine.workDir)
      yield* Repository.makeDirectory(directory)
      const repository = Repository.at(context, directory)
      const depth = generation === "current" && wanted.depth > 0 ? [`--depth=${wanted.depth}`] : []
      const args = [
        "--quiet",
        "--single-branch",
        "--no-local",
        ...(wanted.branch === "" ? [] : [`--branch=${wanted.branch}`]),
        ...depth
      ]
      const options = {
        credentials: Repository.credentialsOf(wanted),
        settings: wanted.insecure_skip_tls ? [["http.sslVerify", "false"] as const] : []
      }
      const cloning =
        (before ?? []).length === 0
          ? repository.run(["clone", ...args, "--", url, "."], options)
          : cloneAround(repository, ["clone", ...args], url, options)
      yield* cloning.pipe(
        // A failed clone leaves no directory behind.
        Effect.tapError(() =>
          before === undefined
            ? Effect.ignore(Repository.onDisk(() => rm(directory, { recursive: true, force: true })))
            : Effect.void
        ),
        Effect.mapError((refusal) =>
          generation === "0.190" && wanted.branch !== "" && refusal.message === failures.noReference.message
            ? noRemoteBranch(wanted.branch)
            : refusal
        )
      )
      if ((yield* Repository.headIfAny(repository)) === undefined) {
        yield* Repository.onDisk(() => rm(join(directory, ".git"), { recursive: true, force: true }))
        return yield* refuse(generation, failures.emptyRemote)
      }
      if (wanted.branch === "") yield* goGit.followHeadOnly(repository)
      if (wanted.commit_id !== "") yield* checkoutCommit(context, repository, wanted.commit_id)
      return responses.empty(200)
    })
}

const noRemoteBranch = (branch: string): Refusal =>
  new Refusal({ status: 500, message: `couldn't find remote ref "refs/heads/${branch}"`, old: "unprefixed" })

/** Unlike git, the daemon clones into a directory that is not empty, and overwrites existing files. */
const cloneAround = (
  repository: Repository.Repository,
  command: ReadonlyArray<string>,
  url: string,
  options: Parameters<Repository.Repository["run"]>[1]
) =>
  Effect.acquireUseRelease(
    Repository.onDisk(() => mkdtemp(join(repository.directory, ".clone-"))),
    (elsewhere) =>
      repository
        .run(
          [
            ...command,
            "--no-checkout",
            `--separate-git-dir=${join(repository.directory, ".git")}`,
            "--",
            url,
            elsewhere
          ],
          options
        )
        .pipe(Effect.zipRight(Repository.onDisk(() => rm(elsewhere, { recursive: true })))),
    (elsewhere) => Effect.ignore(Repository.onDisk(() => rm(elsewhere, { recursive: true, force: true })))
  ).pipe(
    Effect.zipRight(
      Effect.flatMap(Repository.headIfAny(repository), (hash) =>
        hash === undefined ? Effect.void : Effect.asVoid(repository.run(["reset", "--hard", "--quiet"]))
      )
    )
  )

/** Detaches HEAD at a commit, given by its full hash. */
export const checkoutCommit = (context: Repository.GitContext, repository: Repository.Repository, hash: string) =>
  Effect.flatMap(repository.tryRun(["cat-file", "-e", `${hash}^{commit}`]), (found) =>
    found === undefined || !/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i.test(hash)
      ? Effect.fail(refuse(context.machine.generation, failures.noObject))
      : Effect.asVoid(repository.run(["checkout", "--quiet", "--detach", hash]))
  )

const contents = (directory: string): Effect.Effect<ReadonlyArray<string> | undefined> =>
  Effect.orElseSucceed(
    Repository.onDisk(() => readdir(directory)),
    () => undefined
  )
