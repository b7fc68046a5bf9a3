/** The endpoints for branches. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { requiredText } from "../jsonBody.js"
import { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import * as goGit from "./goGit.js"
import * as Repository from "./Repository.js"

/** `GET /git/branches`: the local branches. */
export const list =
  (context: Repository.GitContext): Handler =>
  (request) =>
    Effect.gen(function* () {
      const repository = yield* Repository.ofQuery(context, request)
      const lines = yield* repository.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])
      const branches = lines.split("\n").filter((line) => line !== "")
      return context.machine.generation === "0.190"
        ? responses.json(200, { branches: branches.length === 0 ? null : branches })
        : responses.json(200, { branches, current: (yield* Repository.currentBranch(repository)) ?? "" })
    })

const Branch = Schema.Struct({ path: requiredText, name: requiredText })

/** `POST /git/branches`: creates a branch at HEAD and checks it out, at the cost of staged changes. */
export const create = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Branch)
  return (request) =>
    Effect.gen(function* () {
      const { name, path } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      yield* Repository.head(context, repository)
      if (yield* exists(repository, name)) return yield* branchExists(context, name)
      yield* goGit.createBranch(context, repository, name)
      return responses.empty(201)
    })
}

/** `DELETE /git/branches`: regardless of whether it is merged, current or exists at all. */
export const remove = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Branch)
  return (request) =>
    Effect.gen(function* () {
      const { name, path } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      yield* repository.run(["update-ref", "-d", `refs/heads/${name}`])
      return responses.empty(204)
    })
}

const Checkout = Schema.Struct({ path: requiredText, branch: requiredText })

/** `POST /git/checkout`: a local branch or a full commit hash, at the cost of staged changes and untracked files. */
export const checkout = (context: Repository.GitContext): Handler => {
  const read = Repository.body(Checkout)
  return (request) =>
    Effect.gen(function* () {
      const { branch, path } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      yield* goGit.checkout(context, repository, branch)
      return responses.empty(200)
    })
}

const exists = (repository: Repository.Repository, branch: string): Effect.Effect<boolean> =>
  Effect.map(
    repository.tryRun(["show-ref", "--verify", "--quiet", `refs/heads/${branch}`]),
    (output) => output !== undefined
  )

// The older daemon does not recognize this error of go-git.
const branchExists = ({ machine }: Repository.GitContext, name: string): Refusal =>
  new Refusal({
    status: machine.generation === "0.190" ? 500 : 409,
    message: `a branch named "refs/heads/${name}" already exists`,
    old: "unprefixed",
    code: "GIT_BRANCH_EXISTS"
  })
