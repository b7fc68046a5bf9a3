/** What commands fail with besides the errors of the library. */
import * as Data from "effect/Data"

/** The command line, or what configures it, is wrong. Nothing was sent. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** The command did what it was asked to, and what came of it is a failure: a failed job, a check of `doctor`. */
export class Unsuccessful extends Data.TaggedError("Unsuccessful")<{
  readonly message: string
  /** Default 1. */
  readonly exitCode?: number
}> {}

/** A program that the command ran has ended with this exit code, which becomes our own. It has said what there is. */
export class Ended extends Data.TaggedError("Ended")<{ readonly message: string; readonly exitCode: number }> {}

/** Whoever read the output has stopped, as `head` does. */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{ readonly message: string }> {}

/** What a command may fail with: an error of the library, or one of the above. */
export interface Failure {
  readonly _tag: string
  readonly message: string
}
