/** What Claude Code does in every place, with a CLI that follows a script. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { standInOnPath } from "../../support/claude/onPath.js"
import { describeWithLayer } from "../../support/sharedLayer.js"
import { behaviours } from "./index.js"
import { places } from "./places.js"

for (const [name, place] of places) {
  const shared = place.pipe(Layer.provide(standInOnPath), Layer.provide(NodeContext.layer))
  describeWithLayer(
    name,
    shared,
    "20 seconds"
  )((it) => {
    for (const { check, name: behaviour, places: where } of behaviours) {
      if (where !== undefined && !where.includes(name)) continue
      it.effect(behaviour, () => Effect.scoped(check))
    }
  })
}
