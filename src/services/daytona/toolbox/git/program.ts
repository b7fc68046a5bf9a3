/** Runs scripts with the git program of a sandbox, each with a single request. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type ApiError, ServerError } from "../../../../errors/ApiError.js"
import { type GitFailure, GitProgramMissing } from "../../../../errors/daytona/git.js"
import type { RequestFailureFields } from "../../../../errors/RequestFailure.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { failuresOfProgram } from "./failures.js"
import type { ProgramOperation } from "./operations.js"
import type { Credentials } from "./options.js"
import { noProgram, variables } from "./scripts.js"

/** What to run, and on which repository. */
export interface Run {
  readonly path: string
  readonly script: string
  readonly credentials?: Partial<Credentials> | undefined
}

/** Git prints the URLs of remotes, with the credentials that somebody may have put into them. */
const withoutSecrets = (output: string, password: string | undefined): string => {
  const text = output.replace(/:\/\/[^\s/@]*@/g, "://")
  return password === undefined ? text : text.replaceAll(password, "<redacted>")
}

/** Everything that git wrote, for `detail`; errors hold at most this many characters. */
const longestDetail = 2000

/**
 * Runs a script. Fails with `GitProgramMissing` before anything has happened, with one of the given failures of git, or
 * with `ServerError`, each with the output of git as its `detail`.
 */
export const run = <Tag extends GitFailure["_tag"]>(
  toolbox: Toolbox.Service,
  operation: ProgramOperation,
  { credentials: { password, username } = {}, path, script }: Run,
  ...possible: ReadonlyArray<Tag>
): Effect.Effect<void, ApiError | GitProgramMissing | Extract<GitFailure, { readonly _tag: Tag }>> => {
  type Possible = Extract<GitFailure, { readonly _tag: Tag }>
  const isPossible = (failure: GitFailure): failure is Possible => possible.some((tag) => tag === failure._tag)
  const secret = password === undefined ? undefined : Redacted.value(password)
  const env =
    username === undefined || secret === undefined
      ? undefined
      : { [variables.username]: username, [variables.password]: secret }

  const failed = (detail: string, message: string): RequestFailureFields => ({
    system: "daytona",
    operation: operation.name,
    method: operation.method,
    path: operation.path,
    subject: path,
    sandboxId: toolbox.sandboxId,
    detail: detail.slice(0, longestDetail),
    message: `${operation.name} of ${path} ${message}`,
    attempts: 1,
    retryable: false,
    admitted: "no"
  })

  return toolbox.call(operation, { body: { command: script, env, timeout: operation.seconds }, subject: path }).pipe(
    Effect.flatMap(({ exitCode, result }): Effect.Effect<void, GitProgramMissing | ServerError | Possible> => {
      if (exitCode === 0) return Effect.void
      if (exitCode === noProgram) {
        const message = `needs the \`git\` program, which sandbox ${toolbox.sandboxId} does not have. Nothing was changed. Install git in the sandbox, or use an image that has it.`
        return Effect.fail(new GitProgramMissing(failed("git: not found", message)))
      }
      const detail = withoutSecrets(result.trim(), secret) || `git ended with exit code ${exitCode}`
      const fields = failed(detail, `failed: ${detail.slice(0, 500)}`)
      const known = failuresOfProgram(fields, detail).find(isPossible)
      return Effect.fail(known ?? new ServerError({ ...fields, admitted: "unknown" }))
    }),
    withRedaction(password === undefined ? undefined : { [variables.password]: password })
  )
}
