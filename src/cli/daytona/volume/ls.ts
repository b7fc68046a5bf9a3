/** `volume ls`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Volume, Volumes } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { cyan, green, red, type Text } from "../../frame/text.js"
import { ago } from "../../frame/words.js"

const stateText = ({ errorReason, state }: Volume): Text => {
  if (state === "ready") return green(state)
  return state === "error" ? red(errorReason === undefined ? state : `${state}: ${errorReason}`) : cyan(state)
}

export const run = () =>
  Effect.gen(function* () {
    const volumes = yield* Volumes
    const found = yield* during("Listing volumes")(volumes.list())
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Schema.typeSchema(Volume), found, {
      columns: [
        { head: "NAME", cell: ({ name }) => name, whole: true },
        { head: "STATE", cell: stateText },
        { head: "USED", cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? "never" : ago(lastUsedAt, now)) },
        { head: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) },
        { head: "ID", cell: ({ id }) => id }
      ],
      empty: "No volumes."
    })
  })
