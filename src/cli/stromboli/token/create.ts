/** `token create`. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { Auth } from "../../../stromboli.js"
import { during } from "../../frame/Progress.js"
import { showTokens } from "./showTokens.js"

export const run = ({ client, out }: { readonly client: string; readonly out: Option.Option<string> }) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const tokens = yield* during("Requesting tokens")(auth.token(client))
    yield* showTokens(tokens, out)
  })
