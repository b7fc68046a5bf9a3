/** `token revoke`. */
import * as Effect from "effect/Effect"
import { Auth } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

export const run = () =>
  Effect.gen(function* () {
    const auth = yield* Auth
    yield* during("Revoking the token")(auth.logout)
    yield* Output.note("The access token is revoked.")
  })
