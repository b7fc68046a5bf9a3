/** Failures of the services in a sandbox, as the failures of tools: what the tool found, or what the sandbox lacks. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Admitted } from "../errors/RequestFailure.js"
import type { Kit } from "./Kit.js"
import { type FailureReason, InvalidArguments, SandboxFailed, ToolFailed, type ToolFailure } from "./ToolFailure.js"
import { oneLine } from "./text.js"

/** What any failure of a service has, or may have. */
export interface ServiceFailure {
  readonly _tag: string
  readonly message: string
  readonly code?: string | undefined
  readonly field?: string | undefined
  readonly detail?: string | undefined
  /** What git does not find. */
  readonly what?: string | undefined
  readonly status?: number | undefined
  readonly retryable?: boolean | undefined
  readonly admitted?: string | undefined
  readonly retryAfter?: Duration.Duration | undefined
}

/** What a tag says about the content of the sandbox. Any other tag is about the sandbox itself. */
const reasons: Readonly<Record<string, FailureReason>> = {
  NotFound: "notFound",
  Conflict: "alreadyExists",
  BadRequest: "refused",
  Unprocessable: "refused",
  Forbidden: "notPermitted",
  FileNotText: "notText",
  FileTooLarge: "tooLarge",
  FileWithoutLength: "refused",
  FileChanged: "refused",
  RangeNotSatisfiable: "refused",
  UploadsFailed: "refused",
  CommandTimeout: "timeout",
  ShellExited: "ended",
  GitNotFound: "notFound",
  GitAlreadyExists: "alreadyExists",
  GitDirtyWorktree: "wouldLoseChanges",
  GitMergeConflict: "wouldLoseChanges",
  GitNothingToCommit: "nothingToCommit",
  GitProgramMissing: "notInstalled",
  GitAuthenticationFailed: "notPermitted",
  GitRemoteUnreachable: "refused",
  GitPushRejected: "refused",
  UnsupportedByDaemon: "notInstalled",
  InterpreterTimeout: "timeout",
  InterpreterInterrupted: "ended",
  InterpreterCrashed: "ended",
  InterpreterOutputLost: "outputLost",
  InterpreterUnavailable: "notInstalled",
  PortNotReady: "notReady"
}

/** Answers of what stands before the daemon: they say nothing about what is in the sandbox. */
const beforeTheDaemon =
  /failed to get runner|has no runner|sandbox( container)? not found|no such sandbox|authentication|is not started/i

const isAboutSandbox = ({ _tag, detail = "" }: ServiceFailure): boolean =>
  reasons[_tag] === undefined ||
  (/^(NotFound|BadRequest|Forbidden|Conflict)$/.test(_tag) && beforeTheDaemon.test(detail))

const isAdmitted = Schema.is(Admitted)

/** What is known to stand in messages of the daemon before what matters. */
const prefix = /^(not found|bad request|forbidden|conflict|internal server error): /i

/** What the sandbox says, for the end of a sentence of ours. */
export const saying = (kit: Kit, { detail, message }: ServiceFailure): string => {
  const said = detail === undefined || detail.trim() === "" ? message : detail.replace(prefix, "")
  return oneLine(kit.mask.whole(said), 500).replace(/\.+$/, "")
}

export const sandboxFailed = (kit: Kit, error: ServiceFailure): SandboxFailed => {
  const retryable = error.retryable ?? false
  const admitted = isAdmitted(error.admitted) ? error.admitted : "unknown"
  const seconds = error.retryAfter === undefined ? undefined : Math.ceil(Duration.toSeconds(error.retryAfter))
  const wait = seconds === undefined ? "later" : `in ${seconds} seconds`
  const advice = !retryable
    ? "Other arguments do not help: tell the user."
    : admitted === "no"
      ? `Nothing was done. The same call may succeed ${wait}.`
      : `It may have been done: look before you repeat it, ${wait}.`
  return new SandboxFailed({
    code: error.code ?? error._tag,
    message: `The sandbox cannot be used: ${saying(kit, error)}. ${advice}`,
    retryable,
    admitted,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds })
  })
}

/** Names of our arguments for the fields of services. */
const argumentOf: Readonly<Record<string, string>> = { cwd: "directory" }

/** A service refused an argument before anything was sent. */
const invalidArguments = (kit: Kit, { field = "", message }: ServiceFailure): InvalidArguments => {
  const argument = argumentOf[field] ?? field
  const problem = message.replace(/^[\w.]+( was not sent)?: /, "").replaceAll(`\`${field}\``, `\`${argument}\``)
  return new InvalidArguments({
    ...(argument === "" ? {} : { argument }),
    message: `Nothing was done: ${oneLine(kit.mask.whole(problem), 500)}.`
  })
}

/** What to say of a reason; `undefined`: what the sandbox says. */
export type Wording = (reason: FailureReason, error: ServiceFailure) => string | undefined

/** The failure of a tool for that of a service. */
export const failureOf =
  (kit: Kit, wording: Wording = () => undefined) =>
  (error: ServiceFailure): ToolFailure => {
    if (error._tag === "InvalidRequest") return invalidArguments(kit, error)
    const reason = reasons[error._tag]
    if (reason === undefined || isAboutSandbox(error)) return sandboxFailed(kit, error)
    return new ToolFailed({ reason, message: wording(reason, error) ?? `The sandbox refused: ${saying(kit, error)}.` })
  }

/** The same where no answer of the sandbox is about what the model asked for. */
export const sandboxFailureOf =
  (kit: Kit) =>
  (error: ServiceFailure): InvalidArguments | SandboxFailed =>
    error._tag === "InvalidRequest" ? invalidArguments(kit, error) : sandboxFailed(kit, error)
