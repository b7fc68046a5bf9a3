/**
 * Keeps mouse and keyboard away from a desktop that does not run: with older daemons such a request crashes the plugin,
 * and nothing but a restart of the sandbox brings the desktop back.
 */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import { type ApiError, Unavailable } from "../../../../errors/ApiError.js"
import { inMethodSpan } from "../../../../internal/methodSpans.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { DesktopStatus } from "../../../../schema/daytona/toolbox/computerUse/ComputerUse.js"
import type { Toolbox } from "../Toolbox.js"

/** Whether a body is valid; one that is not is never sent. */
export const isValid = <Body>(
  { encodeBody }: { readonly encodeBody: ((body: Body) => Either.Either<unknown, unknown>) | undefined },
  body: Body
): boolean => encodeBody?.(body)._tag !== "Left"

export interface StartedDesktop {
  /** The desktop was started or stopped. */
  readonly changed: (runs: boolean) => void
  /** Fails with `Unavailable` when the desktop does not run, instead of sending a request. */
  readonly needed: <A, E>(
    operation: { readonly name: string; readonly method: string; readonly path: string },
    isSent: boolean,
    call: Effect.Effect<A, E>
  ) => Effect.Effect<A, E | Unavailable>
}

export const make = (toolbox: Toolbox.Service, status: Effect.Effect<DesktopStatus, ApiError>): StartedDesktop => {
  let runs = false

  // Where the status cannot be had, the request itself has the better error.
  const check = Effect.map(
    Effect.orElseSucceed(withRequestOptions(status, { timeout: "10 seconds", retry: false }), () => "unknown"),
    (found) => {
      runs = found === "active" || found === "partial"
      return found !== "inactive"
    }
  )

  return {
    changed: (value) => {
      runs = value
    },
    needed: <A, E>(
      { method, name, path }: { readonly name: string; readonly method: string; readonly path: string },
      isSent: boolean,
      call: Effect.Effect<A, E>
    ) =>
      Effect.suspend((): Effect.Effect<A, E | Unavailable> => {
        if (runs || !isSent) return call
        const checkedCall = Effect.flatMap(
          check,
          (mayRun): Effect.Effect<A, E | Unavailable> =>
            mayRun
              ? call
              : Effect.fail(
                  new Unavailable({
                    system: "daytona",
                    operation: name,
                    method,
                    path,
                    sandboxId: toolbox.sandboxId,
                    message: `${name}: the desktop of sandbox ${toolbox.sandboxId} does not run. Run \`ComputerUse.start\` first`,
                    attempts: 0,
                    retryable: false,
                    admitted: "no"
                  })
                )
        )
        return inMethodSpan(`Daytona.${name}`)(checkedCall)
      })
  }
}
