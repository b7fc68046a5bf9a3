import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Daytona, Process, ProcessSessions, Sandbox, Sandboxes, SandboxId } from "effect-sandboxes/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import type { Setting } from "../../harness/Suite.js"
import { expectOutput, measureRepeated } from "./repeated.js"

const layerDaytona = (server: Setting["server"]) =>
  Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl: server["apiUrl"] ?? "" }).pipe(
    Layer.provide(NodeTransport.layer)
  )

/** How long ago something was seen last. */
const sinceLast = <A, E, R>(seen: Stream.Stream<A, E, R>) =>
  Effect.suspend(() => {
    let last = Number.NaN
    const see = Effect.sync(() => {
      last = performance.now()
    })
    return Effect.map(
      Stream.runForEach(seen, () => see),
      () => performance.now() - last
    )
  })

type Way = Effect.Effect<Effect.Effect<number | undefined, unknown, CommandExecutor>, unknown, Sandbox.SandboxServices>

const inSandbox = {
  executeMerged: Effect.map(Process, (process) =>
    Effect.map(process.executeMerged("echo hello"), ({ output }) => expectOutput(output))
  ),
  execute: Effect.map(Process, (process) =>
    Effect.map(process.execute("echo hello"), ({ stdout }) => expectOutput(stdout))
  ),
  inSession: Effect.gen(function* () {
    const sessions = yield* ProcessSessions
    const session = yield* sessions.create()
    // The result is what is measured.
    // @effect-diagnostics-next-line returnEffectInGen:off
    return Effect.map(sessions.run(session, "echo hello"), ({ stdout }) => expectOutput(stdout))
  }),
  stream: Effect.map(Process, (process) =>
    sinceLast(Stream.filter(process.stream("echo hello"), ({ _tag }) => _tag !== "Exit"))
  ),
  platform: Effect.succeed(sinceLast(Command.stream(Command.make("echo", "hello"))))
} satisfies Record<string, Way>

export const measure = async ({ server }: Setting, name: keyof typeof inSandbox) => {
  const way: Way = inSandbox[name]
  const runtime = ManagedRuntime.make(
    Sandbox.layerCommandExecutor.pipe(
      Layer.provideMerge(Sandbox.connect(SandboxId.make(server["sandboxId"] ?? ""))),
      Layer.provide(layerDaytona(server))
    )
  )
  const once = await runtime.runPromise(way)
  return measureRepeated(() => runtime.runPromise(once))
}

export const measureCreation = async ({ server }: Setting) => {
  const runtime = ManagedRuntime.make(layerDaytona(server))
  const { create, delete: remove } = await runtime.runPromise(Sandboxes)
  const run = Effect.suspend(() => {
    const start = performance.now()
    return Effect.acquireUseRelease(
      create(),
      ({ process }) =>
        Effect.map(process.executeMerged("echo hello"), ({ output }) => {
          expectOutput(output)
          return performance.now() - start
        }),
      ({ id }) => Effect.ignore(remove(id))
    )
  })
  return measureRepeated(() => runtime.runPromise(run))
}
