/**
 * Checks before the daemon may switch to another commit, for sandboxes without the git program: the daemon would
 * overwrite whatever is not committed. A change between the check and the request is not seen.
 */
import * as Effect from "effect/Effect"
import { GitDirtyWorktree, GitNotFound } from "../../../../errors/daytona/git.js"
import type { RequestFailureFields } from "../../../../errors/RequestFailure.js"
import type { Operation } from "../../../../internal/Operation.js"
import type { GitFileStatus } from "../../../../schema/daytona/toolbox/Git.js"
import type { Toolbox } from "../Toolbox.js"
import { classifyGitFailure } from "./failures.js"
import { operations } from "./operations.js"
import { isFullHash } from "./scripts.js"

type Guarded = Pick<Operation<string, never, never, void, never>, "name" | "method" | "path">

const unsent = (
  { sandboxId }: Toolbox.Service,
  { method, name, path: endpoint }: Guarded,
  path: string,
  why: string
): RequestFailureFields => ({
  system: "daytona",
  operation: name,
  method,
  path: endpoint,
  subject: path,
  sandboxId,
  message: `${name} of ${path} was not sent, and nothing was changed: ${why}`,
  attempts: 0,
  retryable: false,
  admitted: "no"
})

const isUntracked = ({ staging, worktree }: GitFileStatus): boolean =>
  staging === "Untracked" && worktree === "Untracked"

const shown = 5

/**
 * The current branch; fails when there are uncommitted changes, or, unless they are safe, files that git does not know.
 */
export const nothingToLose = (
  toolbox: Toolbox.Service,
  operation: Guarded,
  path: string,
  { untracked }: { readonly untracked: "safe" | "refused" }
) =>
  toolbox.call(operations.status, { query: { path }, subject: path }).pipe(
    classifyGitFailure("GitNotFound"),
    Effect.flatMap(({ currentBranch, fileStatus }) => {
      const files = fileStatus
        .filter((file) => untracked === "refused" || !isUntracked(file))
        .map(({ name }) => name)
        .sort()
      if (files.length === 0) return Effect.succeed(currentBranch)
      const named = `${files.slice(0, shown).join(", ")}${files.length > shown ? " and others" : ""}`
      const why = `without the \`git\` program in the sandbox, the daemon would overwrite what is not committed on ${currentBranch} (${named}). Commit the changes and move untracked files away, or install git in the sandbox.`
      return Effect.fail(new GitDirtyWorktree({ ...unsent(toolbox, operation, path, why), files }))
    })
  )

/** Fails when there is no such branch: the daemon would check out `master` instead, if there is one. */
export const existingBranch = (toolbox: Toolbox.Service, operation: Guarded, path: string, branch: string) =>
  isFullHash(branch)
    ? Effect.void
    : toolbox.call(operations.branches, { query: { path }, subject: path }).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.flatMap(({ branches }) => {
          if (branches.includes(branch)) return Effect.void
          const why = `there is no local branch ${branch}, and this is not the full hash of a commit`
          return Effect.fail(new GitNotFound({ ...unsent(toolbox, operation, path, why), what: "reference" }))
        })
      )
