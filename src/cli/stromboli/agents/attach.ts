/** `agents attach`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type AgentEvent, AgentId, Agents, type Conversation } from "../../../stromboli.js"
import { Unsuccessful } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim } from "../../frame/text.js"
import * as prompts from "../chat/prompts.js"
import * as turn from "../chat/turn.js"
import * as Page from "../page.js"
import type { AttachValues } from "./command.js"

/** Why the watching has ended. */
interface Watched {
  readonly exited: boolean
  readonly reason: string | undefined
}

/** Shows everything until the agent exits, and says of each turn that has ended once it has been shown. */
const watch = (events: Conversation["events"], ended: (event: AgentEvent) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    let found: Watched = { exited: false, reason: undefined }
    yield* turn.show(events, (event) => {
      if (event._tag === "Exited") found = { exited: true, reason: event.reason }
      return event._tag === "TurnEnded" ? ended(event) : Effect.void
    })
    return found
  })

/** Sends prompts until the input ends. What the agent does is shown by the watcher, which may be a little behind. */
const send = (conversation: Conversation, page: Page.Page, shown: Queue.Dequeue<string | undefined>) =>
  Effect.gen(function* () {
    const input = yield* prompts.make("")
    const answered = (prompt: string) =>
      Effect.gen(function* () {
        yield* Page.addPrompt(page, prompt)
        const turnId = turnIdOf(Option.getOrUndefined(yield* Stream.runLast(conversation.ask(prompt))))
        yield* Effect.repeat(Queue.take(shown), { until: (each) => each === turnId })
      })
    yield* Effect.iterate(yield* input.next, {
      while: (prompt) => prompt !== undefined,
      body: (prompt = "") => Effect.zipRight(prompt.trim() === "" ? Effect.void : answered(prompt), input.next)
    })
    return { exited: false, reason: undefined } satisfies Watched
  }).pipe(Effect.scoped)

const turnIdOf = (event: AgentEvent | undefined): string | undefined =>
  event?._tag === "TurnEnded" ? event.turnId : undefined

export const run = (values: AttachValues) =>
  Effect.gen(function* () {
    const id = AgentId.make(values.id)
    const agents = yield* Agents
    const page = yield* Page.prepare(values)
    const conversation = yield* during(`Attaching to ${id}`)(agents.connect(id))
    const { status } = conversation.agent
    yield* Output.note(dim(`Attached to ${id}, which is ${status}. Ctrl-C leaves it running.`))
    const shown = yield* Queue.unbounded<string | undefined>()
    const watching = watch(Page.record(page)(conversation.events), (event) =>
      Effect.asVoid(Queue.offer(shown, turnIdOf(event)))
    )
    const { exited, reason } = yield* Page.written(page)(
      values.readOnly ? watching : Effect.raceFirst(watching, send(conversation, page, shown))
    )
    if (!exited) return yield* Output.note(dim(`Detached; ${id} keeps running.`))
    if (reason === undefined) return yield* Output.note(dim(`${id} has exited.`))
    return yield* new Unsuccessful({ message: `${id} has exited: ${reason}` })
  }).pipe(Effect.scoped, Output.noteOnInterrupt(dim(`Detached; ${values.id} keeps running.`)))
