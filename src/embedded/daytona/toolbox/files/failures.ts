/** Failures of the file system as the daemon reports them. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { Refusal } from "../Refusal.js"

/** Go's messages for system errors. */
const texts: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EEXIST: "file exists",
  ENOTEMPTY: "directory not empty",
  ENOSPC: "no space left on device",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long"
}

/** Runs an operation on files; a system error becomes 404, 403 or 400. `what` begins the message: `open a.txt`. */
export const attempt = <A>(what: string, evaluate: () => Promise<A>): Effect.Effect<A, Refusal> =>
  Effect.tryPromise({ try: evaluate, catch: (problem) => refusalOf(what, problem) })

/** The same, for operations where the daemon responds 400 to every failure. */
export const attemptOr400 = <A>(what: string, evaluate: () => Promise<A>): Effect.Effect<A, Refusal> =>
  Effect.mapError(attempt(what, evaluate), ({ message }) => badRequest(message))

/** 400 for an invalid path or parameter. */
export const badRequest = (message: string) => new Refusal({ status: 400, message, old: "empty" })

/** 400 for a path that the operation does not apply to. */
export const invalidPath = (message: string) =>
  new Refusal({ status: 400, message, old: "empty", code: "INVALID_FILE_PATH" })

export const notFound = (message: string) => new Refusal({ status: 404, message, old: "empty", code: "FILE_NOT_FOUND" })

const refusalOf = (what: string, problem: unknown): Refusal => {
  const code = codeOf(problem)
  const message = `${what}: ${texts[code] ?? (problem instanceof Error ? problem.message : String(problem))}`
  if (code === "ENOENT") return notFound(message)
  return code === "EACCES" || code === "EPERM"
    ? new Refusal({ status: 403, message, old: "empty", code: "FILE_ACCESS_DENIED" })
    : invalidPath(message)
}

/** The code of a system error, such as `ENOENT`. */
export const codeOf = (problem: unknown): string =>
  Predicate.hasProperty(problem, "code") && Predicate.isString(problem.code) ? problem.code : ""
