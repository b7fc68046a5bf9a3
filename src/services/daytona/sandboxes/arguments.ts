/** What the methods of `Sandboxes` take. */

import * as Arguments from "../../../internal/arguments.js"
import { serviceMethods } from "../../../internal/serviceMethods.js"
import { isImage } from "../../../schema/daytona/image/Image.js"

const { duration, flag, struct, text, textOr, unnamed } = Arguments

export const image: Arguments.Shape = textOr(Arguments.kind(isImage, "must be text or an `Image`"))

const awaiting = { ...Arguments.polling, timeout: duration }
const waiting = { ...awaiting, wait: flag }
const awaits = Arguments.options(awaiting)
const waits = Arguments.options(waiting)

const sandbox = text
const parameters: Arguments.Parameters = {
  env: Arguments.recordOf(Arguments.textOrSecret),
  image,
  key: text,
  labels: Arguments.recordOf(text),
  name: text,
  secrets: Arguments.recordOf(text),
  wantedFor: duration
}
const asked = Arguments.options(parameters)
const keyed = {
  ...waiting,
  start: flag,
  ifFailed: Arguments.oneOf("fail", "recover", "replace")
}
const expiring = Arguments.options({ expiresIn: duration })

export const checked = serviceMethods("daytona", "Sandboxes", {
  effects: {
    setLabels: { sandbox, labels: Arguments.recordOf(text) },
    create: {
      sandbox: asked,
      options: Arguments.options({ ...waiting, onFailure: Arguments.oneOf("keep", "delete") })
    },
    getOrCreate: {
      sandbox: unnamed(struct({ ...Arguments.allOptional(parameters), key: text })),
      options: Arguments.options(keyed)
    },
    scoped: { sandbox: asked, options: waits },
    connect: { sandbox: textOr(struct({ id: text })), options: Arguments.options({ ...awaiting, start: flag }) },
    listPage: { page: Arguments.options({}) },
    findOne: { query: textOr(Arguments.options({ id: text, name: text })) },
    forks: { sandbox, options: Arguments.options({ includeDestroyed: flag }) },
    start: { sandbox, options: waits },
    resume: { sandbox, options: waits },
    stop: { sandbox, options: Arguments.options({ ...waiting, force: flag }) },
    pause: { sandbox, options: waits },
    archive: { sandbox, options: waits },
    recover: { sandbox, options: Arguments.options({ ...waiting, skipStart: flag }) },
    resize: { sandbox, size: unnamed(struct({})), options: waits },
    fork: { sandbox, options: Arguments.options({ ...waiting, name: text }) },
    createSnapshot: { sandbox, snapshot: unnamed(struct({ name: text })), options: waits },
    delete: { sandbox, options: waits },
    awaitStarted: { sandbox, options: awaits },
    awaitStopped: { sandbox, options: awaits },
    awaitDestroyed: { sandbox, options: awaits },
    awaitState: { sandbox, states: textOr(Arguments.arrayOf(text)), options: awaits },
    setPublic: { sandbox, isPublic: flag },
    updateSecrets: { sandbox, secrets: Arguments.recordOf(text) },
    keepActive: { sandbox, options: Arguments.options({ every: duration }) },
    signedPreviewUrl: { sandbox, port: Arguments.number, options: expiring },
    createSshAccess: { sandbox, options: expiring },
    signedFileUrl: {
      sandbox,
      options: unnamed(
        struct({
          path: text,
          use: Arguments.oneOf("download", "upload"),
          expiresIn: Arguments.optional(duration)
        })
      )
    },
    metrics: { sandbox, range: Arguments.options({}) }
  },
  streams: {
    list: { filter: Arguments.options({}) },
    buildLogs: { sandbox, options: Arguments.following }
  },
  spans: [
    "create",
    "getOrCreate",
    "scoped",
    "connect",
    "list",
    "findOne",
    "forks",
    "start",
    "resume",
    "stop",
    "pause",
    "archive",
    "recover",
    "resize",
    "fork",
    "createSnapshot",
    "setLabels",
    "delete",
    "awaitStarted",
    "awaitStopped",
    "awaitDestroyed",
    "awaitState",
    "keepActive",
    "signedFileUrl",
    "metrics",
    "buildLogs",
    "listPage"
  ]
})
