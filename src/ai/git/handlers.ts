/** Works with git repositories. */
import * as Effect from "effect/Effect"
import { Git } from "../../services/daytona/toolbox/git/Git.js"
import { Process } from "../../services/daytona/toolbox/process/Process.js"
import { shellQuote } from "../../services/daytona/toolbox/shellText.js"
import { makeCapture } from "../capture.js"
import { failureOf, type ServiceFailure, saying, type Wording } from "../failures.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { InvalidArguments, ToolFailed, type ToolFailure } from "../ToolFailure.js"
import { grouped, linesWithin, oneLine } from "../text.js"
import { gitBranch, gitClone, gitCommit, gitDiff, gitLog, gitStatus, toolkit } from "./tools.js"

const mostCommits = 200

const longestEntry = 400

/** Nobody is there to be asked, and other programs of the sandbox may use the repository. */
const quietly = { GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", GIT_PAGER: "cat" }

const whatIs: Readonly<Record<string, string>> = {
  repository: "repository",
  reference: "branch or commit",
  remote: "remote",
  file: "file"
}

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const git = yield* Git
    const capture = yield* makeCapture(yield* Process, kit)

    const placed = (path: string): string => (path === "." ? "the work directory" : kit.named(path))

    const wordingOf =
      (path: string): Wording =>
      (reason, error) => {
        const name = placed(path)
        if (reason === "notFound") {
          const what = whatIs[error.what ?? ""]
          return what === "repository" || what === undefined
            ? `There is no git repository in ${name}.`
            : `There is no such ${what} in ${name}: ${saying(kit, error)}.`
        }
        if (reason === "nothingToCommit") return "There is nothing to commit."
        if (reason === "wouldLoseChanges") {
          return `Nothing was changed, because changes that are not committed would be lost: ${saying(kit, error)}. Commit them first.`
        }
        if (reason === "notPermitted") {
          return `The remote asks for a log-in, which the tools have not: ${saying(kit, error)}.`
        }
        if (reason === "notInstalled") return "The sandbox needs the program `git` for this."
        if (reason === "alreadyExists") return `It exists already: ${saying(kit, error)}.`
        return undefined
      }

    const about =
      (path: string) =>
      <A, R>(effect: Effect.Effect<A, ServiceFailure, R>): Effect.Effect<A, ToolFailure, R> =>
        Effect.mapError(effect, (error) =>
          // What git says and nobody has classified comes as an error of the daemon.
          error._tag === "ServerError" && error.detail !== undefined && error.status === 500
            ? new ToolFailed({ reason: "refused", message: `Git refused: ${saying(kit, error)}.` })
            : failureOf(kit, wordingOf(path))(error)
        )

    const program = (path: string, words: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const command = ["git", "-C", path, "--no-pager", ...words].map(shellQuote).join(" ")
        const result = yield* capture.run({ command, env: quietly, timeout: kit.timeout })
        if (result.exitCode === 0) return result
        const said = oneLine(result.output.replace(/^.*?fatal: /s, ""), 500)
        if (result.exitCode === 127) {
          return yield* new ToolFailed({
            reason: "notInstalled",
            message: "The sandbox needs the program `git` for this."
          })
        }
        const reason = /not a git repository|cannot change to|unknown revision|bad revision/i.test(said)
          ? "notFound"
          : "refused"
        return yield* new ToolFailed({ reason, message: `Git refused in ${placed(path)}: ${said}.` })
      })

    /** What begins with a dash is an option of git. */
    const plain = (argument: string, value: string | undefined) =>
      value?.startsWith("-") === true
        ? new InvalidArguments({ argument, message: `Nothing was done: \`${argument}\` must not begin with \`-\`.` })
        : Effect.void

    const withNote = (note: string | undefined) => (note === undefined ? {} : { note })

    /** Credentials go to the host that they are for. The host is read as any git would read it, so it must be plain. */
    const credentialsFor = (url: string) => {
      const host = /^https:\/\/([\w.-]+(?::\d+)?)\//i.exec(url)?.[1]?.toLowerCase().replace(/:443$/, "") ?? ""
      const credentials = Object.hasOwn(kit.gitCredentials, host) ? kit.gitCredentials[host] : undefined
      return credentials === undefined ? {} : { credentials }
    }

    const listed = (lines: ReadonlyArray<string>) => {
      const { isCut, shown, text } = linesWithin(lines, kit.room, (line) => oneLine(kit.mask.whole(line), longestEntry))
      return {
        text,
        note: isCut ? `Only the first ${grouped(shown)} of ${grouped(lines.length)} are shown.` : undefined
      }
    }

    return toolkit.of({
      git_clone: handler(gitClone, ({ branch, path, url }) =>
        Effect.gen(function* () {
          yield* about(path)(git.clone({ url, path, branch, ...credentialsFor(url) }))
          const { currentBranch } = yield* about(path)(git.status(path))
          return { path: kit.named(path), branch: kit.named(currentBranch) }
        })
      ),
      git_status: handler(gitStatus, ({ repository = "." }) =>
        Effect.gen(function* () {
          const { ahead, behind, branchPublished, currentBranch, fileStatus } = yield* about(repository)(
            git.status(repository)
          )
          const { note, text } = listed(
            fileStatus.map(({ name, staging, worktree }) =>
              staging === "Unmodified" || staging === worktree
                ? `${name}: ${worktree}`
                : `${name}: staged ${staging}${worktree === "Unmodified" ? "" : `, then ${worktree}`}`
            )
          )
          return {
            branch: kit.named(currentBranch),
            files: text,
            ...(branchPublished ? { ahead, behind } : {}),
            ...withNote(note)
          }
        })
      ),
      git_diff: handler(gitDiff, ({ file, from, repository = ".", staged = false }) =>
        Effect.gen(function* () {
          yield* plain("from", from)
          const { note, output } = yield* program(repository, [
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            ...(staged ? ["--cached"] : []),
            ...(from === undefined ? [] : [from]),
            "--",
            ...(file === undefined ? [] : [file])
          ])
          return { patch: output, ...withNote(note) }
        })
      ),
      git_log: handler(gitLog, ({ count = 20, file, repository = "." }) =>
        Effect.gen(function* () {
          const { note, output } = yield* program(repository, [
            "log",
            "--no-color",
            `--max-count=${Math.min(count, mostCommits)}`,
            "--date=short",
            "--format=%h %ad %an: %s",
            "--",
            ...(file === undefined ? [] : [file])
          ])
          return { commits: output.trimEnd(), ...withNote(note) }
        })
      ),
      git_commit: handler(gitCommit, ({ files, message, repository = "." }) =>
        Effect.gen(function* () {
          const [first, ...others] = files ?? ["."]
          if (first !== undefined) yield* about(repository)(git.add(repository, { files: [first, ...others] }))
          const commit = yield* about(repository)(git.commit(repository, { message, author: kit.gitAuthor }))
          return { commit }
        })
      ),
      git_branch: handler(gitBranch, ({ branch, create = false, repository = "." }) =>
        Effect.gen(function* () {
          if (branch !== undefined) {
            yield* about(repository)(
              create ? git.createBranch(repository, { name: branch }) : git.checkout(repository, { branch })
            )
          } else if (create) {
            const missing = "Nothing was done: `branch` must be given with `create`."
            return yield* new InvalidArguments({ argument: "branch", message: missing })
          }
          const { branches } = yield* about(repository)(git.branches(repository))
          const { currentBranch } = yield* about(repository)(git.status(repository))
          const { note, text } = listed(branches)
          return { branch: kit.named(currentBranch), branches: text, ...withNote(note) }
        })
      )
    })
  })
