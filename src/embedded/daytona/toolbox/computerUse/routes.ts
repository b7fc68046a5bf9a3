/** All endpoints of computer use. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { Route } from "../Route.js"
import * as accessibility from "./accessibility.js"
import { type ComputerUse, crashed, disabled } from "./ComputerUse.js"
import type { Desktop } from "./Desktop.js"
import * as display from "./display.js"
import * as input from "./input.js"
import * as processes from "./processes.js"
import * as recordingRoutes from "./recordingRoutes.js"
import * as screenshots from "./screenshots.js"
import { simulatedDesktop } from "./simulatedDesktop.js"

/** The options of computer use. */
export interface ComputerUseOptions {
  /**
   * Makes the desktop of a machine, such as `simulatedDesktop()`. Default none: computer use is unavailable, as in a
   * sandbox without a graphical system.
   */
  readonly desktop?: Effect.Effect<Desktop, never, Scope.Scope> | undefined
}

/**
 * Computer use, which is a plugin of the daemon for a graphical system, and recordings, which are part of the daemon.
 */
export const make = (
  machine: Machine,
  options: ComputerUseOptions = {}
): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  options.desktop === undefined
    ? // The endpoints exist, but never reach this desktop.
      Effect.map(simulatedDesktop(), (desktop) => [
        ...plugin({ machine, desktop, hasCrashed: false }).map((route) => ({
          ...route,
          handler: () => Effect.fail(disabled)
        })),
        ...recordingRoutes.routes(machine, undefined)
      ])
    : Effect.map(options.desktop, (desktop) => [
        ...plugin({ machine, desktop, hasCrashed: false }),
        ...recordingRoutes.routes(machine, desktop)
      ])

const plugin = (use: ComputerUse): ReadonlyArray<Route> =>
  [
    ...processes.routes(use),
    ...screenshots.routes(use),
    ...input.routes(use),
    ...display.routes(use),
    ...accessibility.routes(use)
  ].map((route) => ({
    ...route,
    handler: (request) => Effect.suspend(() => (use.hasCrashed ? Effect.fail(crashed) : route.handler(request)))
  }))
