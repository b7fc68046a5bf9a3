/** Finds and kills all processes of a sandbox. */
import { setTimeout as delay } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { Child } from "../Machine.js"
import * as processTree from "../processTree.js"

/** The processes of a sandbox. */
export interface Processes {
  /** Registers a process, the leader of its own group, and with it the group. */
  readonly adopt: (child: Child) => void
  /** The ids of all processes that can be found. */
  readonly ids: Effect.Effect<ReadonlySet<number>>
  /**
   * Ends all processes, including those registered later, and returns when they are gone: SIGTERM and SIGHUP first,
   * SIGKILL for those that ignore them.
   */
  readonly kill: Effect.Effect<void>
}

/** How long processes may take to end by themselves, in milliseconds. */
const grace = 500

/**
 * Finds the processes of a sandbox by their groups and, on Linux, by the `DAYTONA_SANDBOX_ID` in their environment,
 * even if they left their group.
 */
export const make = (sandboxId: string): Processes => {
  const groups = new Set<number>()
  let isClosed = false
  const marker = `DAYTONA_SANDBOX_ID=${sandboxId}`
  const since = processTree.now()

  // The system may reuse the id of a group that has ended.
  const forgetEnded = () => {
    for (const id of groups) {
      if (!signal(-id, 0)) groups.delete(id)
    }
  }

  /** What to signal: process ids where the system lists them, otherwise groups as negative numbers. */
  const living = (): ReadonlyArray<number> => {
    forgetEnded()
    const all = processTree.all()
    return all === undefined ? [...groups].map((id) => -id) : all.filter(isOwn).map(({ id }) => id)
  }

  // A zombie stays in its group until its parent waits for it, which may never happen. The environment takes the system
  // as long as everything else, and that of an older process is never the sandbox's.
  const isOwn = ({ group, id, started, state }: processTree.Status): boolean =>
    id !== process.pid &&
    state !== "Z" &&
    (groups.has(group) || (started >= since && processTree.environmentOf(id).includes(marker)))

  const signalAll = (name: NodeJS.Signals): boolean => {
    const ids = living()
    for (const id of ids) signal(id, name)
    return ids.length > 0
  }

  return {
    adopt: (child) => {
      const { pid } = child
      if (pid !== undefined) {
        groups.add(pid)
        // It was started after the sandbox had stopped.
        if (isClosed) signal(-pid, "SIGKILL")
        child.once("exit", forgetEnded)
      }
    },
    ids: Effect.sync(() => new Set(living().filter((id) => id > 0))),
    kill: Effect.promise(async () => {
      isClosed = true
      if (!signalAll("SIGTERM")) return
      // An interactive shell ignores SIGTERM but obeys SIGHUP.
      signalAll("SIGHUP")
      for (let waited = 0; waited < grace && living().length > 0; waited += 10) await delay(10)
      // A process may start another one while it is being killed, so repeat until none is left.
      for (let round = 0; round < 100 && signalAll("SIGKILL"); round++) await delay(10)
    })
  }
}

/** Signals a process or, if negative, a group; 0 only checks. Returns whether it exists. */
const signal = (id: number, name: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(id, name)
  } catch {
    return false
  }
}
