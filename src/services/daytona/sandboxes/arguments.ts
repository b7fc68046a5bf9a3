/** What the methods of `Sandboxes` take. */
import * as Arguments from "../../../internal/arguments.js"
import { isImage } from "../../../schema/daytona/image/Image.js"
import type { Sandboxes } from "./Sandboxes.js"

const { effect, stream } = Arguments.methodsOf("daytona", "Sandboxes")

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

export const checked = (methods: Sandboxes.Service): Sandboxes.Service => ({
  ...methods,
  create: effect(
    "create",
    {
      sandbox: asked,
      options: Arguments.options({ ...waiting, onFailure: Arguments.oneOf("keep", "delete") })
    },
    methods.create
  ),
  getOrCreate: effect(
    "getOrCreate",
    {
      sandbox: unnamed(struct({ ...Arguments.allOptional(parameters), key: text })),
      options: Arguments.options(keyed)
    },
    methods.getOrCreate
  ),
  scoped: effect("scoped", { sandbox: asked, options: waits }, methods.scoped),
  connect: effect(
    "connect",
    { sandbox: textOr(struct({ id: text })), options: Arguments.options({ ...awaiting, start: flag }) },
    methods.connect
  ),
  list: stream("list", { filter: Arguments.options({}) }, methods.list),
  listPage: effect("listPage", { page: Arguments.options({}) }, methods.listPage),
  findOne: effect("findOne", { query: textOr(Arguments.options({ id: text, name: text })) }, methods.findOne),
  forks: effect("forks", { sandbox, options: Arguments.options({ includeDestroyed: flag }) }, methods.forks),
  start: effect("start", { sandbox, options: waits }, methods.start),
  resume: effect("resume", { sandbox, options: waits }, methods.resume),
  stop: effect("stop", { sandbox, options: Arguments.options({ ...waiting, force: flag }) }, methods.stop),
  pause: effect("pause", { sandbox, options: waits }, methods.pause),
  archive: effect("archive", { sandbox, options: waits }, methods.archive),
  recover: effect("recover", { sandbox, options: Arguments.options({ ...waiting, skipStart: flag }) }, methods.recover),
  resize: effect("resize", { sandbox, size: unnamed(struct({})), options: waits }, methods.resize),
  fork: effect("fork", { sandbox, options: Arguments.options({ ...waiting, name: text }) }, methods.fork),
  createSnapshot: effect(
    "createSnapshot",
    { sandbox, snapshot: unnamed(struct({ name: text })), options: waits },
    methods.createSnapshot
  ),
  delete: effect("delete", { sandbox, options: waits }, methods.delete),
  awaitStarted: effect("awaitStarted", { sandbox, options: awaits }, methods.awaitStarted),
  awaitStopped: effect("awaitStopped", { sandbox, options: awaits }, methods.awaitStopped),
  awaitDestroyed: effect("awaitDestroyed", { sandbox, options: awaits }, methods.awaitDestroyed),
  awaitState: effect(
    "awaitState",
    { sandbox, states: textOr(Arguments.arrayOf(text)), options: awaits },
    methods.awaitState
  ),
  setPublic: effect("setPublic", { sandbox, isPublic: flag }, methods.setPublic),
  updateSecrets: effect("updateSecrets", { sandbox, secrets: Arguments.recordOf(text) }, methods.updateSecrets),
  keepActive: effect("keepActive", { sandbox, options: Arguments.options({ every: duration }) }, methods.keepActive),
  signedPreviewUrl: effect(
    "signedPreviewUrl",
    { sandbox, port: Arguments.number, options: expiring },
    methods.signedPreviewUrl
  ),
  createSshAccess: effect("createSshAccess", { sandbox, options: expiring }, methods.createSshAccess),
  signedFileUrl: effect(
    "signedFileUrl",
    {
      sandbox,
      options: unnamed(
        struct({
          path: text,
          use: Arguments.oneOf("download", "upload"),
          expiresIn: Arguments.optional(duration)
        })
      )
    },
    methods.signedFileUrl
  ),
  metrics: effect("metrics", { sandbox, range: Arguments.options({}) }, methods.metrics),
  buildLogs: stream("buildLogs", { sandbox, options: Arguments.following }, methods.buildLogs)
})
