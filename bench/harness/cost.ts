/** What some work costs this process. */

import type { Figures } from "./Suite.js"
import { median } from "./statistics.js"

export interface Cost {
  /** Of the wall clock. */
  readonly seconds: number
  /** Of all threads, user and system. */
  readonly cpuSeconds: number
}

export const collectGarbage = () => globalThis.gc?.()

/** Resident memory after garbage collection, in MB. */
export const residentNow = (): number => {
  collectGarbage()
  return process.memoryUsage.rss() / 1e6
}

/** The most memory that was resident since the process began, in MB. */
export const residentPeak = (): number => (process.resourceUsage().maxRSS * 1024) / 1e6

/**
 * Garbage is collected as in any program. To force it first makes V8 take the heap for full, and collect all of it
 * again and again.
 */
export const costOf = async (work: () => Promise<unknown>): Promise<Cost> => {
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const { system, user } = process.cpuUsage(before)
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (system + user) / 1e6 }
}

/**
 * Does some work again and again, and returns the processor time of one pass, in seconds. Both the warm-up and the
 * measurement take so many seconds of processor time at least. Garbage is collected as in any program, and counts.
 */
export const costPerPass = async (work: () => unknown, atLeast: number): Promise<number> => {
  const passes: Array<number> = []
  let warm = false
  for (let spent = 0; spent < atLeast || !warm; ) {
    if (spent >= atLeast) {
      warm = true
      spent = 0
      collectGarbage()
    }
    const before = process.cpuUsage()
    await work()
    const { system, user } = process.cpuUsage(before)
    const seconds = (system + user) / 1e6
    spent += seconds
    if (warm) passes.push(seconds)
  }
  return median(passes)
}

/** Runs something a number of times, after a shorter warm-up. */
export const costPerCall = async (
  run: (calls: number) => Promise<unknown>,
  calls: number,
  warmUp: number
): Promise<Figures> => {
  await run(warmUp)
  const { cpuSeconds, seconds } = await costOf(() => run(calls))
  return { cpu: (cpuSeconds * 1e6) / calls, perSecond: calls / seconds, rss: residentPeak() }
}
