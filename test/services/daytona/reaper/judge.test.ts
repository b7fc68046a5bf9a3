import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Sandbox } from "../../../../src/schema/daytona/Sandbox.js"
import { Volume } from "../../../../src/schema/daytona/Volume.js"
import { labels } from "../../../../src/services/daytona/ownership.js"
import * as Judge from "../../../../src/services/daytona/reaper/judge.js"

const minute = 60_000

const limits: Judge.Limits = {
  unusedFor: 10 * minute,
  grace: 5 * minute,
  volumesUnusedFor: 10 * minute,
  snapshotsUnusedFor: 10 * minute,
  clockSkew: minute
}

const iso = (instant: number) => new Date(instant).toISOString()

const instants = FastCheck.integer({ min: 0, max: 100 * minute })

const sandboxOf = (fields: object) => Schema.decodeUnknownSync(Sandbox)({ id: "1", state: "started", ...fields })
const volumeOf = (fields: object) =>
  Schema.decodeUnknownSync(Volume)({ id: "1", state: "ready", createdAt: iso(0), ...fields })

describe("whether a sandbox is to be removed", () => {
  it.prop(
    "depends on nothing but its time, its last activity and the limits",
    { until: FastCheck.option(instants), activeAt: instants, now: instants, unusedFor: FastCheck.option(instants) },
    ({ activeAt, now, until, unusedFor }) => {
      const sandbox = sandboxOf({
        lastActivityAt: iso(activeAt),
        labels: until === null ? {} : { [labels.until]: iso(until) }
      })
      const reason = Judge.ofSandbox(
        sandbox,
        { ...limits, unusedFor: unusedFor ?? undefined },
        { now, clock: "server" }
      )
      const isPast = until !== null && now >= until + minute && now - activeAt >= 5 * minute
      const isUnused = unusedFor !== null && now - activeAt >= unusedFor
      expect(reason?.why).toBe(isPast ? "past-until" : isUnused ? "unused" : undefined)
    }
  )

  it.prop(
    "never turns from yes to no while nobody uses it, and always to no when somebody does",
    { until: instants, activeAt: instants, now: instants, later: instants },
    ({ activeAt, later, now, until }) => {
      const all = { [labels.until]: iso(until) }
      const judged = (lastActivityAt: number, at: number) =>
        Judge.ofSandbox(sandboxOf({ lastActivityAt: iso(lastActivityAt), labels: all }), limits, {
          now: at,
          clock: "server"
        })
      if (judged(activeAt, now) !== undefined) expect(judged(activeAt, now + later)).toBeDefined()
      expect(judged(now, now)).toBeUndefined()
    }
  )

  it("is no while its last activity cannot be read", () => {
    for (const lastActivityAt of [undefined, "", "soon", 1, {}]) {
      const sandbox = sandboxOf({ lastActivityAt, labels: { [labels.until]: iso(0) } })
      expect(Judge.ofSandbox(sandbox, limits, { now: 1e12, clock: "server" })).toBeUndefined()
    }
  })

  it("is no while it is being deleted", () => {
    for (const state of ["destroying", "destroyed"]) {
      const sandbox = sandboxOf({ state, lastActivityAt: iso(0) })
      expect(Judge.ofSandbox(sandbox, limits, { now: 1e12, clock: "server" })).toBeUndefined()
    }
  })
})

describe("whether a volume is to be removed", () => {
  const judged = (fields: object) => Judge.ofVolume(volumeOf(fields), limits, { now: 20 * minute, clock: "server" })

  it("depends on its last use, or on its creation if it was never used", () => {
    expect(judged({})).toMatchObject({ since: iso(0) })
    expect(judged({ lastUsedAt: iso(5 * minute) })).toMatchObject({ since: iso(5 * minute) })
    expect(judged({ lastUsedAt: iso(15 * minute) })).toBeUndefined()
  })

  it("is no when its last use cannot be read, since that is not the same as no use", () => {
    for (const lastUsedAt of ["soon", 1, {}, true]) expect(judged({ lastUsedAt })).toBeUndefined()
  })

  it("is no in every state in which it cannot be deleted", () => {
    for (const state of ["pending_create", "creating", "pending_delete", "deleting", "deleted", "new"]) {
      expect(judged({ state })).toBeUndefined()
    }
  })
})
