/** `snapshot build`. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type SnapshotEvent, type SnapshotId, SnapshotName, Snapshots } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { bold, dim, green, type Text, yellow } from "../../frame/text.js"
import type { ResourceValues } from "../newSandbox.js"
import { resourcesOf } from "../resources.js"
import { type ImageValues, imageFor } from "./image.js"
import { Shown, shownOf } from "./view.js"

/** What the options are read as. */
export interface Values extends ImageValues, ResourceValues {
  readonly name: string
  readonly timeout: Option.Option<Duration.Duration>
}

/** What is printed with `--json`, a line for each. */
const Event = Schema.Union(
  Schema.TaggedStruct("Created", { snapshot: Shown }),
  Schema.TaggedStruct("Log", { line: Schema.String }),
  Schema.TaggedStruct("LogUnavailable", { message: Schema.String }),
  Schema.TaggedStruct("Active", { snapshot: Shown })
)
type Event = typeof Event.Type

const eventOf = (event: SnapshotEvent): Event => {
  switch (event._tag) {
    case "Created":
    case "Active":
      return { _tag: event._tag, snapshot: shownOf(event.snapshot) }
    case "Log":
      return event
    case "LogUnavailable":
      return { _tag: "LogUnavailable", message: event.error.message }
  }
}

/** The beginning of a step, in the words of builders: `Step 2/5 : RUN make`, `[2/5] RUN make`. */
const step = /^(?:#\d+ )?(?:Step (\d+\/\d+) ?:|\[(?:\S+ )?(\d+\/\d+)\]) *(.*)$/

const lineText = (line: string): Text => {
  // Their colours would not be ours.
  const [, first, second = first, rest = ""] = step.exec(line) ?? []
  return second === undefined ? dim(line) : [bold(second), " ", rest]
}

const eventText = (event: Event): Text => {
  switch (event._tag) {
    case "Created":
      return dim(`The snapshot is ${event.snapshot.id}.`)
    case "Log":
      return lineText(event.line)
    case "LogUnavailable":
      return yellow(`The log cannot be shown: ${event.message}`)
    case "Active":
      return [green("✓"), ` ${event.snapshot.name} is ready.`]
  }
}

/** Deletes the snapshot that was interrupted while it was built. */
const undo = (id: SnapshotId | undefined, name: string) =>
  id === undefined
    ? Output.note(`Interrupted: if the server has the request, it builds ${name}. See: snapshot ls`)
    : Effect.gen(function* () {
        const snapshots = yield* Snapshots
        const deleted = yield* Effect.option(snapshots.delete(id))
        yield* Output.note(
          Option.isSome(deleted)
            ? dim(`Interrupted: deleted the snapshot ${name}.`)
            : `Interrupted, but the snapshot ${name} could not be deleted. Try: snapshot rm ${name}`
        )
      })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const snapshots = yield* Snapshots
    const { json, note } = yield* Output.Output
    const image = yield* imageFor(values)
    const request = { name: SnapshotName.make(values.name), image, ...resourcesOf(values) }
    let id: SnapshotId | undefined
    let current = `Building ${values.name}`
    yield* snapshots.createWithLogs(request, { timeout: Option.getOrUndefined(values.timeout) }).pipe(
      Stream.runForEach((received) => {
        if (received._tag === "Created") id = received.snapshot.id
        const event = eventOf(received)
        if (event._tag === "Log" && step.test(event.line)) current = event.line
        if (json) return Output.show(Event, event, () => "")
        // The result is the name; how it came about is not.
        return event._tag === "Active"
          ? Effect.zipRight(
              note(eventText(event)),
              Output.show(Shown, event.snapshot, ({ name }) => `${name}\n`)
            )
          : note(eventText(event))
      }),
      during(() => current),
      Effect.onInterrupt(() => undo(id, values.name))
    )
  })
