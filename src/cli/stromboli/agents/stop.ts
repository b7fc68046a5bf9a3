/** `agents stop`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentId, Agents } from "../../../stromboli.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { count } from "../../frame/words.js"

const Stopped = Schema.Struct({ id: AgentId })

export const run = ({ ids, yes }: { readonly ids: ReadonlyArray<string>; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const what = ids.length === 1 ? `${ids[0]}` : count(ids.length, "agent")
    yield* confirm(`Stop ${what}? A turn in progress is lost.`, { yes })
    for (const each of ids) {
      const id = AgentId.make(each)
      yield* during(`Stopping ${id}`)(agents.stop(id))
      yield* Output.show(Stopped, { id }, () => `${id}\n`)
    }
  })
