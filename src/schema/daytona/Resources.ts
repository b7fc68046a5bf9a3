/** The machine of a sandbox: its class, cores, memory, disk and GPUs. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"

/** The kind of machine. Only virtual machines can be paused and forked. */
export const SandboxClass = openLiteral("container", "linux-vm", "android", "windows")
export type SandboxClass = typeof SandboxClass.Type

/** A type of GPU, by the server's name for it. */
export const GpuType = openLiteral("H100", "H200", "RTX-PRO-6000", "RTX-4090", "RTX-5090")
export type GpuType = typeof GpuType.Type

const positive = Schema.Int.pipe(Schema.filter((value) => value > 0 || "must be at least 1"))

/** From this many GiB on, the value was probably meant as MiB, the unit of most other systems. */
const suspicious = { memory: 1024, disk: 10_240 }

const gibibytes = (limit: number) =>
  positive.pipe(
    Schema.filter(
      (value) =>
        value < limit ||
        `must be given in GiB, and ${value} was probably meant as MiB: for ${value} MiB, write ${Math.max(1, Math.round(value / 1024))}`
    )
  )

/** Whole cores. */
export const Cores = positive

/** Memory in whole GiB. Values of 1024 and above are refused: they were probably meant as MiB. */
export const MemoryGiB = gibibytes(suspicious.memory)

/** Disk in whole GiB. Values of 10240 and above are refused: they were probably meant as MiB. */
export const DiskGiB = gibibytes(suspicious.disk)

/** Whole GPUs. */
export const Gpus = Schema.Int.pipe(Schema.filter((value) => value >= 0 || "must not be negative"))

/** The fields that set the size of a machine. */
export const resourceFields = {
  /** Cores; default 1. */
  cpu: Schema.optional(Cores),
  /** GiB; default 1. */
  memory: Schema.optional(MemoryGiB),
  /** GiB; default 3. */
  disk: Schema.optional(DiskGiB)
}
