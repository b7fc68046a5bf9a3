/** `sessions ls`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SessionInfo, Sessions } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

export const run = () =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const found = yield* during("Listing sessions")(sessions.list)
    yield* Output.showList(Schema.typeSchema(SessionInfo), found, {
      columns: [
        { head: "ID", cell: ({ id }) => id, whole: true },
        { head: "TITLE", cell: ({ title = "" }) => title }
      ],
      empty: "No sessions."
    })
  })
