import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as jsonBody from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { type DomainCode, Refusal } from "../Refusal.js"
import type { Desktop } from "./Desktop.js"

/** What the handlers of computer use work with. */
export interface ComputerUse {
  readonly machine: Machine
  readonly desktop: Desktop
}

/** Without a desktop there is nothing to use. */
export const disabled = new Refusal({
  status: 503,
  message: "Computer-use functionality is not available",
  old: {
    body: {
      message: "Computer-use functionality is not available",
      details: "The computer-use plugin failed to initialize due to missing dependencies in the runtime environment.",
      solution:
        "Install the required X11 dependencies (x11-apps, xvfb, etc.) to enable computer-use functionality. Check the daemon logs for specific error details."
    }
  }
})

/** `{"error": …}` in the old generation. */
export const refusal = (status: number, message: string, code?: DomainCode): Refusal =>
  new Refusal({ status, message, old: "error", code })

/** How this area of the daemon answers to a body that it cannot read. */
export const bodyReader = <A, I>(schema: Schema.Schema<A, I>) =>
  jsonBody.reader(schema, (problem) => refusal(400, problem))

/** Refuses what needs a screen while there is none. The old daemon takes every failure for the client's. */
export const requireScreen = ({ desktop, machine }: ComputerUse): Effect.Effect<void, Refusal> =>
  Effect.flatMap(isRunning(desktop), (running) =>
    running
      ? Effect.void
      : Effect.fail(
          refusal(machine.generation === "0.190" ? 400 : 500, "cannot open display: computer use is not started")
        )
  )

export const isRunning = (desktop: Desktop): Effect.Effect<boolean> =>
  Effect.map(desktop.processes, (processes) => Object.values(processes).every(({ running }) => running))
