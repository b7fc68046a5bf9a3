/** Toolboxes with a small desktop. */
import * as Effect from "effect/Effect"
import type { Desktop } from "../../../../../src/embedded/daytona/toolbox/computerUse/Desktop.js"
import { simulatedDesktop } from "../../../../../src/embedded/daytona/toolbox/computerUse/simulatedDesktop.js"
import { toolbox } from "../machineSupport.js"

export type Generation = "0.190" | "current"

export const generations = ["0.190", "current"] as const

export const withDesktop = (generation: Generation) =>
  Effect.gen(function* () {
    const desktop: Desktop = yield* simulatedDesktop({ width: 320, height: 200 })
    return { ...(yield* toolbox({ generation, desktop: Effect.succeed(desktop) })), desktop }
  })

export const withRunningDesktop = (generation: Generation = "0.190") =>
  Effect.tap(withDesktop(generation), ({ post }) => post("/computeruse/start"))
