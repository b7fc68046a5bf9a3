/** `token validate`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Auth, TokenValidation } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { fields } from "../../frame/table.js"
import { ago } from "../../frame/words.js"

export const run = () =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const validation = yield* during("Validating the token")(auth.validate)
    const now = yield* Clock.currentTimeMillis
    yield* Output.show(Schema.typeSchema(TokenValidation), validation, ({ expiresAt, subject, valid }) =>
      fields([
        ["Subject", subject],
        ["Valid", valid ? "yes" : "no"],
        ["Expires", ago(new Date(expiresAt * 1_000).toISOString(), now)]
      ])
    )
  })
