/** Git repositories. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { Count, FilledText, Flag, note, repository } from "../parameters.js"

export const gitClone = define("git_clone", {
  title: "Clone a repository",
  description: "Clones one branch of a git repository over HTTPS into a new or empty directory.",
  effects: { reachesOut: true },
  parameters: {
    url: described(FilledText, "Such as `https://github.com/owner/name.git`, without a user name or token."),
    path: described(FilledText, "The new directory."),
    branch: optional(FilledText, "The branch. Default: that of the remote.")
  },
  success: Schema.Struct({
    path: Schema.String,
    branch: Schema.String,
    ...note
  })
})

export const gitStatus = define("git_status", {
  title: "Git status",
  description:
    "Shows the current branch, and the files that differ from the last commit: the staged and other changes.",
  effects: { reads: true },
  parameters: { repository },
  success: Schema.Struct({
    branch: Schema.String,
    /** One file a line, with its state in the index and in the working tree; empty when nothing has changed. */
    files: Schema.String,
    /** Commits that the upstream does not have; absent when there is no upstream. */
    ahead: Schema.optional(Schema.Number),
    /** Commits that only the upstream has. */
    behind: Schema.optional(Schema.Number),
    ...note
  })
})

export const gitDiff = define("git_diff", {
  title: "Git diff",
  description:
    "Shows changes as a patch: by default those of the working tree that are not staged. New files that were never " +
    "added are not in it. A long patch is cut in the middle: ask for one file then.",
  effects: { reads: true },
  parameters: {
    repository,
    file: optional(FilledText, "Only this file or directory, relative to the repository."),
    staged: optional(Flag, "What is staged for the next commit, instead. Default false."),
    from: optional(FilledText, "A commit or branch to compare with, such as `HEAD` or `main`. Default: the index.")
  },
  success: Schema.Struct({
    /** Empty when there are no changes. */
    patch: Schema.String,
    ...note
  })
})

export const gitLog = define("git_log", {
  title: "Git log",
  description: "Shows the newest commits of the current branch: short hash, date, author and subject, one a line.",
  effects: { reads: true },
  parameters: {
    repository,
    count: optional(Count, "How many commits, at most 200. Default 20."),
    file: optional(FilledText, "Only commits that changed this file or directory, relative to the repository.")
  },
  success: Schema.Struct({
    commits: Schema.String,
    ...note
  })
})

export const gitCommit = define("git_commit", {
  title: "Commit",
  description: "Stages files and commits them. Nothing is pushed. Fails when nothing is staged.",
  effects: {},
  parameters: {
    repository,
    message: described(FilledText, "The commit message."),
    files: optional(
      Schema.Array(FilledText),
      "The files to stage, relative to the repository, deleted ones too. Default: all changes. An empty list: only " +
        "what is staged already."
    )
  },
  success: Schema.Struct({
    /** The full hash. */
    commit: Schema.String,
    ...note
  })
})

export const gitBranch = define("git_branch", {
  title: "Git branches",
  description:
    "Without `branch`: lists the local branches. With it: checks the branch out, or creates it first. Changes that are " +
    "not committed stay; when they would be overwritten, nothing is changed and the call fails.",
  effects: {},
  parameters: {
    repository,
    branch: optional(FilledText, "The branch to check out."),
    create: optional(Flag, "Creates the branch at the current commit. Default false.")
  },
  success: Schema.Struct({
    /** The current branch. */
    branch: Schema.String,
    /** The local branches, one a line. */
    branches: Schema.String,
    ...note
  })
})

export const toolkit = Toolkit.make(
  gitClone.tool,
  gitStatus.tool,
  gitDiff.tool,
  gitLog.tool,
  gitCommit.tool,
  gitBranch.tool
)
