/** Claude Code as a service, in every place: the behaviours that `test/claude-code` checks with a stand-in. */
import * as Effect from "effect/Effect"
import { behaviours } from "../../../test/claude-code/behaviour/index.js"
import { places } from "../../../test/claude-code/behaviour/places.js"
import { Model, type Script } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import { taskNotification } from "../model/Turn.js"
import type { Area } from "./Area.js"
import { delegate, task } from "./subAgents.js"

/** What the CLI puts before a prompt itself. */
const isReminder = (text: string) => text.startsWith("<system-reminder>")

const script: Script = {
  "Say hello.": () => Effect.succeed(says("Hello.")),
  "- is this an option?": () => Effect.succeed(says("No option.")),
  "Read this:": () => Effect.succeed(says("300011 characters.")),
  "What did I say before?": ({ before }) =>
    Effect.succeed(says(before.filter((text) => !isReminder(text)).join(" | "))),
  "Run a command.": ({ toolResults }) =>
    Effect.succeed(toolResults === 0 ? uses("Bash", { command: "touch touched" }) : says("Done: touch touched")),
  "Work without end.": () => Effect.succeed(uses("Bash", { command: "true" })),
  "Give me a number.": ({ toolResults }) =>
    Effect.succeed(toolResults === 0 ? uses("StructuredOutput", { number: 42 }) : says("A number.")),
  "Delegate.": (turn) => Effect.succeed(turn.toolResults === 0 ? delegate(turn, true) : says("Delegated.")),
  [task]: () => Effect.succeed(says("It rains.")),
  [taskNotification]: () => Effect.succeed(says("News: it rains.")),
  "Think for long.": () => Effect.succeed(says("Well, let me think.", { midway: Effect.never }))
}

export const inPlaces: ReadonlyArray<Area> = places.flatMap(([place, layer]) =>
  behaviours
    .filter(({ onlyStandIn, places: where }) => onlyStandIn !== true && (where?.includes(place) ?? true))
    .map(
      ({ check, name }): Area => ({
        name: `${place}: ${name}`,
        since: "2.1.0",
        drive: Effect.flatMap(Model, (model) =>
          Effect.zipRight(model.follow(script), Effect.provide(Effect.scoped(check), layer))
        )
      })
    )
)
