/** Connections to a sandbox that know which secrets they carry. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Redactions } from "../../../internal/redaction.js"
import type { Environment } from "./shellText.js"
import type { Toolbox } from "./Toolbox.js"

/**
 * The same connection for requests that may hold the redacted values of an environment in whatever form: when somebody repeats
 * what he was sent, errors show `<redacted>` in their place.
 */
export const withRedaction = (toolbox: Toolbox.Service, env: Environment | undefined): Toolbox.Service => {
  const secrets = Object.values(env ?? {}).flatMap((value) => (Redacted.isRedacted(value) ? [value] : []))
  return secrets.length === 0
    ? toolbox
    : {
        ...toolbox,
        call: (operation, ...input) => Effect.provideService(toolbox.call(operation, ...input), Redactions, secrets),
        stream: (operation, input, read) =>
          Stream.provideService(toolbox.stream(operation, input, read), Redactions, secrets),
        connect: (operation, input, protocols) =>
          Effect.provideService(toolbox.connect(operation, input, protocols), Redactions, secrets)
      }
}
