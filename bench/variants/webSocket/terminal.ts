import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Pty, PtyId } from "effect-sandboxes/daytona"
import { connect } from "../../clients/daytona.js"
import type { Setting } from "../../harness/Suite.js"
import { sandboxId } from "../../servers/sandbox.js"
import { inFlight, measureMessages } from "./load.js"

const size = 100

export const measure = async ({ server }: Setting) => {
  const runtime = connect(server["url"] ?? "", sandboxId)
  const scope = await runtime.runPromise(Scope.make())
  const terminal = await runtime.runPromise(
    Effect.flatMap(Pty, (pty) => pty.attach(PtyId.make("bench"))).pipe(Scope.extend(scope))
  )
  const message = new Uint8Array(size).fill(120)
  let received = 0
  let wanted = 0
  let finished: Deferred.Deferred<void> | undefined
  runtime.runFork(
    Stream.runForEach(terminal.output, () => {
      received++
      if (received === wanted && finished !== undefined) return Deferred.succeed(finished, undefined)
      return received + inFlight <= wanted ? terminal.send(message) : Effect.void
    })
  )
  const run = (messages: number) =>
    Effect.gen(function* () {
      finished = yield* Deferred.make<void>()
      received = 0
      wanted = messages
      yield* Effect.repeatN(terminal.send(message), inFlight - 1)
      yield* Deferred.await(finished)
    })
  return measureMessages(size, "echo", (messages) => runtime.runPromise(run(messages)))
}
