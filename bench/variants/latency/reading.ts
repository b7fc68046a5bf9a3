/** Times of events. */
import { setTimeout } from "node:timers/promises"
import type { Figures } from "../../harness/Suite.js"
import { quantile } from "../../harness/statistics.js"

const requests = 1_500
const warmUp = 500

/** Reads the answer to a prompt to its end, and calls back for each event with its data. */
export type Read = (prompt: string, onEvent: (data: string) => void) => Promise<void>

const firstEvents = async (read: Read, times: number): Promise<Array<number>> => {
  const microseconds: Array<number> = []
  for (let time = 0; time < times; time++) {
    // Who asks again at once finds the server's processor awake, and the faster he is, the more: for all it sleeps
    // before a request.
    await setTimeout(1)
    const start = performance.now()
    let first: number | undefined
    await read("first", () => {
      first ??= performance.now() - start
    })
    microseconds.push((first ?? Number.NaN) * 1000)
  }
  return microseconds
}

const ages = async (read: Read): Promise<Array<number>> => {
  const microseconds: Array<number> = []
  await read("slow", (data) => {
    if (data.startsWith("{")) return
    microseconds.push(Number(process.hrtime.bigint() - BigInt(data)) / 1000)
  })
  return microseconds
}

export const measureLatency = async (read: Read): Promise<Figures> => {
  await firstEvents(read, warmUp)
  const first = await firstEvents(read, requests)
  const events = await ages(read)
  return {
    firstHalf: quantile(first, 0.5),
    firstMost: quantile(first, 0.99),
    eventHalf: quantile(events, 0.5),
    eventMost: quantile(events, 0.99)
  }
}
