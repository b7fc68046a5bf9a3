/** Failures of working with the files of a sandbox. */
import * as Schema from "effect/Schema"
import { constant, type RequestFailureFields, requestFailureFields, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

const fileFields = {
  system: System,
  /** The operation, for example `Files.download`. */
  operation: Schema.String,
  sandboxId: Schema.optional(Schema.String),
  /** The path of the file in the sandbox. */
  path: Schema.String,
  message: Schema.String
}

/** A file is larger than the `maxBytes` that may be read into memory. `Files.download` streams files of any size. */
export class FileTooLarge extends TaggedError<FileTooLarge>("effect-sandboxes/FileTooLarge")("FileTooLarge", {
  code: constant("FILE_TOO_LARGE"),
  ...fileFields,
  maxBytes: Schema.Number,
  /** The size of the file in bytes, when it is known. */
  size: Schema.optional(Schema.Number),
  retryable: constant(false)
}) {}

/**
 * A file was changed or removed before its download could be resumed. All bytes that were emitted belong to the old
 * version.
 */
export class FileChanged extends TaggedError<FileChanged>("effect-sandboxes/FileChanged")("FileChanged", {
  code: constant("FILE_CHANGED"),
  ...fileFields,
  /** The number of bytes that were emitted. */
  received: Schema.Number,
  retryable: constant(true)
}) {}

/**
 * A file has content but no length, as those of `/proc` and `/sys`, devices, pipes and sockets do. The daemon sends
 * nothing of it, or not all. Read it with a command: `process.execute(["cat", path])`.
 */
export class FileWithoutLength extends TaggedError<FileWithoutLength>("effect-sandboxes/FileWithoutLength")(
  "FileWithoutLength",
  { code: constant("FILE_WITHOUT_LENGTH"), ...fileFields, retryable: constant(false) }
) {}

/** A file cannot be read as text, since it is not UTF-8. Use `Files.readBytes` instead. */
export class FileNotText extends TaggedError<FileNotText>("effect-sandboxes/FileNotText")("FileNotText", {
  code: constant("FILE_NOT_TEXT"),
  ...fileFields,
  retryable: constant(false)
}) {}

/**
 * A file was not written completely: the daemon wrote a different number of bytes than were sent, or the content did
 * not have its declared length.
 */
export class UploadIncomplete extends TaggedError<UploadIncomplete>("effect-sandboxes/UploadIncomplete")(
  "UploadIncomplete",
  {
    code: constant("UPLOAD_INCOMPLETE"),
    ...fileFields,
    /** The number of bytes that should have been written. */
    expected: Schema.Number,
    /** The number of bytes that were written; absent when the daemon does not report the file. */
    written: Schema.optional(Schema.Number),
    retryable: constant(true)
  }
) {}

/**
 * A file or directory was copied to another file system, but not moved. `step: "copy"`: a part of it is at its
 * destination, and the original is complete. `"removal"`: the copy is complete, and the original could not be removed
 * completely.
 */
export class MoveIncomplete extends TaggedError<MoveIncomplete>("effect-sandboxes/MoveIncomplete")("MoveIncomplete", {
  code: constant("MOVE_INCOMPLETE"),
  ...fileFields,
  destination: Schema.String,
  /** What failed. */
  step: Schema.Literal("copy", "removal"),
  /** The reason, as the daemon words it. */
  reason: Schema.String,
  retryable: constant(false)
}) {}

/** 416: a range starts after the end of the file. */
export class RangeNotSatisfiable extends TaggedError<RangeNotSatisfiable>("effect-sandboxes/RangeNotSatisfiable")(
  "RangeNotSatisfiable",
  { code: constant("RANGE_NOT_SATISFIABLE"), ...requestFailureFields }
) {
  static readonly status = 416
}

/** One of several files could not be read. The others are not affected. */
export class FileFailed extends TaggedError<FileFailed>("effect-sandboxes/FileFailed")("FileFailed", {
  code: constant("FILE_FAILED"),
  ...fileFields,
  /**
   * `FILE_NOT_FOUND`, `FILE_ACCESS_DENIED`, `INVALID_FILE_PATH` (a directory, for example) or `FILE_READ_FAILED`. Newer
   * daemons may send others. `LENGTH_CHANGED`: the content did not have the announced length.
   */
  reason: Schema.String,
  /** The HTTP status that a request for this file alone would have had. */
  status: Schema.optional(Schema.Number),
  retryable: constant(false)
}) {}

const writtenFiles = Schema.Array(Schema.Struct({ path: Schema.String, bytes: Schema.Number }))

const uploadAnswer = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Struct({ errors: Schema.Array(Schema.String), files: Schema.NullishOr(writtenFiles) }))
)

/** 400: some of several uploaded files could not be written. The others were written, and are kept. */
export class UploadsFailed extends TaggedError<UploadsFailed>("effect-sandboxes/UploadsFailed")("UploadsFailed", {
  code: constant("UPLOADS_FAILED"),
  ...requestFailureFields,
  /** The reasons, as the daemon words them, one for each failed file. */
  errors: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }),
  /** The files that were written. */
  written: Schema.optionalWith(writtenFiles, { default: () => [] })
}) {
  static readonly status = 400

  /** @internal */
  static readonly fromBody = (fields: RequestFailureFields, body: string): UploadsFailed | undefined => {
    const answer = uploadAnswer(body)
    return answer._tag === "None"
      ? undefined
      : new UploadsFailed({
          ...fields,
          // Part of the upload was done.
          admitted: "yes",
          errors: answer.value.errors,
          written: answer.value.files ?? []
        })
  }
}

/** A file on this machine could not be read or written. */
export class LocalFileFailed extends TaggedError<LocalFileFailed>("effect-sandboxes/LocalFileFailed")(
  "LocalFileFailed",
  {
    code: constant("LOCAL_FILE_FAILED"),
    /** The path on this machine. */
    localPath: Schema.String,
    /** The code of the operating system, such as `ENOENT`. */
    causeCode: Schema.optional(Schema.String),
    message: Schema.String,
    retryable: constant(false)
  }
) {}
