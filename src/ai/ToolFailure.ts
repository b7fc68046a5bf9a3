/**
 * What a tool answers when it could not do what it was asked for. Three tags, because a model has three things to do:
 * call again with other arguments, do something else first, or stop and wait.
 */
import * as Schema from "effect/Schema"
import { Admitted } from "../errors/RequestFailure.js"
import { TaggedError } from "../errors/TaggedError.js"

const message = {
  /** What was tried, what was found, and what to do, in a sentence or two. */
  message: Schema.String
}

/** The arguments of a call are not what the tool takes. Nothing was done. */
export class InvalidArguments extends TaggedError<InvalidArguments>("effect-sandboxes/ai/InvalidArguments")(
  "InvalidArguments",
  {
    /** The name of the argument; absent when it is about all of them. */
    argument: Schema.optional(Schema.String),
    ...message
  }
) {}

/** Why a tool could not do what it was asked for, as far as that is decided inside the sandbox. */
export const FailureReason = Schema.Literal(
  "notFound",
  "alreadyExists",
  "noMatch",
  "severalMatches",
  "notText",
  "tooLarge",
  "timeout",
  "ended",
  "notReady",
  "outputLost",
  "nothingToCommit",
  "wouldLoseChanges",
  "notPermitted",
  "notInstalled",
  "refused"
)
export type FailureReason = typeof FailureReason.Type

/**
 * The tool looked, and what it found does not allow what was asked for: no such file, no match, a command that ran too
 * long. The sandbox still works. A command that ends with a non-zero exit code is not a failure.
 *
 * - `notFound`, `alreadyExists`: a file, a directory, a repository, a branch or a server.
 * - `noMatch`, `severalMatches`: the text to replace is not in the file, or more than once.
 * - `notText`, `tooLarge`: the file is not UTF-8 text, or too large to be edited.
 * - `timeout`: it was stopped after its time limit.
 * - `ended`: the shell, the server or the Python process ended before it was done.
 * - `notReady`: the server does not listen yet.
 * - `outputLost`: it ran, but what it printed was lost.
 * - `nothingToCommit`, `wouldLoseChanges`: the state of the repository.
 * - `notPermitted`, `notInstalled`: missing permissions, or a program that the sandbox does not have.
 * - `refused`: anything else that the sandbox refused.
 */
export class ToolFailed extends TaggedError<ToolFailed>("effect-sandboxes/ai/ToolFailed")("ToolFailed", {
  reason: FailureReason,
  ...message,
  /** What was printed until then, or the lines that come closest, bounded like any answer. */
  found: Schema.optional(Schema.String)
}) {}

/**
 * The sandbox itself cannot be used: it could not be created, is gone, is throttled, or the connection was lost. This
 * says nothing about what the tool was asked for, and other arguments do not help.
 */
export class SandboxFailed extends TaggedError<SandboxFailed>("effect-sandboxes/ai/SandboxFailed")("SandboxFailed", {
  /** The code of the error behind it, such as `RATE_LIMITED`. */
  code: Schema.String,
  ...message,
  /** Whether the same call may succeed later. */
  retryable: Schema.Boolean,
  /** Whether it was begun: `no` means that a second call does nothing twice. */
  admitted: Admitted,
  /** How long to wait before the next call, if the server says so. */
  retryAfterSeconds: Schema.optional(Schema.Number)
}) {}

/** Every failure of every tool. It comes as the result of a call, so that the model can act on it. */
export const ToolFailure = Schema.Union(InvalidArguments, ToolFailed, SandboxFailed)
export type ToolFailure = typeof ToolFailure.Type
