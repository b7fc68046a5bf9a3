/** The sandbox that a command works in. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CreateSandbox, type Sandbox, Sandboxes, SandboxName } from "../../daytona.js"
import { UsageError } from "../frame/failures.js"
import * as Output from "../frame/Output.js"
import { during } from "../frame/Progress.js"
import { dim } from "../frame/text.js"
import type { InSandboxValues, OriginValues } from "./newSandbox.js"

/** Connects to a sandbox, by name or id. One that does not run is started. */
export const connect = (name: string) =>
  Effect.flatMap(Sandboxes, (sandboxes) => during(`Connecting to ${name}`)(sandboxes.connect(SandboxName.make(name))))

/** What a sandbox is made from. */
export const originOf = ({ image, snapshot }: OriginValues): Effect.Effect<CreateSandbox, UsageError> => {
  if (Option.isSome(image) && Option.isSome(snapshot)) {
    return Effect.fail(new UsageError({ message: "Give either --image or --snapshot, not both" }))
  }
  return Effect.succeed(Option.isSome(image) ? { image: image.value } : { snapshot: Option.getOrUndefined(snapshot) })
}

/**
 * A sandbox of a command's own. When the command is killed, the server stops it after 15 minutes without activity, and
 * deletes it a day later.
 */
export const freshOf = (values: OriginValues) =>
  Effect.map(originOf(values), (origin): CreateSandbox => ({ ...origin, autoDelete: "1 day" }))

/** Says that the sandbox is being deleted when the scope closes: a warning follows if it cannot be. */
export const sayDeletion = (sandbox: Sandbox.ConnectedSandbox, note: Output.Output.Service["note"]) =>
  Effect.addFinalizer(() => note(dim(`Deleting the sandbox ${sandbox.name}.`)))

const makeFresh = (values: OriginValues) =>
  Effect.gen(function* () {
    const { note } = yield* Output.Output
    const sandboxes = yield* Sandboxes
    const sandbox = yield* during("Creating a sandbox")(sandboxes.scoped(yield* freshOf(values)))
    yield* sayDeletion(sandbox, note)
    return sandbox
  })

/** The sandbox with this name, or a new one until the scope closes. */
export const connectOrCreate = (name: Option.Option<string>, values: InSandboxValues) =>
  Effect.gen(function* () {
    if (values.fresh) {
      if (Option.isNone(name)) return yield* makeFresh(values)
      return yield* new UsageError({ message: `Give either --new or the name of a sandbox, not both: ${name.value}` })
    }
    if (Option.isSome(values.image) || Option.isSome(values.snapshot)) {
      return yield* new UsageError({ message: "--image and --snapshot are for a new sandbox: add --new" })
    }
    if (Option.isSome(name)) return yield* connect(name.value)
    return yield* new UsageError({ message: "Give the name of a sandbox, or --new for one of its own" })
  })
