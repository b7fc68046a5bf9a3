/** What the endpoints of computer use share. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as jsonBody from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { type DomainCode, Refusal } from "../Refusal.js"
import type { Desktop } from "./Desktop.js"

/** The dependencies of the handlers of computer use. */
export interface ComputerUse {
  readonly machine: Machine
  readonly desktop: Desktop
  /** The older plugin has crashed, and stays that way until the daemon is started again. */
  hasCrashed: boolean
}

/** What the older daemon says from then on. */
export const crashed = new Refusal({ status: 503, message: "connection is shut down", old: "error" })

/** The error without a desktop. */
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

/** Rendered as `{"error": …}` by the older generation. */
export const refusal = (status: number, message: string, code?: DomainCode): Refusal =>
  new Refusal({ status, message, old: "error", code })

/** Reads a body with the errors of this area of the daemon. */
export const bodyReader = <A, I>(schema: Schema.Schema<A, I>) =>
  jsonBody.reader(schema, (problem) => refusal(400, problem))

/** Fails while the desktop does not run. The older daemon blames the client for every failure. */
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
