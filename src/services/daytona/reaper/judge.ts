/** What is ours, and whether its time is up. Decides from what the server shows; sends nothing. */

import type { Removal } from "../../../schema/daytona/ReaperReport.js"
import type { SandboxListItem } from "../../../schema/daytona/Sandbox.js"
import type { Snapshot } from "../../../schema/daytona/Snapshot.js"
import type { Volume } from "../../../schema/daytona/Volume.js"
import { type Labels, labels, ownerOf, untilOf } from "../ownership.js"

/** Durations are milliseconds; `undefined`: never. */
export interface Limits {
  readonly unusedFor: number | undefined
  readonly grace: number
  readonly volumesUnusedFor: number | undefined
  readonly snapshotsUnusedFor: number | undefined
  /** How far the clock of a program that created a sandbox may be behind the one of `Moment`. */
  readonly clockSkew: number
}

/** When it is judged, in milliseconds since 1970. */
export interface Moment {
  readonly now: number
  readonly clock: "server" | "own"
}

export type Reason = Pick<Removal, "why" | "since">

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether this package made a sandbox for the application. A label alone could be anyone's. */
export const isOurs = (application: string, all: Labels): boolean =>
  all[labels.application] === application && uuid.test(all[labels.creation] ?? "")

/** Whether it is a volume or snapshot that was made with a key of the application: only its name can tell. */
export const isNamedByUs = (application: string, { name }: { readonly name: string }): boolean =>
  ownerOf(name)?.application === application

const instantOf = (text: string | undefined): number => Date.parse(text ?? "")

const iso = (instant: number): string => new Date(instant).toISOString()

/** Unused since then for this long. `NaN`, a time that the server does not tell, is never long ago. */
const unused = (
  since: number,
  limit: number | undefined,
  { clock, now }: Moment,
  { clockSkew }: Limits
): Reason | undefined =>
  // Both times are the server's, unless we measure with our own clock.
  limit !== undefined && now - since >= limit + (clock === "own" ? clockSkew : 0)
    ? { why: "unused", since: iso(since) }
    : undefined

/** Why a sandbox is to be removed; `undefined`: it is not. */
export const ofSandbox = (
  { labels: all, lastActivityAt, state }: Pick<SandboxListItem, "labels" | "lastActivityAt" | "state">,
  limits: Limits,
  moment: Moment
): Reason | undefined => {
  if (state === "destroying" || state === "destroyed") return undefined
  const activeAt = instantOf(lastActivityAt)
  const until = untilOf(all)
  const isPast = until !== undefined && moment.now >= until + limits.clockSkew
  const isLeft = limits.grace === 0 || unused(activeAt, limits.grace, moment, limits) !== undefined
  return isPast && isLeft
    ? { why: "past-until", since: iso(until) }
    : unused(activeAt, limits.unusedFor, moment, limits)
}

/** The last use, or the creation of what was never used. `NaN` if that cannot be read: it may be in use. */
const usedAt = ({
  createdAt,
  lastUsedAt,
  unreadable = []
}: Pick<Volume, "createdAt" | "lastUsedAt" | "unreadable">): number => {
  if (unreadable.includes("lastUsedAt")) return Number.NaN
  return lastUsedAt === undefined ? instantOf(createdAt) : Math.max(instantOf(createdAt), instantOf(lastUsedAt))
}

/** Why a volume is to be removed; `undefined`: it is not. Others cannot be deleted, or are being deleted. */
export const ofVolume = (volume: Volume, limits: Limits, moment: Moment): Reason | undefined =>
  volume.state === "ready" || volume.state === "error"
    ? unused(usedAt(volume), limits.volumesUnusedFor, moment, limits)
    : undefined

/** Why a snapshot is to be removed; `undefined`: it is not. One that is being made is in use. */
export const ofSnapshot = (snapshot: Snapshot, limits: Limits, moment: Moment): Reason | undefined =>
  !snapshot.general && ["active", "inactive", "error", "build_failed"].includes(snapshot.state)
    ? unused(usedAt(snapshot), limits.snapshotsUnusedFor, moment, limits)
    : undefined
