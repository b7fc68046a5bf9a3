/** `agents ls`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Agent, Agents } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { cyan, green, red, type Text } from "../../frame/text.js"
import { ago } from "../../frame/words.js"

const statusText = ({ status }: Agent): Text => {
  if (status === "generating") return cyan(status)
  return status === "exited" ? red(status) : green(status)
}

export const run = () =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const found = yield* during("Listing agents")(agents.list)
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Schema.typeSchema(Agent), found, {
      columns: [
        { head: "ID", cell: ({ id }) => id, whole: true },
        { head: "STATUS", cell: statusText },
        { head: "TURNS", cell: ({ turnsCompleted }) => `${turnsCompleted}`, align: "right" },
        { head: "ACTIVE", cell: ({ lastActivityAt }) => ago(lastActivityAt, now) },
        { head: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) },
        { head: "SESSION", cell: ({ sessionId }) => sessionId }
      ],
      empty: "No agents."
    })
  })
