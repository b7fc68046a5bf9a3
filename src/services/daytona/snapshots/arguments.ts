/** What the methods of `Snapshots` take. */

import * as Arguments from "../../../internal/arguments.js"
import { serviceMethods } from "../../../internal/serviceMethods.js"
import { image } from "../sandboxes/arguments.js"

const options = Arguments.options({ ...Arguments.polling, timeout: Arguments.duration })
const parameters: Arguments.Parameters = {
  image,
  entrypoint: Arguments.optional(Arguments.arrayOf(Arguments.text))
}
const created = { snapshot: Arguments.unnamed(Arguments.struct(parameters)), options }
const snapshot = Arguments.text

export const checked = serviceMethods("daytona", "Snapshots", {
  effects: {
    create: created,
    getOrCreate: {
      snapshot: Arguments.unnamed(Arguments.struct({ ...parameters, key: Arguments.text })),
      options: Arguments.options({
        ...Arguments.polling,
        timeout: Arguments.duration,
        ifFailed: Arguments.oneOf("fail", "replace")
      })
    },
    delete: { snapshot },
    activate: { snapshot },
    deactivate: { snapshot },
    awaitActive: { snapshot, options }
  },
  streams: {
    createWithLogs: created,
    list: { filter: Arguments.options({}) },
    buildLogs: { snapshot, options: Arguments.following }
  },
  spans: [
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
})
