/** Moves sandboxes from state to state. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import * as identifiers from "../identifiers.js"
import { type OutcomeRegistry, sleepUnlessZero } from "../outcomes/Outcomes.js"
import type { Runtimes } from "../runtime/Runtimes.js"
import type { Settings } from "../Settings.js"
import type { Builds } from "../snapshot/Builds.js"
import { type BuildInfo, isEphemeral, type Sandbox } from "./Sandbox.js"
import type { Sandboxes } from "./Sandboxes.js"
import type { SandboxFailure, SandboxTasks } from "./SandboxTasks.js"

/** The size of a sandbox. */
export interface Size {
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/**
 * The state transitions of sandboxes. Each function immediately stores what the call itself changes, and starts a
 * background task for the rest. It does not check that the sandbox is in a suitable state.
 */
export interface Lifecycle {
  /** For a sandbox stored as `unknown` with desired state `started`. */
  readonly createFromSnapshot: (sandbox: Sandbox) => Effect.Effect<void>
  /** For a sandbox stored as `pending_build`. */
  readonly createFromBuild: (sandbox: Sandbox, info: BuildInfo) => Effect.Effect<void>
  readonly start: (sandbox: Sandbox) => Effect.Effect<void>
  readonly stop: (sandbox: Sandbox) => Effect.Effect<void>
  readonly pause: (sandbox: Sandbox) => Effect.Effect<void>
  readonly archive: (sandbox: Sandbox) => Effect.Effect<void>
  readonly resize: (sandbox: Sandbox, size: Size) => Effect.Effect<void>
  /** `finished` runs once the snapshot has been taken. */
  readonly snapshot: (sandbox: Sandbox, finished: Effect.Effect<void>) => Effect.Effect<void>
  /** For a child stored as `unknown` with desired state `started`. */
  readonly fork: (parent: Sandbox, child: Sandbox) => Effect.Effect<void>
  /** Sends the network settings to the runner, which takes a moment. */
  readonly changeNetwork: (sandbox: Sandbox) => Effect.Effect<void>
  /** Whether a runner has something to do for the sandbox. It takes one job at a time. */
  readonly hasJob: (sandbox: Sandbox) => Effect.Effect<boolean>
  readonly recover: (sandbox: Sandbox, options: { readonly skipStart: boolean }) => Effect.Effect<void>
  /** Deletes it and the sandboxes linked to it. */
  readonly destroy: (sandbox: Sandbox) => Effect.Effect<void>
}

export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly tasks: SandboxTasks
  readonly outcomes: OutcomeRegistry
  readonly runtimes: Runtimes
  readonly builds: Builds
}): Effect.Effect<Lifecycle, never, Scope.Scope> =>
  Effect.map(FiberMap.make<string, void>(), (networkJobs) => {
    const { builds, outcomes, runtimes, sandboxes, settings, tasks } = dependencies
    const pickUp = sleepUnlessZero(settings.duration("pickUp"))

    const change = (sandbox: Sandbox, changes: Partial<Sandbox>) => Effect.asVoid(sandboxes.update(sandbox.id, changes))

    const started = (sandbox: Sandbox, changes: Partial<Sandbox> = {}) =>
      Effect.zipRight(
        runtimes.start(sandbox),
        change(sandbox, { state: "started", desiredState: "started", pending: false, ...changes })
      )

    const stopped = (sandbox: Sandbox) => change(sandbox, { state: "stopped", desiredState: "stopped", pending: false })

    const createOnRunner = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        const runnerId = sandbox.runnerId ?? (yield* identifiers.uuid)
        if (outcomes.isObservable("pull", sandbox)) {
          yield* change(sandbox, { state: "pulling_snapshot", runnerId })
          yield* outcomes.perform("pull", sandbox, { after: "30 minutes", reason: "Timeout while pulling snapshot" })
        }
        yield* change(sandbox, { state: "creating", runnerId })
        yield* outcomes.perform("create", sandbox, { after: "15 minutes", reason: "Timeout while creating sandbox" })
        yield* started(sandbox, { daemonVersion: settings.version })
      })

    const boot = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        yield* change(sandbox, { state: "starting" })
        yield* outcomes.perform("start", sandbox)
        yield* started(sandbox, { authToken: yield* identifiers.token(24) })
      })

    const restore = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        yield* change(sandbox, { state: "restoring", runnerId: yield* identifiers.uuid })
        yield* outcomes.perform("restore", sandbox)
        yield* started(sandbox, { authToken: yield* identifiers.token(24) })
      })

    const halt = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        yield* change(sandbox, { state: "stopping" })
        yield* outcomes.perform("stop", sandbox)
        yield* runtimes.stop(sandbox.id)
        yield* stopped(sandbox)
      })

    /** Runs a task and then restores the sandbox's previous state. */
    const andBack = (
      sandbox: Sandbox,
      during: Partial<Sandbox>,
      work: Effect.Effect<Partial<Sandbox>, SandboxFailure>
    ) =>
      Effect.zipRight(
        change(sandbox, { ...during, pending: true }),
        tasks.start(
          sandbox.id,
          Effect.flatMap(work, (result) =>
            change(sandbox, {
              state: sandbox.state,
              desiredState: sandbox.desiredState,
              pending: false,
              ...result
            })
          )
        )
      )

    const destroyOne = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const name = `DESTROYED_${sandbox.name}_${now}`
        yield* change(sandbox, { name, desiredState: "destroyed", pending: true })
        if (sandbox.state === "error" || sandbox.state === "build_failed") {
          // It is invisible from now on, so its further states do not matter.
          return yield* runtimes.destroy(sandbox.id)
        }
        yield* tasks.start(
          sandbox.id,
          Effect.gen(function* () {
            yield* pickUp
            yield* change(sandbox, { state: "destroying" })
            yield* outcomes.perform("destroy", sandbox)
            yield* runtimes.destroy(sandbox.id)
            yield* change(sandbox, { state: "destroyed", pending: false, runnerId: null })
          })
        )
      })

    const destroy = (sandbox: Sandbox): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* destroyOne(sandbox)
        const linked = (yield* sandboxes.all).filter(
          (other) => other.linkedSandboxId === sandbox.id && other.desiredState !== "destroyed"
        )
        yield* Effect.forEach(linked, destroyOne, { discard: true })
      })

    return {
      createFromSnapshot: (sandbox) => tasks.start(sandbox.id, Effect.zipRight(pickUp, createOnRunner(sandbox))),
      createFromBuild: (sandbox, info) =>
        tasks.start(
          sandbox.id,
          Effect.gen(function* () {
            yield* pickUp
            yield* change(sandbox, { state: "building_snapshot", pending: true })
            const { organizationId, target: region } = sandbox
            const limit = { after: "60 minutes", reason: "Timeout while building snapshot on runner" } as const
            yield* builds
              .build({ info, region, organizationId }, outcomes.perform("build", sandbox, limit))
              .pipe(Effect.mapError((failure): SandboxFailure => ({ ...failure, state: "build_failed" })))
            yield* createOnRunner(sandbox)
          })
        ),
      start: (sandbox) => {
        switch (sandbox.state) {
          case "archived":
            return Effect.zipRight(
              change(sandbox, { desiredState: "started", pending: true }),
              tasks.start(sandbox.id, Effect.zipRight(pickUp, restore(sandbox)))
            )
          case "paused":
            return Effect.zipRight(
              change(sandbox, { state: "resuming", desiredState: "started", pending: true }),
              tasks.start(sandbox.id, Effect.zipRight(outcomes.perform("resume", sandbox), started(sandbox)))
            )
          default:
            return Effect.zipRight(
              change(sandbox, { state: "stopped", desiredState: "started", pending: true, backupState: "None" }),
              tasks.start(sandbox.id, Effect.zipRight(pickUp, boot(sandbox)))
            )
        }
      },
      stop: (sandbox) =>
        isEphemeral(sandbox)
          ? destroy(sandbox)
          : Effect.zipRight(
              change(sandbox, {
                desiredState: "stopped",
                pending: true,
                ...(sandbox.state === "paused" ? { state: "stopping" } : {})
              }),
              tasks.start(sandbox.id, Effect.zipRight(pickUp, halt(sandbox)))
            ),
      pause: (sandbox) =>
        Effect.zipRight(
          change(sandbox, { state: "pausing", desiredState: "paused", pending: true }),
          tasks.start(
            sandbox.id,
            Effect.gen(function* () {
              yield* outcomes.perform("pause", sandbox)
              yield* runtimes.stop(sandbox.id)
              yield* change(sandbox, { state: "paused", pending: false })
            })
          )
        ),
      archive: (sandbox) =>
        Effect.zipRight(
          // Not pending: starting the sandbox cancels the archiving.
          change(sandbox, { state: "archiving", desiredState: "archived", backupState: "InProgress" }),
          tasks.start(
            sandbox.id,
            Effect.gen(function* () {
              yield* outcomes.perform("archive", sandbox)
              const backupCreatedAt = yield* Clock.currentTimeMillis
              yield* change(sandbox, { state: "archived", backupState: "Completed", backupCreatedAt, runnerId: null })
            })
          )
        ),
      resize: (sandbox, size) =>
        andBack(
          sandbox,
          { state: "resizing" },
          // A fraction of a core passes the validation, and no runner ever takes the job.
          Object.values(size).every(Number.isInteger)
            ? Effect.as(outcomes.perform("resize", sandbox), size)
            : Effect.never
        ),
      changeNetwork: (sandbox) =>
        Effect.asVoid(
          FiberMap.run(
            networkJobs,
            sandbox.id,
            Effect.interruptible(Effect.ignore(outcomes.perform("network", sandbox)))
          )
        ),
      hasJob: (sandbox) =>
        Effect.map(
          Effect.all([tasks.isRunning(sandbox.id), FiberMap.has(networkJobs, sandbox.id)]),
          (running) => settings.runner === "v2" && sandbox.runnerId !== null && running.includes(true)
        ),
      snapshot: (sandbox, finished) =>
        andBack(
          sandbox,
          { state: "snapshotting" },
          Effect.as(Effect.zipRight(outcomes.perform("snapshot", sandbox), finished), {})
        ),
      fork: (parent, child) =>
        Effect.zipRight(
          andBack(parent, { state: "forking" }, Effect.as(outcomes.perform("fork", parent), {})),
          tasks.start(
            child.id,
            Effect.zipRight(Effect.zipRight(pickUp, sleepUnlessZero(settings.duration("fork"))), createOnRunner(child))
          )
        ),
      recover: (sandbox, { skipStart }) =>
        Effect.zipRight(
          // It stays in error, with its reason, until the recovery is done: no state says that one is under way.
          change(sandbox, { desiredState: skipStart ? "stopped" : "started" }),
          tasks.start(
            sandbox.id,
            Effect.gen(function* () {
              yield* pickUp
              yield* outcomes.perform("recover", sandbox)
              yield* change(sandbox, { state: "stopped", pending: !skipStart, errorReason: null, recoverable: false })
              if (!skipStart) yield* boot(sandbox)
            })
          )
        ),
      destroy
    }
  })
