/** `sessions rm`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SessionId, Sessions } from "../../../stromboli.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { count } from "../../frame/words.js"

const Deleted = Schema.Struct({ id: SessionId })

export const run = ({ ids, yes }: { readonly ids: ReadonlyArray<string>; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const what = ids.length === 1 ? `session ${ids[0]}` : count(ids.length, "session")
    yield* confirm(`Delete ${what} and all that was said?`, { yes })
    for (const each of ids) {
      const id = SessionId.make(each)
      yield* during(`Deleting ${id}`)(sessions.destroy(id))
      yield* Output.show(Deleted, { id }, () => `${id}\n`)
    }
  })
