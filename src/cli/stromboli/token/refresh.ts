/** `token refresh`. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Auth } from "../../../stromboli.js"
import { during } from "../../frame/Progress.js"
import { readSecret } from "../../frame/secretFile.js"
import { showTokens } from "./showTokens.js"

export const run = (values: { readonly refreshTokenFile: string; readonly out: Option.Option<string> }) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const refreshToken = yield* readSecret("--refresh-token-file", values.refreshTokenFile)
    const tokens = yield* during("Refreshing the token")(auth.refresh(refreshToken))
    yield* showTokens(tokens, values.out)
  })
