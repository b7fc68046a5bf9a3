/** The rules for mounting volumes. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"

const systemDirectories = ["/proc", "/sys", "/dev", "/boot", "/etc", "/bin", "/sbin", "/lib", "/lib64"]

const problemOfMountPath = (path: string): string | undefined => {
  if (!path.startsWith("/")) return "must be absolute"
  if (path === "/") return "cannot mount to the root directory"
  if (/\/\.{1,2}(\/|$)/.test(path)) return "cannot contain relative path components"
  if (path.includes("//")) return "cannot contain consecutive slashes"
  return systemDirectories.some((directory) => path === directory || path.startsWith(`${directory}/`))
    ? "cannot mount to system directory"
    : undefined
}

const problemOfSubpath = (path: string): string | undefined => {
  if (path.startsWith("/")) return "cannot start with /"
  if (path.includes("..")) return "cannot contain .."
  return path.includes("//") ? "cannot contain consecutive slashes" : undefined
}

/** Checks the mount path and the subpath of a volume. */
export const check = (volume: {
  readonly mountPath: string
  readonly subpath: string | undefined
}): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const ofMountPath = problemOfMountPath(volume.mountPath)
    const ofSubpath = volume.subpath === undefined ? undefined : problemOfSubpath(volume.subpath)
    if (ofMountPath !== undefined) return badRequest(`Invalid mount path ${volume.mountPath} (${ofMountPath})`)
    return ofSubpath === undefined ? Effect.void : badRequest(`Invalid subpath ${volume.subpath} (${ofSubpath})`)
  })
