/** The sandbox that a command works in. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CreateSandbox, Sandboxes, SandboxName } from "../../daytona.js"
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

const makeFresh = (values: OriginValues) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const origin = yield* originOf(values)
    // Before the sandbox, so that it is said once that has been deleted.
    let deleted = ""
    yield* Effect.addFinalizer(() => (deleted === "" ? Effect.void : Output.note(dim(deleted))))
    const sandbox = yield* during("Creating a sandbox")(sandboxes.scoped(origin))
    deleted = `Deleted the sandbox ${sandbox.name}.`
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
