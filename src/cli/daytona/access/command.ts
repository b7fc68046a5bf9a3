/** What is reached in a sandbox from outside: its ports, and its screen. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { name } from "../newSandbox.js"

export const ports = Command.make(
  "ports",
  { ...Shared.daytona, name },
  onDaytona(() => import("./ports.js"))
).pipe(Command.withDescription("List the ports that programs in a sandbox listen on."))

export const preview = Command.make(
  "preview",
  {
    ...Shared.daytona,
    expiresIn: Shared.duration("expires-in").pipe(
      Options.withDescription("How long the URL works, up to 24h; default 1h."),
      Options.optional
    ),
    plain: Options.boolean("plain").pipe(
      Options.withDescription("Print the URL that needs a token, or nothing if the sandbox is public.")
    ),
    name,
    port: Args.integer({ name: "port" }).pipe(Args.withDescription("A port in the sandbox."))
  },
  onDaytona(() => import("./preview.js"))
).pipe(Command.withDescription("Print a URL that opens a port of a sandbox to anyone who has it, for an hour."))

export const screenshot = Command.make(
  "screenshot",
  {
    ...Shared.daytona,
    out: Options.text("out").pipe(
      Options.withPseudoName("FILE"),
      Options.withDescription("Where to save it, as PNG; default screenshot.png."),
      Options.withDefault("screenshot.png")
    ),
    name
  },
  onDaytona(() => import("./screenshot.js"))
).pipe(Command.withDescription("Save what the desktop of a sandbox shows. A desktop that does not run is started."))
