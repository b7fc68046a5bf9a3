/** Headers that a caller chose, checked before anything is sent: some transports throw on a bad one, with its value in the message. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import { isHeaderName, isHeaderValue } from "../schema/headerValue.js"
import { invalidRequest } from "./failure.js"

export const check = (
  at: { readonly system: System; readonly operation: string },
  headers: Readonly<Record<string, string | Redacted.Redacted>>
): Effect.Effect<void, InvalidRequest> =>
  Effect.forEach(
    Object.entries(headers),
    ([name, value]) => {
      if (!isHeaderName(name)) return Effect.fail(invalidRequest(at, "headers", "has a name that is no header name"))
      return isHeaderValue(Redacted.isRedacted(value) ? Redacted.value(value) : value)
        ? Effect.void
        : Effect.fail(invalidRequest(at, `headers.${name}`, "must be printable ASCII, without line breaks"))
    },
    { discard: true }
  )
