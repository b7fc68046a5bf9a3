/** The endpoints for git, and those through which the git program of the sandbox does what the daemon's cannot. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Operation from "../../../../internal/Operation.js"
import * as Wire from "../../../../schema/daytona/toolbox/Git.js"
import { operations as entries } from "../files/entries.js"
import { operations as processes } from "../process/operations.js"

/** Large repositories take long even without a network. */
const local = { timeout: "2 minutes" } as const

/** The daemon itself has no time limit. */
const remote = { timeout: "30 minutes", secretBody: true } as const

const success = Schema.Void

/** The daemon stops the program after the given time. */
const program = (name: string, timeout: Duration.DurationInput, retry: Operation.Any["retry"] = "unsent") => {
  const seconds = Duration.toSeconds(timeout)
  return { ...processes.executeMerged, name, retry, timeout: Duration.seconds(seconds + 5), seconds }
}

export type ProgramOperation = ReturnType<typeof program>

export const operations = {
  fetch: program("Git.fetch", remote.timeout, "always"),
  pullWithProgram: program("Git.pull", remote.timeout),
  createBranchWithProgram: program("Git.createBranch", local.timeout),
  checkoutWithProgram: program("Git.checkout", local.timeout, "always"),
  followClonedBranch: program("Git.clone", "30 seconds", "always"),
  cloneTarget: { ...entries.list, name: "Git.clone" },
  clone: Operation.make("Git.clone", "POST", "/git/clone", { body: Wire.GitCloneBody, success, ...remote }),
  status: Operation.make("Git.status", "GET", "/git/status", {
    query: Wire.GitPathQuery,
    success: Wire.GitStatus,
    ...local
  }),
  // Staging the same files again changes nothing.
  add: Operation.make("Git.add", "POST", "/git/add", { body: Wire.GitAddBody, success, retry: "always", ...local }),
  commit: Operation.make("Git.commit", "POST", "/git/commit", {
    body: Wire.GitCommitBody,
    success: Wire.GitCommitted,
    ...local
  }),
  push: Operation.make("Git.push", "POST", "/git/push", { body: Wire.GitPushBody, success, ...remote }),
  pull: Operation.make("Git.pull", "POST", "/git/pull", { body: Wire.GitPullBody, success, ...remote }),
  branches: Operation.make("Git.branches", "GET", "/git/branches", {
    query: Wire.GitPathQuery,
    success: Wire.GitBranches
  }),
  createBranch: Operation.make("Git.createBranch", "POST", "/git/branches", {
    body: Wire.GitBranchBody,
    success,
    ...local
  }),
  deleteBranch: Operation.make("Git.deleteBranch", "DELETE", "/git/branches", { body: Wire.GitBranchBody, success }),
  checkout: Operation.make("Git.checkout", "POST", "/git/checkout", {
    body: Wire.GitCheckoutBody,
    success,
    retry: "always",
    ...local
  }),
  history: Operation.make("Git.history", "GET", "/git/history", {
    query: Wire.GitPathQuery,
    success: Wire.GitHistory,
    ...local
  }),
  init: Operation.make("Git.init", "POST", "/git/init", { body: Wire.GitInitBody, success }),
  // `HEAD~1` is another commit the second time.
  reset: Operation.make("Git.reset", "POST", "/git/reset", { body: Wire.GitResetBody, success, ...local }),
  restore: Operation.make("Git.restore", "POST", "/git/restore", {
    body: Wire.GitRestoreBody,
    success,
    retry: "always",
    ...local
  }),
  addRemote: Operation.make("Git.addRemote", "POST", "/git/remotes", {
    body: Wire.GitAddRemoteBody,
    success,
    timeout: remote.timeout
  }),
  remotes: Operation.make("Git.remotes", "GET", "/git/remotes", {
    query: Wire.GitPathQuery,
    success: Wire.GitRemotes
  }),
  getConfig: Operation.make("Git.getConfig", "GET", "/git/config", {
    query: Wire.GitConfigQuery,
    success: Wire.GitSetting
  }),
  setConfig: Operation.make("Git.setConfig", "POST", "/git/config", {
    body: Wire.GitConfigBody,
    success,
    retry: "always"
  }),
  configureUser: Operation.make("Git.configureUser", "POST", "/git/config/user", {
    body: Wire.GitUserBody,
    success,
    retry: "always"
  }),
  storeCredentials: Operation.make("Git.dangerouslyStoreCredentials", "POST", "/git/credentials", {
    body: Wire.GitCredentialsBody,
    success,
    retry: "always",
    secretBody: true
  })
}
