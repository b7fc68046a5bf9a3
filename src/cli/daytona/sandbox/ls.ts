/** `sandbox ls`. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Sandboxes } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { ago } from "../../frame/words.js"
import { pairsOf } from "../environment.js"
import { Shown, shownOf, sizeText, stateText } from "./view.js"

/** What the options are read as. */
export interface Values {
  readonly label: ReadonlyArray<string>
  readonly state: ReadonlyArray<string>
  readonly limit: Option.Option<number>
}

export const run = ({ label, limit, state }: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const labels = yield* pairsOf("--label", "NAME=VALUE", label)
    const all = sandboxes.list({
      ...(label.length === 0 ? {} : { labels }),
      ...(state.length === 0 ? {} : { states: state })
    })
    const found = yield* Stream.runCollect(
      Option.match(limit, { onNone: () => identity<typeof all>, onSome: (most) => Stream.take(most) })(all)
    ).pipe(during("Listing sandboxes"))
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Shown, Chunk.toReadonlyArray(found).map(shownOf), {
      columns: [
        { head: "NAME", cell: ({ name }) => name, whole: true },
        { head: "STATE", cell: stateText },
        { head: "SNAPSHOT", cell: ({ snapshot = "" }) => snapshot },
        { head: "SIZE", cell: sizeText },
        { head: "REGION", cell: ({ region }) => region },
        { head: "ACTIVE", cell: ({ lastActivityAt = "" }) => ago(lastActivityAt, now) },
        { head: "CREATED", cell: ({ createdAt = "" }) => ago(createdAt, now) }
      ],
      empty: label.length + state.length === 0 ? "No sandboxes." : "No such sandboxes."
    })
  })
