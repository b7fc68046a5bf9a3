/** `snapshot ls`. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Snapshots } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { ago, size } from "../../frame/words.js"
import { sizeText } from "../sandbox/view.js"
import { Shown, shownOf, stateText } from "./view.js"

export const run = () =>
  Effect.gen(function* () {
    const snapshots = yield* Snapshots
    const found = yield* during("Listing snapshots")(Stream.runCollect(snapshots.list()))
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(Shown, Chunk.toReadonlyArray(found).map(shownOf), {
      columns: [
        { head: "NAME", cell: ({ name }) => name, whole: true },
        { head: "STATE", cell: stateText },
        { head: "IMAGE", cell: ({ imageName = "" }) => imageName },
        { head: "SANDBOXES", cell: sizeText },
        { head: "SIZE", cell: (shown) => (shown.size === undefined ? "" : size(shown.size * 1e9)), align: "right" },
        { head: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) }
      ],
      empty: "No snapshots."
    })
  })
