/** What the methods of `Files` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { isStreamOfAny } from "./content.js"
import type { Files } from "./Files.js"

const { effect, stream } = Arguments.methodsOf("daytona", "Files")

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

export const checked = (methods: Files.Service): Files.Service =>
  withMethodSpans(
    "Daytona.Files",
    {
      ...methods,
      list: effect("list", { path, options: Arguments.options({ depth: Arguments.number }) }, methods.list),
      createFolder: effect(
        "createFolder",
        { path, options: Arguments.options({ mode: Arguments.text }) },
        methods.createFolder
      ),
      delete: effect("delete", { path, options: Arguments.options({ recursive: Arguments.flag }) }, methods.delete),
      move: effect("move", { options: Arguments.unnamed(Arguments.struct({ from: path, to: path })) }, methods.move),
      setPermissions: effect(
        "setPermissions",
        { path, change: Arguments.options({ mode: Arguments.text, owner: Arguments.text, group: Arguments.text }) },
        methods.setPermissions
      ),
      replace: effect(
        "replace",
        {
          options: Arguments.unnamed(
            Arguments.struct({ files: Arguments.arrayOf(path), pattern: Arguments.text, replacement: Arguments.text })
          )
        },
        methods.replace
      ),
      download: stream("download", { path, options: Arguments.options(reading) }, methods.download),
      readBytes: effect("readBytes", { path, options: reads }, methods.readBytes),
      readText: effect("readText", { path, options: reads }, methods.readText),
      downloadMany: stream(
        "downloadMany",
        { paths: Arguments.iterableOf(path), options: Arguments.options({ maxBytes: Arguments.count }) },
        methods.downloadMany
      ),
      upload: effect(
        "upload",
        { path, content, options: Arguments.options({ ...writing, length: Arguments.count }) },
        methods.upload
      ),
      writeText: effect(
        "writeText",
        { path, text: Arguments.text, options: Arguments.options(writing) },
        methods.writeText
      ),
      writeBytes: effect(
        "writeBytes",
        { path, bytes: Arguments.bytes, options: Arguments.options(writing) },
        methods.writeBytes
      ),
      uploadMany: effect("uploadMany", { files: Arguments.iterableOf(entry) }, methods.uploadMany)
    },
    [
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
  )
