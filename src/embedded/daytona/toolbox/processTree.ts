/** Looks up processes, and signals them and everything below them. */
import { readdirSync, readFileSync } from "node:fs"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Signals a process or, if negative, a group, if it exists. */
export const signal = (id: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.sync(() => {
    send(id, name)
  })

const send = Option.liftThrowable((id: number, name: NodeJS.Signals | 0) => process.kill(id, name))

/**
 * Terminates a process, the leader of a group, and its descendants, and returns when they have ended. Looks for the
 * first time after one interval. After the grace period they are killed. A leader that is not waited for, because it
 * may ignore the signal, is killed once the others have ended.
 */
export const terminate = (
  leader: number,
  options: {
    readonly grace: Duration.DurationInput
    readonly interval: Duration.DurationInput
    readonly waitForLeader: boolean
  }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const members = tree(leader)
    const signalAll = (name: NodeJS.Signals) => Effect.forEach([-leader, ...members], (id) => signal(id, name))
    yield* signalAll("SIGTERM")
    const awaited = options.waitForLeader ? members : members.filter((id) => id !== leader)
    yield* allEnded(awaited, options.interval).pipe(Effect.timeoutOption(options.grace))
    yield* signalAll("SIGKILL")
  })

/**
 * Terminates what a process has started, without some, and gives it the time to start something else: the daemon
 * signals the descendants of a shell before the shell.
 */
export const terminateDescendants = (leader: number, spared: ReadonlyArray<number>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const below = tree(leader).filter((id) => id !== leader && !spared.includes(id) && isRunning(id))
    return below.length === 0
      ? Effect.void
      : Effect.zipRight(
          Effect.forEach(below, (id) => signal(id, "SIGTERM"), { discard: true }),
          Effect.sleep(leaderDelay)
        )
  })

/** In the real daemon a few instructions: enough for the next command in one of ten attempts. */
const leaderDelay = "150 millis"

/** Kills a process, the leader of a group, and its descendants. */
export const kill = (leader: number): Effect.Effect<void> =>
  Effect.suspend(() => Effect.forEach([-leader, ...tree(leader)], (id) => signal(id, "SIGKILL"), { discard: true }))

const allEnded = (ids: ReadonlyArray<number>, interval: Duration.DurationInput): Effect.Effect<void> =>
  Effect.delay(
    Effect.suspend(() => (ids.some(isRunning) ? allEnded(ids, interval) : Effect.void)),
    interval
  )

const isRunning = (id: number): boolean => Option.isSome(send(id, 0)) && !["Z", "X"].includes(statusOf(id)?.state ?? "")

/**
 * A process and everything below it: its descendants, its group, its session. Only the process itself where the system
 * does not list processes.
 */
const tree = (leader: number): ReadonlyArray<number> => {
  const statuses = all() ?? []
  const found = new Set([leader])
  // Children usually follow their parents, but ids wrap around: repeat until nothing is added.
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const { group, id, parent, session } of statuses) {
      if ([parent, group, session].some((other) => found.has(other))) found.add(id)
    }
  }
  return [...found]
}

const list = Option.liftThrowable(() => readdirSync("/proc"))
const read = Option.liftThrowable((path: string) => readFileSync(path, "latin1"))

/** What the system says of a process. */
export interface Status {
  readonly id: number
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** When it was started, in ticks since the computer was. */
  readonly started: number
}

/** All processes; `undefined` where the system does not list them. */
export const all = (): ReadonlyArray<Status> | undefined =>
  // Synchronously: reading hundreds of small files one by one takes far longer, and processes start and end meanwhile.
  Option.getOrUndefined(list())
    ?.filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statusOf(Number(name)) ?? [])

const statusOf = (id: number): Status | undefined => {
  const text = Option.getOrElse(read(`/proc/${id}/stat`), () => "")
  // The name of the program is in parentheses and may contain anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const [state, parent, group, session] = fields
  return state === undefined || session === undefined
    ? undefined
    : {
        id,
        state,
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        started: Number(fields[19])
      }
}

/** The environment that a process was started with; nothing of that of another user. */
export const environmentOf = (id: number): ReadonlyArray<string> =>
  Option.getOrElse(read(`/proc/${id}/environ`), () => "").split("\0")

/** A moment that is not after now, in the ticks of {@link Status.started}, of which Linux has a hundred in a second. */
export const now = (): number => (statusOf(process.pid)?.started ?? 0) + Math.floor(process.uptime() * 100)
