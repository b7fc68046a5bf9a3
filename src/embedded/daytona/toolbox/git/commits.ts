/** The endpoints that stage, commit and list commits. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, requiredText } from "../jsonBody.js"
import type { Handler } from "../Route.js"
import { classify, failures, refuse } from "./failures.js"
import * as Repository from "./Repository.js"

const Add = Schema.Struct({ path: requiredText, files: Schema.Array(Schema.String) })

/** `POST /git/add`: also stages deletions. `.` is everything. */
export const add = (context: Repository.GitContext): Handler => {
  const { generation } = context.machine
  const read = Repository.body(Add)
  return (request) =>
    Effect.gen(function* () {
      const { files, path } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      // Until one fails.
      for (const file of files) {
        yield* context.git
          .run(repository.directory, ["add", "--all", "--", file])
          .pipe(
            Effect.mapError((failed) =>
              /pathspec '.*' did not match/s.test(failed.stderr)
                ? refuse(generation, failures.noEntry)
                : classify(generation, failed)
            )
          )
      }
      return responses.empty(200)
    })
}

const Commit = Schema.Struct({
  path: requiredText,
  message: requiredText,
  author: requiredText,
  email: requiredText,
  allow_empty: flag
})

const nothingToCommit = /nothing to commit|nothing added to commit|no changes added to commit/

/** `POST /git/commit`: the author is also the committer; the message is not cleaned up. */
export const commit = (context: Repository.GitContext): Handler => {
  const { generation } = context.machine
  const read = Repository.body(Commit)
  return (request) =>
    Effect.gen(function* () {
      const { allow_empty, author, email, message, path } = yield* read(request)
      const repository = yield* Repository.open(context, path)
      const args = ["commit", "--no-verify", "--allow-empty-message", "--cleanup=verbatim", "--file=-"]
      yield* context.git
        .run(repository.directory, allow_empty ? [...args, "--allow-empty"] : args, {
          input: message,
          environment: {
            GIT_AUTHOR_NAME: author,
            GIT_AUTHOR_EMAIL: email,
            GIT_COMMITTER_NAME: author,
            GIT_COMMITTER_EMAIL: email
          }
        })
        .pipe(
          Effect.mapError((failed) =>
            nothingToCommit.test(failed.output)
              ? refuse(generation, failures.emptyCommit)
              : classify(generation, failed)
          )
        )
      return responses.json(200, { hash: (yield* repository.run(["rev-parse", "HEAD"])).trim() })
    })
}

const commitFields = ["%H", "%an", "%ae", "%aI", "%B"]

/** `GET /git/history`: all ancestors of HEAD. */
export const history =
  (context: Repository.GitContext): Handler =>
  (request) =>
    Effect.gen(function* () {
      const repository = yield* Repository.ofQuery(context, request)
      yield* Repository.head(context, repository)
      const log = yield* repository.run(["log", "-z", `--format=${commitFields.join("%x00")}`, "HEAD"])
      return responses.json(200, commitsIn(log))
    })

const commitsIn = (log: string): ReadonlyArray<unknown> => {
  const values = log.split("\0")
  const count = Math.floor(values.length / commitFields.length)
  return Array.from({ length: count }, (_, index) => {
    const [hash, author, email, timestamp, message] = values.slice(
      index * commitFields.length,
      (index + 1) * commitFields.length
    )
    // Go formats a zero offset as Z.
    return { hash, author, email, message, timestamp: timestamp?.replace(/\+00:00$/, "Z") }
  })
}
