/** Failures of transferring files to and from a sandbox. */
import * as Schema from "effect/Schema"
import { constant, type RequestFailureFields, requestFailureFields, System } from "../RequestFailure.js"

const fileFields = {
  system: System,
  /** The operation as the SDK names it, for example `Files.download`. */
  operation: Schema.String,
  sandboxId: Schema.optional(Schema.String),
  /** Of the file in the sandbox. */
  path: Schema.String,
  message: Schema.String
}

/** A file is larger than the caller wants in memory. `Files.download` streams files of any size. */
export class FileTooLarge extends Schema.TaggedError<FileTooLarge>("effect-sandboxes/FileTooLarge")("FileTooLarge", {
  code: constant("FILE_TOO_LARGE"),
  ...fileFields,
  maxBytes: Schema.Number,
  /** Bytes, where it is known. */
  size: Schema.optional(Schema.Number),
  retryable: constant(false)
}) {}

/**
 * A file was changed, or removed, while its download was being resumed. What came before is of the old version, and nothing of
 * the new one was given.
 */
export class FileChanged extends Schema.TaggedError<FileChanged>("effect-sandboxes/FileChanged")("FileChanged", {
  code: constant("FILE_CHANGED"),
  ...fileFields,
  /** How many bytes of the old version were given. */
  received: Schema.Number,
  retryable: constant(true)
}) {}

/** A file that was to be read as text is not UTF-8. `Files.readBytes` reads it. */
export class FileNotText extends Schema.TaggedError<FileNotText>("effect-sandboxes/FileNotText")("FileNotText", {
  code: constant("FILE_NOT_TEXT"),
  ...fileFields,
  retryable: constant(false)
}) {}

/**
 * Not all of a file was written: the daemon counted other bytes than were sent, or the content was not as long as it had been
 * said to be.
 */
export class UploadIncomplete extends Schema.TaggedError<UploadIncomplete>("effect-sandboxes/UploadIncomplete")(
  "UploadIncomplete",
  {
    code: constant("UPLOAD_INCOMPLETE"),
    ...fileFields,
    /** Bytes that should have been written. */
    expected: Schema.Number,
    /** Bytes that were; absent when the daemon names no such file. */
    written: Schema.optional(Schema.Number),
    retryable: constant(true)
  }
) {}

/** A directory or file is at its new place and, in whole or in part, still at its old one, from where it could not be removed. */
export class MoveIncomplete extends Schema.TaggedError<MoveIncomplete>("effect-sandboxes/MoveIncomplete")(
  "MoveIncomplete",
  {
    code: constant("MOVE_INCOMPLETE"),
    ...fileFields,
    destination: Schema.String,
    /** The daemon's own words. */
    reason: Schema.String,
    retryable: constant(false)
  }
) {}

/** 416: a range begins behind the end of the file. */
export class RangeNotSatisfiable extends Schema.TaggedError<RangeNotSatisfiable>(
  "effect-sandboxes/RangeNotSatisfiable"
)("RangeNotSatisfiable", { code: constant("RANGE_NOT_SATISFIABLE"), ...requestFailureFields }) {
  static readonly status = 416
}

/** One of several files could not be read; the others could. */
export class FileFailed extends Schema.TaggedError<FileFailed>("effect-sandboxes/FileFailed")("FileFailed", {
  code: constant("FILE_FAILED"),
  ...fileFields,
  /**
   * `FILE_NOT_FOUND`, `FILE_ACCESS_DENIED`, `INVALID_FILE_PATH` (a directory, for example) or `FILE_READ_FAILED`; a newer
   * daemon may know more.
   */
  reason: Schema.String,
  /** The HTTP status that it would have had alone. */
  status: Schema.optional(Schema.Number),
  retryable: constant(false)
}) {}

const writtenFiles = Schema.Array(Schema.Struct({ path: Schema.String, bytes: Schema.Number }))

const uploadAnswer = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Struct({ errors: Schema.Array(Schema.String), files: Schema.NullishOr(writtenFiles) }))
)

/** 400 to an upload of several files: some could not be written. The others were, and stay. */
export class UploadsFailed extends Schema.TaggedError<UploadsFailed>("effect-sandboxes/UploadsFailed")(
  "UploadsFailed",
  {
    code: constant("UPLOADS_FAILED"),
    ...requestFailureFields,
    /** The daemon's own words, one for each that failed. */
    errors: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }),
    /** What was written. */
    written: Schema.optionalWith(writtenFiles, { default: () => [] })
  }
) {
  static readonly status = 400

  /** @internal */
  static readonly fromBody = (fields: RequestFailureFields, body: string): UploadsFailed | undefined => {
    const answer = uploadAnswer(body)
    return answer._tag === "None"
      ? undefined
      : new UploadsFailed({
          ...fields,
          // Part of it has been done.
          admitted: "yes",
          errors: answer.value.errors,
          written: answer.value.files ?? []
        })
  }
}

/** A file on this machine could not be read or written. */
export class LocalFileFailed extends Schema.TaggedError<LocalFileFailed>("effect-sandboxes/LocalFileFailed")(
  "LocalFileFailed",
  {
    code: constant("LOCAL_FILE_FAILED"),
    /** On this machine. */
    localPath: Schema.String,
    /** The operating system's own code, such as `ENOENT`. */
    causeCode: Schema.optional(Schema.String),
    message: Schema.String,
    retryable: constant(false)
  }
) {}
