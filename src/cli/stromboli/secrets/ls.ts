/** `secrets ls`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Secret, Secrets } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { ago } from "../../frame/words.js"

export const run = () =>
  Effect.gen(function* () {
    const secrets = yield* Secrets
    const found = yield* during("Listing secrets")(secrets.list)
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Schema.typeSchema(Secret), found, {
      columns: [
        { head: "NAME", cell: ({ name }) => name, whole: true },
        { head: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) }
      ],
      empty: "No secrets."
    })
  })
