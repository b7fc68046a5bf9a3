/** Git repositories in a sandbox. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../openLiteral.js"
import { snakeCase } from "../../snakeCase.js"
import { wireStruct } from "../../wireStruct.js"

const path = Schema.NonEmptyString

/** The state of a file in the index or in the working tree. */
export const GitFileState = openLiteral(
  "Unmodified",
  "Untracked",
  "Modified",
  "Added",
  "Deleted",
  "Renamed",
  "Copied",
  "Updated but unmerged"
)
export type GitFileState = typeof GitFileState.Type

const fileStatusFields = {
  /** Its path in the repository. */
  name: Schema.String,
  /** In the index: what would be committed. */
  staging: GitFileState,
  /** In the working tree, compared with the index. */
  worktree: GitFileState,
  /** Further information from git, such as the name before a rename. */
  extra: Schema.String
}

/** A file that differs from HEAD. */
export interface GitFileStatus extends Schema.Struct.Type<typeof fileStatusFields> {}
export const GitFileStatus = wireStruct(fileStatusFields, { absent: { extra: "" } })

const statusFields = {
  currentBranch: Schema.String,
  /** Only files that differ from HEAD, sorted by name. */
  fileStatus: Schema.Array(GitFileStatus),
  /** Whether the branch has an upstream; without one, `ahead` and `behind` are 0 and say nothing. */
  branchPublished: Schema.Boolean,
  /** Commits that are missing from the upstream. */
  ahead: Schema.Number,
  /** Commits that only the upstream has. */
  behind: Schema.Number,
  /** Whether HEAD is detached. Recent daemons only. */
  detached: Schema.optional(Schema.Boolean),
  /** Such as `origin/main`. Recent daemons only. */
  upstream: Schema.optional(Schema.String)
}

/** The state of a repository. */
export interface GitStatus extends Schema.Struct.Type<typeof statusFields> {}
export const GitStatus = wireStruct(statusFields, {
  absent: { currentBranch: "", fileStatus: [], branchPublished: false, ahead: 0, behind: 0 }
})

const branchesFields = {
  /** The local branches, sorted by name. */
  branches: Schema.Array(Schema.String),
  /** Recent daemons only. */
  current: Schema.optional(Schema.String)
}

/** The branches of a repository. */
export interface GitBranches extends Schema.Struct.Type<typeof branchesFields> {}
export const GitBranches = wireStruct(branchesFields, { absent: { branches: [] } })

const commitFields = {
  /** The full hash. */
  hash: Schema.String,
  author: Schema.String,
  email: Schema.String,
  message: Schema.String,
  /** ISO 8601. */
  timestamp: Schema.String
}

/** One commit of the history. */
export interface GitCommit extends Schema.Struct.Type<typeof commitFields> {}
export const GitCommit = wireStruct(commitFields)
export const GitHistory = Schema.NullOr(Schema.Array(GitCommit))

const remoteFields = { name: Schema.String, url: Schema.String }

/** A remote of a repository. */
export interface GitRemote extends Schema.Struct.Type<typeof remoteFields> {}
export const GitRemote = wireStruct(remoteFields)
export const GitRemotes = wireStruct({ remotes: Schema.Array(GitRemote) }, { absent: { remotes: [] } })

export const GitCommitted = wireStruct({ hash: Schema.String })

export const GitSetting = wireStruct({ value: Schema.optional(Schema.String) })

/** Where a git setting is stored: for the user, in one repository, or for the machine. */
export const GitConfigScope = Schema.Literal("global", "local", "system")
export type GitConfigScope = typeof GitConfigScope.Type

/** The option of `git reset` of that name. */
export const GitResetMode = Schema.Literal("soft", "mixed", "hard", "merge", "keep")
export type GitResetMode = typeof GitResetMode.Type

const optionalText = Schema.optional(Schema.NonEmptyString)
const flag = Schema.optional(Schema.Boolean)
const Secret = Schema.Redacted(Schema.NonEmptyString)

const optionalCredentials = { username: optionalText, password: Schema.optional(Secret) }

export const GitPathQuery = wireStruct({ path })

export const GitCloneBody = snakeCase({
  url: Schema.NonEmptyString,
  path,
  ...optionalCredentials,
  branch: optionalText,
  commitId: optionalText,
  insecureSkipTls: flag,
  depth: Schema.optional(Schema.Int.pipe(Schema.positive()))
})

export const GitAddBody = snakeCase({ path, files: Schema.NonEmptyArray(Schema.NonEmptyString) })

export const GitCommitBody = snakeCase({
  path,
  message: Schema.NonEmptyString,
  author: Schema.NonEmptyString,
  email: Schema.NonEmptyString,
  allowEmpty: flag
})

export const GitPullBody = snakeCase({ path, ...optionalCredentials, branch: optionalText, remote: optionalText })

export const GitPushBody = snakeCase({
  path,
  ...optionalCredentials,
  branch: optionalText,
  remote: optionalText,
  setUpstream: flag
})

export const GitBranchBody = snakeCase({ path, name: Schema.NonEmptyString })

export const GitCheckoutBody = snakeCase({ path, branch: Schema.NonEmptyString })

export const GitInitBody = snakeCase({ path, bare: flag, initialBranch: optionalText })

export const GitResetBody = snakeCase({
  path,
  mode: Schema.optional(GitResetMode),
  target: optionalText,
  files: Schema.optional(Schema.Array(Schema.NonEmptyString))
})

export const GitRestoreBody = snakeCase({
  path,
  files: Schema.NonEmptyArray(Schema.NonEmptyString),
  staged: flag,
  worktree: flag,
  source: optionalText
})

export const GitAddRemoteBody = snakeCase({
  path,
  name: Schema.NonEmptyString,
  url: Schema.NonEmptyString,
  fetch: flag,
  overwrite: flag
})

const scoped = { scope: Schema.optional(GitConfigScope), path: optionalText }

export const GitConfigQuery = wireStruct({ key: Schema.NonEmptyString, ...scoped })

export const GitConfigBody = snakeCase({ key: Schema.NonEmptyString, value: Schema.String, ...scoped })

export const GitUserBody = snakeCase({ name: Schema.NonEmptyString, email: Schema.NonEmptyString, ...scoped })

export const GitCredentialsBody = snakeCase({
  username: Schema.NonEmptyString,
  password: Secret,
  host: optionalText,
  protocol: optionalText
})
