/** The endpoints for the screen and its windows. */
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { Handler, Route } from "../Route.js"
import { type ComputerUse, requireScreen } from "./ComputerUse.js"

/** Serves the screen's size and its windows. */
export const routes = (use: ComputerUse): ReadonlyArray<Route> => {
  const { desktop, machine } = use

  const info: Handler = () => {
    const { height, width } = desktop
    return Effect.as(
      requireScreen(use),
      responses.json(200, { displays: [{ id: 0, x: 0, y: 0, width, height, isActive: true }] })
    )
  }

  const windows: Handler = () =>
    Effect.zipRight(
      requireScreen(use),
      Effect.map(desktop.windows, (all) =>
        responses.json(200, {
          windows: all.map(({ height, id, isActive, title, width, x, y }) =>
            machine.generation === "0.190"
              ? // The older daemon does not know where they are.
                { id, title, x: 0, y: 0, width: 0, height: 0, isActive: false }
              : { id, title, x, y, width, height, isActive }
          )
        })
      )
    )

  return [
    { method: "GET", path: "/computeruse/display/info", handler: info },
    { method: "GET", path: "/computeruse/display/windows", handler: windows }
  ]
}
