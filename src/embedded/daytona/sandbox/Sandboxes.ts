/** Stores the sandboxes, including deleted ones and past versions. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isVisible, type Sandbox } from "./Sandbox.js"

/** All sandboxes of the server, including deleted ones. */
export interface Sandboxes {
  readonly all: Effect.Effect<ReadonlyArray<Sandbox>>
  readonly get: (id: string) => Sandbox | undefined
  /** By id or else by name; only those visible to the organization. */
  readonly find: (organizationId: string, idOrName: string) => Sandbox | undefined
  /** The sandboxes as they were this many milliseconds ago. */
  readonly asOf: (age: number) => Effect.Effect<ReadonlyArray<Sandbox>>
  readonly insert: (sandbox: Sandbox) => Effect.Effect<void>
  /** Changes a sandbox, if it exists. Every state change counts as activity. */
  readonly update: (id: string, change: Partial<Sandbox>) => Effect.Effect<Sandbox | undefined>
  /** Runs for every new or changed sandbox, as part of the change. */
  readonly onChange: (listener: Listener) => Effect.Effect<void>
  /** Waits until the sandbox satisfies the predicate or the time is up, and returns it as it is then. */
  readonly waitFor: (
    id: string,
    isSettled: (sandbox: Sandbox) => boolean,
    atMost: Duration.Duration
  ) => Effect.Effect<Sandbox | undefined>
}

type Listener = (sandbox: Sandbox) => Effect.Effect<void>

interface Version {
  readonly at: number
  readonly sandbox: Sandbox
}

/** An empty store. `remembered` is how far back {@link Sandboxes.asOf} can look, in milliseconds. */
export const make = (remembered: number): Sandboxes => {
  const current = new Map<string, Sandbox>()
  const versions = new Map<string, ReadonlyArray<Version>>()
  const waiting = new Map<string, Deferred.Deferred<void>>()
  const listeners: Array<Listener> = []

  const put = (sandbox: Sandbox, now: number) =>
    Effect.suspend(() => {
      current.set(sandbox.id, sandbox)
      if (remembered > 0) {
        const kept = (versions.get(sandbox.id) ?? []).filter(
          (_, index, all) => (all[index + 1]?.at ?? Number.POSITIVE_INFINITY) > now - remembered
        )
        versions.set(sandbox.id, [...kept, { at: now, sandbox }])
      }
      const changed = waiting.get(sandbox.id)
      waiting.delete(sandbox.id)
      return Effect.zipRight(
        changed === undefined ? Effect.void : Deferred.succeed(changed, undefined),
        Effect.forEach(listeners, (listener) => listener(sandbox), { discard: true })
      )
    })

  const nextChange = (id: string) =>
    Effect.suspend(() => {
      const existing = waiting.get(id)
      if (existing !== undefined) return Deferred.await(existing)
      return Effect.flatMap(Deferred.make<void>(), (created) => {
        waiting.set(id, created)
        return Deferred.await(created)
      })
    })

  const untilSettled = (id: string, isSettled: (sandbox: Sandbox) => boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      const sandbox = current.get(id)
      return sandbox === undefined || isSettled(sandbox)
        ? Effect.void
        : Effect.zipRight(nextChange(id), untilSettled(id, isSettled))
    })

  return {
    all: Effect.sync(() => [...current.values()]),
    get: (id) => current.get(id),
    find: (organizationId, idOrName) => {
      const byId = current.get(idOrName)
      const found =
        byId?.organizationId === organizationId && isVisible(byId)
          ? byId
          : [...current.values()].find(
              (sandbox) => sandbox.name === idOrName && sandbox.organizationId === organizationId && isVisible(sandbox)
            )
      return found
    },
    asOf: (age) =>
      age === 0
        ? Effect.sync(() => [...current.values()])
        : Effect.map(Clock.currentTimeMillis, (now) =>
            [...versions.values()].flatMap((history) => {
              const seen = history.findLast(({ at }) => at <= now - age)
              return seen === undefined ? [] : [seen.sandbox]
            })
          ),
    insert: (sandbox) => Effect.flatMap(Clock.currentTimeMillis, (now) => put(sandbox, now)),
    update: (id, change) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const sandbox = current.get(id)
        if (sandbox === undefined) return Effect.succeed(undefined)
        const isTransition = change.state !== undefined && change.state !== sandbox.state
        const changed = { ...sandbox, ...(isTransition ? { lastActivityAt: now } : {}), ...change, updatedAt: now }
        return Effect.as(put(changed, now), changed)
      }),
    onChange: (listener) => Effect.sync(() => void listeners.push(listener)),
    waitFor: (id, isSettled, atMost) =>
      untilSettled(id, isSettled).pipe(
        Effect.timeoutOption(atMost),
        Effect.map(() => current.get(id))
      )
  }
}
