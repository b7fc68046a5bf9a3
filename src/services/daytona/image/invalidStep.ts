/** The `InvalidRequest` of a step that cannot be built. */
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import { InvalidRequest } from "../../../errors/ApiError.js"

export const invalid = (call: string, argument: string, problem: string): InvalidRequest =>
  new InvalidRequest({
    system: "daytona",
    operation: call,
    field: argument,
    message: `${call}: \`${argument}\` ${problem}; nothing was sent`
  })

/** The call, such as `Image.copy`, and its argument that names local files. */
export interface At {
  readonly call: string
  readonly argument: string
}

const wording: Readonly<Record<string, string>> = {
  NotFound: "does not exist",
  PermissionDenied: "cannot be read (permission denied)",
  BadResource: "cannot be read"
}

/** A file or directory that cannot be read; `path` as the caller passed it. */
export const unreadable =
  ({ call, argument }: At, path: string) =>
  (error: PlatformError): InvalidRequest =>
    invalid(
      call,
      argument,
      `is \`${path}\`, which ${error._tag === "SystemError" ? (wording[error.reason] ?? `cannot be read (${error.reason})`) : "is not a valid path"}`
    )

/** Loads a package that only some images need. */
export const load = <A>(at: At, name: string, module: () => Promise<A>): Effect.Effect<A, InvalidRequest> =>
  Effect.mapError(Effect.tryPromise(module), () =>
    invalid(at.call, at.argument, `needs the package \`${name}\`, which cannot be loaded; reinstall the dependencies`)
  )
