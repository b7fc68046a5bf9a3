/** `exec`. */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CommandWords } from "../../frame/CommandWords.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { connectOrCreate } from "../connect.js"
import { environmentOf } from "../environment.js"
import type { InSandboxValues } from "../newSandbox.js"
import { runAttached } from "./attached.js"
import { commandIdOf } from "./commandId.js"

/** What the options are read as. */
export interface Values extends InSandboxValues {
  readonly name: Option.Option<string>
  readonly command: ReadonlyArray<string>
  readonly cwd: Option.Option<string>
  readonly env: ReadonlyArray<string>
  readonly noStdin: boolean
  readonly detach: boolean
}

const Detached = Schema.Struct({ command: Schema.String })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const words = [...values.command, ...(yield* CommandWords)]
    const [first] = words
    if (first === undefined) {
      return yield* new UsageError({ message: "Give a command after --, such as: exec NAME -- ls -l" })
    }
    if (values.detach && values.fresh) {
      return yield* new UsageError({ message: "Give either --new or --detach: a new sandbox is deleted at the end" })
    }
    const options = { cwd: Option.getOrUndefined(values.cwd), env: yield* environmentOf(values.env) }
    const box = yield* connectOrCreate(values.name, values)
    if (!values.detach) {
      return yield* runAttached(box, words, { ...options, input: values.noStdin ? "none" : "sent", what: first })
    }
    // With a key it outlives this process. Its input would have no end.
    const detached = ["sh", "-c", 'exec "$@" < /dev/null', "sh", ...words]
    const { handle } = yield* during(`Starting ${first}`)(
      box.process.start(detached, { ...options, key: randomUUID() })
    )
    yield* Output.show(Detached, { command: commandIdOf(handle) }, ({ command }) => `${command}\n`)
  }).pipe(Effect.scoped)
