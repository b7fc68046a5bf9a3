/** `stream`. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Execution, RunEvent, SessionId } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim } from "../../frame/text.js"
import { promptOf } from "../prompt.js"
import type { StreamValues } from "./options.js"

const show = (event: RunEvent) =>
  Effect.gen(function* () {
    const { json, stderr } = yield* Output.Output
    yield* Output.show(RunEvent, event, (shown) => (shown._tag === "Output" ? `${shown.line}\n` : ""))
    if (event._tag === "Done" && event.sessionId !== undefined && stderr.isTerminal && !json) {
      yield* Output.note(dim(`session ${event.sessionId}`))
    }
  })

export const run = (values: StreamValues) =>
  Effect.gen(function* () {
    const prompt = yield* promptOf(values.prompt)
    const execution = yield* Execution
    const events = execution.stream({
      prompt,
      workdir: Option.getOrUndefined(values.workdir),
      sessionId: Option.getOrUndefined(Option.map(values.session, (id) => SessionId.make(id)))
    })
    // The first line may take as long as the whole run; from then on, the output itself shows that something happens.
    const begun = yield* Deferred.make<void>()
    const progress = yield* Effect.fork(during("Running the prompt")(Deferred.await(begun)))
    const hidden = Effect.zipRight(Deferred.succeed(begun, undefined), progress.await)
    yield* events.pipe(
      Stream.runForEach((event) => Effect.zipRight(hidden, show(event))),
      Effect.ensuring(hidden),
      Output.noteOnInterrupt("Interrupted: the run was stopped.")
    )
  })
