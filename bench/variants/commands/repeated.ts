/** The same command again and again. */
import { costOf } from "../../harness/cost.js"
import type { Figures } from "../../harness/Suite.js"
import { quantile } from "../../harness/statistics.js"

const warmUp = 10
const times = 40

/** Resolves to the milliseconds that matter; `undefined`: those of the whole call. */
export type Once = () => Promise<number | undefined>

export const measureRepeated = async (once: Once): Promise<Figures> => {
  const milliseconds: Array<number> = []
  const run = async (count: number) => {
    for (let time = 0; time < count; time++) {
      const start = performance.now()
      const measured = await once()
      milliseconds.push(measured ?? performance.now() - start)
    }
  }
  await run(warmUp)
  milliseconds.length = 0
  const { cpuSeconds } = await costOf(() => run(times))
  return { ms: quantile(milliseconds, 0.5), cpu: (cpuSeconds * 1000) / times }
}

export const expectOutput = (output: string): undefined => {
  if (output.trim() !== "hello") throw new Error(`unexpected output: ${output}`)
  return undefined
}
