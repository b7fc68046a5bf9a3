/** What the methods of `Files` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"
import { isStreamOfAny } from "./content.js"

const path = Arguments.text
const writing = { atomic: Arguments.flag, onProgress: Arguments.callback }
const reading = {
  onProgress: Arguments.callback,
  range: Arguments.struct({ offset: Arguments.optional(Arguments.count), length: Arguments.optional(Arguments.count) }),
  resumptions: Arguments.count
}
const reads = Arguments.options({ ...reading, maxBytes: Arguments.count })

const content = Arguments.kind(
  (value) => typeof value === "string" || value instanceof Uint8Array || isStreamOfAny(value),
  "must be text, a `Uint8Array` or a `Stream` of them"
)

const entry = Arguments.struct({
  path,
  content,
  length: Arguments.optional(Arguments.count),
  onProgress: Arguments.optional(Arguments.callback)
})

export const checked = serviceMethods("daytona", "Files", {
  effects: {
    list: { path, options: Arguments.options({ depth: Arguments.number }) },
    createFolder: { path, options: Arguments.options({ mode: Arguments.text }) },
    delete: { path, options: Arguments.options({ recursive: Arguments.flag }) },
    move: { options: Arguments.unnamed(Arguments.struct({ from: path, to: path })) },
    setPermissions: {
      path,
      change: Arguments.options({ mode: Arguments.text, owner: Arguments.text, group: Arguments.text })
    },
    replace: {
      options: Arguments.unnamed(
        Arguments.struct({ files: Arguments.arrayOf(path), pattern: Arguments.text, replacement: Arguments.text })
      )
    },
    readBytes: { path, options: reads },
    readText: { path, options: reads },
    upload: { path, content, options: Arguments.options({ ...writing, length: Arguments.count }) },
    writeText: { path, text: Arguments.text, options: Arguments.options(writing) },
    writeBytes: { path, bytes: Arguments.bytes, options: Arguments.options(writing) },
    uploadMany: { files: Arguments.iterableOf(entry) }
  },
  streams: {
    download: { path, options: Arguments.options(reading) },
    downloadMany: { paths: Arguments.iterableOf(path), options: Arguments.options({ maxBytes: Arguments.count }) }
  },
  spans: [
    "move",
    "download",
    "readBytes",
    "readText",
    "downloadMany",
    "upload",
    "writeText",
    "writeBytes",
    "uploadMany",
    "exists",
    "delete",
    "setPermissions"
  ]
})
