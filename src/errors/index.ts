/**
 * The errors of this package. Any request can fail with `ApiError`; the others belong to the methods that declare them.
 * All are `Schema.TaggedError`s with a stable `code`: they can be caught by tag, and sent across process boundaries.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { ApiError } from "effect-sandboxes/errors"
 *
 * declare const request: Effect.Effect<string, ApiError>
 *
 * const patient = request.pipe(
 *   Effect.catchTag("RateLimited", (error) => Effect.delay(request, error.retryAfter ?? "1 second")),
 *   Effect.catchAll((error) => (error.retryable && error.admitted === "no" ? request : Effect.fail(error)))
 * )
 * ```
 */
export * from "./ApiError.js"
export * from "./daytona/controlPlane.js"
export * from "./daytona/toolbox.js"
export { Admitted, System } from "./RequestFailure.js"
export * from "./stromboli/failures.js"
