/** What many things cost that go on at the same time. */
import { collectGarbage, costOf, residentNow } from "../../harness/cost.js"
import type { Figures } from "../../harness/Suite.js"

/** In milliseconds. */
const lookEvery = 100

const cpuSeconds = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1e6
}

/** What is in use, in MB: no garbage, and nothing that is only kept for later. */
const liveNow = (): number => {
  collectGarbage()
  const { external, heapUsed } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

/**
 * Does some work that calls back when all of them go on at the same time: that is when what is in use is counted.
 * Resident memory is looked at all the time, with the garbage that is in it. `warmUp` does the same with a few.
 */
export const measureMany = async (
  count: number,
  warmUp: () => Promise<unknown>,
  work: (allGoOn: () => void) => Promise<unknown>
): Promise<Figures> => {
  await warmUp()
  const liveBefore = liveNow()
  const residentBefore = residentNow()
  let live = Number.NaN
  let resident = residentBefore
  let spentOnLooking = 0
  const timer = setInterval(() => {
    resident = Math.max(resident, process.memoryUsage.rss() / 1e6)
  }, lookEvery)
  const allGoOn = () => {
    const start = cpuSeconds()
    live = liveNow() - liveBefore
    spentOnLooking = cpuSeconds() - start
  }
  const cost = await costOf(() => work(allGoOn))
  clearInterval(timer)
  return {
    live: (live * 1000) / count,
    cpu: ((cost.cpuSeconds - spentOnLooking) * 1e6) / count,
    grown: resident - residentBefore,
    seconds: cost.seconds
  }
}
