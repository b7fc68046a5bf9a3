/** Cores, memory and disk, as the library takes them. */
import * as Option from "effect/Option"
import type { ResourceValues } from "./newSandbox.js"

export const resourcesOf = ({ cpu, disk, memory }: ResourceValues) => ({
  cpu: Option.getOrUndefined(cpu),
  memory: Option.getOrUndefined(memory),
  disk: Option.getOrUndefined(disk)
})
