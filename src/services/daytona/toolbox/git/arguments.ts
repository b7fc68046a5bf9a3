/** What the methods of `Git` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"

const { arrayOf, flag, optional, secret, struct, text, unnamed } = Arguments

const path = text
const credentials = struct({ username: text, password: secret })
const remote = { credentials, branch: text, remote: text }
const name = unnamed(struct({ name: text }))
const files = arrayOf(text)

export const checked = serviceMethods("daytona", "Git", {
  effects: {
    clone: {
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
    status: { path },
    add: { path, options: Arguments.options({ files }) },
    commit: {
      path,
      options: unnamed(
        struct({ message: text, author: struct({ name: text, email: text }), allowEmpty: optional(flag) })
      )
    },
    push: { path, options: Arguments.options({ ...remote, setUpstream: flag }) },
    fetch: { path, options: Arguments.options(remote) },
    pull: { path, options: Arguments.options({ ...remote, discardChanges: flag }) },
    createBranch: { path, options: name },
    deleteBranch: { path, options: name },
    checkout: { path, options: unnamed(struct({ branch: text, discardChanges: optional(flag) })) },
    init: { path, options: Arguments.options({ bare: flag, initialBranch: text }) },
    reset: { path, options: Arguments.options({ mode: text, target: text, files }) },
    restore: {
      path,
      options: unnamed(struct({ files, staged: optional(flag), worktree: optional(flag), source: optional(text) }))
    },
    addRemote: {
      path,
      remote: unnamed(struct({ name: text, url: text, fetch: optional(flag), overwrite: optional(flag) }))
    },
    remote: { path, options: name },
    getConfig: { key: text, location: Arguments.options({}) },
    setConfig: { setting: unnamed(struct({ key: text, value: text })) },
    configureUser: { user: unnamed(struct({ name: text, email: text })) }
  },
  spans: ["clone", "push", "pull", "createBranch", "checkout", "remote"]
})
