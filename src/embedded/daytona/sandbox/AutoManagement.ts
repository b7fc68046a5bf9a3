/** Stops, pauses, archives and deletes sandboxes by their intervals. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import type { Settings } from "../Settings.js"
import type { Lifecycle } from "./Lifecycle.js"
import { isEphemeral, isVisible, type Sandbox } from "./Sandbox.js"
import type { Sandboxes } from "./Sandboxes.js"

/**
 * Stops, pauses, archives and deletes sandboxes when they are due, until the scope closes.
 *
 * The real server checks all of them every ten seconds. Here each has a timer for the check that will find something to
 * do, at the end of such an interval. The result is the same, and a test that advances its clock by days does not run
 * thousands of checks for nothing.
 */
export const start = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly lifecycle: Lifecycle
}): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { lifecycle, sandboxes, settings } = dependencies
    const timers = yield* FiberMap.make<string, void>()
    const startedAt = yield* Clock.currentTimeMillis
    const interval = Duration.toMillis(settings.autoManagementInterval)

    const nextCheck = (dueAt: number, now: number) => {
      const earliest = Math.max(dueAt, now + 1)
      return interval === 0 ? earliest : startedAt + Math.ceil((earliest - startedAt) / interval) * interval
    }

    const check = (id: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const sandbox = sandboxes.get(id)
        const next = sandbox === undefined ? undefined : nextEvent(sandbox)
        return sandbox === undefined || next === undefined ? Effect.void : lifecycle[next.what](sandbox)
      })

    yield* sandboxes.onChange((sandbox) =>
      Effect.gen(function* () {
        const next = nextEvent(sandbox)
        const now = yield* Clock.currentTimeMillis
        // The check changes the sandbox, and so replaces the timer that runs it. Waiting for the old timer to end would
        // be a deadlock.
        const timer =
          next === undefined
            ? Effect.void
            : Effect.zipRight(
                Effect.interruptible(Effect.sleep(nextCheck(next.dueAt, now) - now)),
                Effect.uninterruptible(check(sandbox.id))
              )
        yield* FiberMap.run(timers, sandbox.id, timer)
      })
    )
  })

interface Event {
  readonly what: "stop" | "pause" | "archive" | "destroy"
  readonly dueAt: number
}

/** What happens to a sandbox next if it stays idle. */
const nextEvent = (sandbox: Sandbox): Event | undefined => {
  if (!isVisible(sandbox) || sandbox.desiredState === "destroyed" || sandbox.warmPoolId !== undefined) return undefined
  const events = sandbox.pending ? [] : idleEvents(sandbox)
  const all: ReadonlyArray<Event> =
    sandbox.autoDestroyAt === undefined ? events : [...events, { what: "destroy", dueAt: sandbox.autoDestroyAt }]
  return all.reduce<Event | undefined>(
    (first, event) => (first === undefined || event.dueAt < first.dueAt ? event : first),
    undefined
  )
}

const idleEvents = (sandbox: Sandbox): ReadonlyArray<Event> => {
  const after = (what: Event["what"], minutes: number): ReadonlyArray<Event> =>
    minutes > 0 ? [{ what, dueAt: sandbox.lastActivityAt + minutes * 60_000 }] : []
  switch (sandbox.state) {
    case "started":
      return [...after("stop", sandbox.autoStopInterval), ...after("pause", sandbox.autoPauseInterval)]
    case "stopped":
      return isEphemeral(sandbox)
        ? [{ what: "destroy", dueAt: sandbox.lastActivityAt }]
        : [...after("destroy", sandbox.autoDeleteInterval), ...after("archive", sandbox.autoArchiveInterval)]
    default:
      return []
  }
}
