/** `doctor`: whether the servers can be used. */
import * as Command from "@effect/cli/Command"
import { local } from "../frame/command.js"
import * as Shared from "../frame/options.js"

export const doctor = Command.make(
  "doctor",
  Shared.configured,
  local(() => import("./doctor.js"))
).pipe(
  Command.withDescription(
    "Check addresses, credentials, versions and clocks, and show what the server can do. Exits with 0 if all is well."
  )
)
