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
import type { AttachValues } from "./options.js"

/** Why the watching has ended. */
interface Watched {
  readonly exited: boolean
  readonly reason: string | undefined
}

/** Between the one that sends and the one that shows. */
interface Turns {
  /** Turns that have been shown. */
  readonly shown: Queue.Queue<string | undefined>
  /** Whether a prompt waits for the end of its turn. */
  isOpen: boolean
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
const send = (conversation: Conversation, page: Page.Page, turns: Turns) =>
  Effect.gen(function* () {
    const input = yield* prompts.make("")
    const answered = (prompt: string) =>
      Effect.gen(function* () {
        yield* Page.addPrompt(page, prompt)
        turns.isOpen = true
        // The watcher says that the agent has exited, once it has shown what the agent said before.
        const last = yield* Effect.catchTag(Stream.runLast(conversation.ask(prompt)), "AgentExited", () => Effect.never)
        const turnId = turnIdOf(Option.getOrUndefined(last))
        yield* Effect.repeat(Queue.take(turns.shown), { until: (each) => each === turnId })
        turns.isOpen = false
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
    const turns: Turns = { shown: yield* Queue.unbounded<string | undefined>(), isOpen: false }
    const watching = watch(Page.record(page)(conversation.events), (event) =>
      Effect.asVoid(Queue.offer(turns.shown, turnIdOf(event)))
    )
    const { exited, reason } = yield* Page.written(page)(
      values.readOnly ? watching : Effect.raceFirst(watching, send(conversation, page, turns))
    )
    if (!exited) return yield* Output.note(dim(`Detached; ${id} keeps running.`))
    if (reason === undefined && !turns.isOpen) return yield* Output.note(dim(`${id} has exited.`))
    const why = reason ?? "it has not answered the last prompt to the end"
    return yield* new Unsuccessful({ message: `${id} has exited: ${why}` })
  }).pipe(Effect.scoped, Output.noteOnInterrupt(dim(`Detached; ${values.id} keeps running.`)))
