/** The failures of a sandbox in the words of `@effect/platform`. */
import * as PlatformError from "@effect/platform/Error"

const reasons: Readonly<Record<string, PlatformError.SystemErrorReason>> = {
  NotFound: "NotFound",
  Conflict: "AlreadyExists",
  Forbidden: "PermissionDenied",
  BadRequest: "BadResource",
  RangeNotSatisfiable: "InvalidData",
  FileNotText: "InvalidData",
  StreamInterrupted: "UnexpectedEof",
  UploadIncomplete: "WriteZero",
  Timeout: "TimedOut",
  CommandTimeout: "TimedOut"
}

/** Turns a failure of ours into one that programs for any platform understand; the failure itself is its `cause`. */
export const platformFailure =
  (module: "FileSystem" | "Command", method: string, path: string) =>
  (error: { readonly _tag: string; readonly message: string }): PlatformError.PlatformError =>
    error._tag === "InvalidRequest"
      ? new PlatformError.BadArgument({ module, method, description: error.message, cause: error })
      : new PlatformError.SystemError({
          reason: reasons[error._tag] ?? "Unknown",
          module,
          method,
          pathOrDescriptor: path,
          description: error.message,
          cause: error
        })

/** What the shell's programs say when something is not there, or there already. */
const words: ReadonlyArray<readonly [RegExp, PlatformError.SystemErrorReason]> = [
  [/No such file or directory/i, "NotFound"],
  [/File exists/i, "AlreadyExists"],
  [/Permission denied|Operation not permitted/i, "PermissionDenied"]
]

/** A program of the sandbox ended with another code than 0. */
export const programFailed = (method: string, path: string, stderr: string): PlatformError.SystemError =>
  new PlatformError.SystemError({
    reason: words.find(([pattern]) => pattern.test(stderr))?.[1] ?? "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    description: stderr.trim()
  })
