/** The embedded Daytona server, whose sandboxes take no time to start, with one that runs. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona, type Sandbox, Sandboxes } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"

export interface Started {
  readonly apiUrl: string
  readonly sandbox: Sandbox.ConnectedSandbox
}

/** Runs until the bench disconnects. What a sandbox holds goes with the server. */
export const start = async <A>(
  prepare: (started: Started) => Effect.Effect<A, unknown>,
  onEnd: () => void = () => {}
): Promise<A> => {
  const runtime = ManagedRuntime.make(EmbeddedDaytona.layerServer({ durations: 0 }))
  process.removeAllListeners("disconnect")
  process.once("disconnect", () => {
    const finish = () => {
      onEnd()
      process.exit(0)
    }
    runtime.dispose().then(finish, finish)
  })
  return runtime.runPromise(
    Effect.gen(function* () {
      const apiUrl = `${Option.getOrThrow((yield* EmbeddedDaytona).url)}/api`
      const daytona = Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl }).pipe(
        Layer.provide(NodeTransport.layer)
      )
      return yield* Sandboxes.pipe(
        Effect.flatMap((sandboxes) => sandboxes.create()),
        Effect.flatMap((sandbox) => prepare({ apiUrl, sandbox })),
        Effect.provide(daytona)
      )
    })
  )
}
