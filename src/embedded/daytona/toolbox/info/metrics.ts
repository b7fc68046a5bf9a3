/** The metrics of the system. */
import { statfs } from "node:fs/promises"
import { availableParallelism, freemem, loadavg, totalmem } from "node:os"
import * as Effect from "effect/Effect"

/** The usage of the sandbox, which here is that of the computer: memory and disk in bytes, CPU in percent. */
export const read = (directory: string, now: number): Effect.Effect<unknown> =>
  Effect.gen(function* () {
    const disk = yield* Effect.option(Effect.tryPromise(() => statfs(directory)))
    const cpuCount = availableParallelism()
    const [load = 0] = loadavg()
    const sizes =
      disk._tag === "None"
        ? {}
        : {
            diskTotal: disk.value.blocks * disk.value.bsize,
            diskUsed: (disk.value.blocks - disk.value.bfree) * disk.value.bsize,
            diskFree: disk.value.bavail * disk.value.bsize
          }
    return {
      cpuCount,
      cpuUsedPct: Math.min(100, (load / cpuCount) * 100),
      memTotal: totalmem(),
      memUsed: totalmem() - freemem(),
      memCache: 0,
      ...sizes,
      timestamp: new Date(now).toISOString(),
      timestampUnix: Math.floor(now / 1000)
    }
  })
