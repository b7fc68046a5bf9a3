/** What the methods of `Git` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import type { Git } from "./Git.js"

const { effect } = Arguments.methodsOf("daytona", "Git")

const { arrayOf, flag, optional, secret, struct, text, unnamed } = Arguments

const path = text
const credentials = struct({ username: text, password: secret })
const remote = { credentials, branch: text, remote: text }
const name = unnamed(struct({ name: text }))
const files = arrayOf(text)

export const checked = (methods: Git.Service): Git.Service =>
  withMethodSpans(
    "Daytona.Git",
    {
      ...methods,
      clone: effect(
        "clone",
        {
          options: unnamed(
            struct({
              url: text,
              path,
              credentials: optional(credentials),
              branch: optional(text),
              commitId: optional(text),
              insecureSkipTls: optional(flag),
              depth: optional(Arguments.count),
              overwrite: optional(flag)
            })
          )
        },
        methods.clone
      ),
      status: effect("status", { path }, methods.status),
      add: effect("add", { path, options: Arguments.options({ files }) }, methods.add),
      commit: effect(
        "commit",
        {
          path,
          options: unnamed(
            struct({ message: text, author: struct({ name: text, email: text }), allowEmpty: optional(flag) })
          )
        },
        methods.commit
      ),
      push: effect("push", { path, options: Arguments.options({ ...remote, setUpstream: flag }) }, methods.push),
      fetch: effect("fetch", { path, options: Arguments.options(remote) }, methods.fetch),
      pull: effect("pull", { path, options: Arguments.options({ ...remote, discardChanges: flag }) }, methods.pull),
      createBranch: effect("createBranch", { path, options: name }, methods.createBranch),
      deleteBranch: effect("deleteBranch", { path, options: name }, methods.deleteBranch),
      checkout: effect(
        "checkout",
        { path, options: unnamed(struct({ branch: text, discardChanges: optional(flag) })) },
        methods.checkout
      ),
      init: effect("init", { path, options: Arguments.options({ bare: flag, initialBranch: text }) }, methods.init),
      reset: effect("reset", { path, options: Arguments.options({ mode: text, target: text, files }) }, methods.reset),
      restore: effect(
        "restore",
        {
          path,
          options: unnamed(struct({ files, staged: optional(flag), worktree: optional(flag), source: optional(text) }))
        },
        methods.restore
      ),
      addRemote: effect(
        "addRemote",
        {
          path,
          remote: unnamed(struct({ name: text, url: text, fetch: optional(flag), overwrite: optional(flag) }))
        },
        methods.addRemote
      ),
      remote: effect("remote", { path, options: name }, methods.remote),
      getConfig: effect("getConfig", { key: text, location: Arguments.options({}) }, methods.getConfig),
      setConfig: effect("setConfig", { setting: unnamed(struct({ key: text, value: text })) }, methods.setConfig),
      configureUser: effect(
        "configureUser",
        { user: unnamed(struct({ name: text, email: text })) },
        methods.configureUser
      )
    },
    ["clone", "push", "pull", "createBranch", "checkout", "remote"]
  )
