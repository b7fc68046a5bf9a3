/** One stream after another, the first of which is the warm-up. */
import { costOf, residentPeak } from "../../harness/cost.js"
import type { Setting } from "../../harness/Suite.js"

/** Resolves to the number of events. */
export const measureStreams = async ({ server }: Setting, kind: string, read: () => Promise<number | undefined>) => {
  const expected = Number(server[`${kind}Events`])
  const bytes = Number(server[`${kind}Bytes`])
  const readAll = async () => {
    const events = await read()
    if (events !== undefined && events !== expected) throw new Error(`${events} events instead of ${expected}`)
  }
  await readAll()
  const { cpuSeconds, seconds } = await costOf(readAll)
  return { speed: bytes / 1e6 / seconds, cpu: (cpuSeconds * 1e9) / expected, rss: residentPeak() }
}
