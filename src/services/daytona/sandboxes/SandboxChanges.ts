/**
 * Where a push source can shorten the waits for sandboxes. Without one, and also with one, the truth about a sandbox is
 * what the server says when it is asked: an event is only ever a reason to ask sooner.
 *
 * Provide the tag below `Sandboxes.layer` (for example over Daytona's socket.io events), and every wait uses it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"

/**
 * Where a push source can shorten the waits for sandboxes. Optional: without it, waits ask by themselves.
 *
 * @example
 * ```ts
 * import { Effect, Layer, PubSub, Stream } from "effect"
 * import { Daytona, type SandboxId, SandboxChanges } from "effect-sandboxes/daytona"
 *
 * const events = (changes: PubSub.PubSub<SandboxId>) =>
 *   Layer.succeed(SandboxChanges, {
 *     changed: (id) =>
 *       Stream.fromPubSub(changes).pipe(
 *         Stream.filter((changed) => changed === id),
 *         Stream.take(1),
 *         Stream.runDrain
 *       )
 *   })
 *
 * const daytona = (changes: PubSub.PubSub<SandboxId>) =>
 *   Daytona.layerConfig().pipe(Layer.provide(events(changes)))
 * ```
 */
export class SandboxChanges extends Context.Tag("effect-sandboxes/daytona/SandboxChanges")<
  SandboxChanges,
  SandboxChanges.Service
>() {}

export declare namespace SandboxChanges {
  interface Service {
    /**
     * Succeeds when something about the sandbox has changed since it began to run; never, when nothing does. What it
     * misses costs time, nothing else. It is interrupted when the wait asks by itself.
     */
    readonly changed: (id: SandboxId) => Effect.Effect<void>
  }
}
