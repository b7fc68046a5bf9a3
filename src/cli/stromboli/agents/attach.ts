/** `agents attach`. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type AgentEvent, AgentId, Agents } from "../../../stromboli.js"
import { Unsuccessful } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim } from "../../frame/text.js"
import * as prompts from "../chat/prompts.js"
import * as turn from "../chat/turn.js"

/** Remembers why the agent has exited, if it has. */
const untilExit = <E, R>(events: Stream.Stream<AgentEvent, E, R>) =>
  Effect.gen(function* () {
    let reason: string | undefined
    let exited = false
    const watched = Stream.tap(events, (event) =>
      Effect.sync(() => {
        if (event._tag !== "Exited") return
        exited = true
        reason = event.reason
      })
    )
    yield* turn.show(watched)
    return { exited, reason }
  })

export const run = (values: { readonly id: string; readonly readOnly: boolean }) =>
  Effect.gen(function* () {
    const id = AgentId.make(values.id)
    const agents = yield* Agents
    const conversation = yield* during(`Attaching to ${id}`)(agents.connect(id))
    const { status } = conversation.agent
    yield* Output.note(dim(`Attached to ${id}, which is ${status}. Ctrl-C leaves it running.`))
    const watching = untilExit(conversation.events)
    const sending = Effect.gen(function* () {
      const input = yield* prompts.make("")
      yield* Effect.iterate(yield* input.next, {
        while: (prompt) => prompt !== undefined,
        body: (prompt = "") =>
          // What the agent does is shown by the watcher.
          Effect.zipRight(prompt.trim() === "" ? Effect.void : Stream.runDrain(conversation.ask(prompt)), input.next)
      })
    }).pipe(Effect.scoped)
    const { exited, reason } = yield* values.readOnly
      ? watching
      : Effect.raceFirst(watching, Effect.as(sending, { exited: false, reason: undefined }))
    if (!exited) return yield* Output.note(dim(`Detached; ${id} keeps running.`))
    if (reason === undefined) return yield* Output.note(dim(`${id} has exited.`))
    return yield* new Unsuccessful({ message: `${id} has exited: ${reason}` })
  }).pipe(Effect.scoped, Output.noteOnInterrupt(dim(`Detached; ${values.id} keeps running.`)))
