/** What the methods of `Snapshots` take. */

import * as Arguments from "../../../internal/arguments.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import { image } from "../sandboxes/arguments.js"
import type { Snapshots } from "./Snapshots.js"

const { effect, stream } = Arguments.methodsOf("daytona", "Snapshots")

const options = Arguments.options({ ...Arguments.polling, timeout: Arguments.duration })
const parameters: Arguments.Parameters = {
  image,
  entrypoint: Arguments.optional(Arguments.arrayOf(Arguments.text))
}
const created = { snapshot: Arguments.unnamed(Arguments.struct(parameters)), options }
const snapshot = Arguments.text

export const checked = (methods: Snapshots.Service): Snapshots.Service =>
  withMethodSpans(
    "Daytona.Snapshots",
    {
      ...methods,
      create: effect("create", created, methods.create),
      createWithLogs: stream("createWithLogs", created, methods.createWithLogs),
      getOrCreate: effect(
        "getOrCreate",
        {
          snapshot: Arguments.unnamed(Arguments.struct({ ...parameters, key: Arguments.text })),
          options: Arguments.options({
            ...Arguments.polling,
            timeout: Arguments.duration,
            ifFailed: Arguments.oneOf("fail", "replace")
          })
        },
        methods.getOrCreate
      ),
      list: stream("list", { filter: Arguments.options({}) }, methods.list),
      delete: effect("delete", { snapshot }, methods.delete),
      activate: effect("activate", { snapshot }, methods.activate),
      deactivate: effect("deactivate", { snapshot }, methods.deactivate),
      awaitActive: effect("awaitActive", { snapshot, options }, methods.awaitActive),
      buildLogs: stream("buildLogs", { snapshot, options: Arguments.following }, methods.buildLogs)
    },
    [
      "create",
      "createWithLogs",
      "getOrCreate",
      "list",
      "delete",
      "activate",
      "deactivate",
      "awaitActive",
      "buildLogs",
      "listPage"
    ]
  )
