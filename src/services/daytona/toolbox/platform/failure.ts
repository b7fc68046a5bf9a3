/** Maps failures of a sandbox to the errors of `@effect/platform`. */
import * as PlatformError from "@effect/platform/Error"

const reasons: Readonly<Record<string, PlatformError.SystemErrorReason>> = {
  NotFound: "NotFound",
  Conflict: "AlreadyExists",
  Forbidden: "PermissionDenied",
  BadRequest: "BadResource",
  FileWithoutLength: "BadResource",
  RangeNotSatisfiable: "InvalidData",
  FileNotText: "InvalidData",
  StreamInterrupted: "UnexpectedEof",
  UploadIncomplete: "WriteZero",
  Timeout: "TimedOut",
  CommandTimeout: "TimedOut"
}

/** Maps one of our failures to a `PlatformError`, with the failure as its `cause`. */
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

/** Messages of shell programs. */
const messages: ReadonlyArray<readonly [RegExp, PlatformError.SystemErrorReason]> = [
  [/No such file or directory/i, "NotFound"],
  [/File exists/i, "AlreadyExists"],
  [/Permission denied|Operation not permitted/i, "PermissionDenied"]
]

/** A program in the sandbox exited with a non-zero code. */
export const programFailed = (method: string, path: string, stderr: string): PlatformError.SystemError =>
  new PlatformError.SystemError({
    reason: messages.find(([pattern]) => pattern.test(stderr))?.[1] ?? "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    description: stderr.trim()
  })
