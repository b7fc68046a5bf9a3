/** The rules for auto-stop, auto-pause, auto-archive, auto-delete and time to live. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"
import type { SandboxClass } from "../Options.js"
import type { Settings } from "../Settings.js"
import type { Sandbox } from "./Sandbox.js"

/** Whether sandboxes of this class can be paused and forked. */
export const isVm = (sandboxClass: SandboxClass): boolean => sandboxClass === "linux-vm"

/** The effective auto-archive interval: 0 and anything too long are set to the maximum. */
export const archiveInterval = (settings: Settings, minutes: number): number =>
  minutes === 0 ? settings.maxAutoArchiveInterval : Math.min(minutes, settings.maxAutoArchiveInterval)

const pauseAndStop = badRequest("At most one of autoStopInterval and autoPauseInterval may be non-zero")
const pauseAndEphemeral = badRequest("Auto-pause is not allowed for ephemeral sandboxes")

/** The intervals of a new sandbox. One that can be paused is paused after an hour unless the request says otherwise. */
export const ofNewSandbox = (
  settings: Settings,
  request: {
    readonly autoStopInterval: number | undefined
    readonly autoPauseInterval: number | undefined
    readonly autoArchiveInterval: number | undefined
    readonly autoDeleteInterval: number | undefined
    readonly ttlMinutes: number | undefined
  },
  sandboxClass: SandboxClass,
  now: number
): Effect.Effect<Partial<Sandbox>, HttpError> =>
  Effect.suspend(() => {
    const isCurrent = settings.generation === "current"
    const autoDeleteInterval = request.autoDeleteInterval ?? -1
    const pausesByItself =
      isCurrent &&
      isVm(sandboxClass) &&
      autoDeleteInterval !== 0 &&
      request.autoStopInterval === undefined &&
      request.autoPauseInterval === undefined
    const autoPauseInterval = isCurrent ? (request.autoPauseInterval ?? (pausesByItself ? 60 : 0)) : 0
    const autoStopInterval = request.autoStopInterval ?? (autoPauseInterval > 0 ? 0 : 15)
    if (autoPauseInterval > 0 && autoStopInterval > 0) return pauseAndStop
    if (autoPauseInterval > 0 && autoDeleteInterval === 0) return pauseAndEphemeral
    if (autoPauseInterval > 0 && !isVm(sandboxClass)) return badRequest("Auto-pause is not supported for this sandbox")
    const ttl = isCurrent ? (request.ttlMinutes ?? 0) : 0
    return Effect.succeed({
      autoStopInterval,
      autoPauseInterval,
      autoArchiveInterval: archiveInterval(settings, request.autoArchiveInterval ?? 10_080),
      autoDeleteInterval,
      autoDestroyAt: ttl === 0 ? undefined : now + ttl * 60_000
    })
  })

/** The effect of setting the auto-pause interval. Whether auto-stop is also on is only checked on creation. */
export const withAutoPause = (sandbox: Sandbox, minutes: number): Effect.Effect<Partial<Sandbox>, HttpError> => {
  if (minutes > 0 && !isVm(sandbox.sandboxClass)) return badRequest("Auto-pause is not supported for this sandbox")
  if (minutes > 0 && sandbox.autoDeleteInterval === 0) return pauseAndEphemeral
  return Effect.succeed({ autoPauseInterval: minutes })
}

/** The effect of setting the auto-delete interval. */
export const withAutoDelete = (sandbox: Sandbox, minutes: number): Effect.Effect<Partial<Sandbox>, HttpError> =>
  sandbox.gpu > 0 && minutes !== 0
    ? badRequest("GPU sandboxes must remain ephemeral")
    : Effect.succeed({ autoDeleteInterval: minutes })
