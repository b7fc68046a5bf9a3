/** `snapshot`: images that sandboxes are made from. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { resources } from "../newSandbox.js"

const name = Args.text({ name: "name" }).pipe(Args.withDescription("A snapshot, by its name or id."))

const file = (option: string, description: string) =>
  Options.text(option).pipe(Options.withPseudoName("FILE"), Options.withDescription(description), Options.optional)

const ls = Command.make(
  "ls",
  Shared.daytona,
  onDaytona(() => import("./ls.js"))
).pipe(Command.withDescription("List the snapshots, those that everybody has last."))

const build = Command.make(
  "build",
  {
    ...Shared.daytona,
    ...resources,
    dockerfile: file("dockerfile", "The Dockerfile; default: Dockerfile in --context."),
    context: Options.text("context").pipe(
      Options.withPseudoName("DIR"),
      Options.withDescription("The folder that COPY takes files from; default: that of the Dockerfile."),
      Options.optional
    ),
    program: file(
      "program",
      "A module whose default export is an Image of effect-sandboxes, in place of a Dockerfile."
    ),
    timeout: Shared.duration("timeout").pipe(
      Options.withDescription("How long to wait for it; default 65m. The build goes on."),
      Options.optional
    ),
    name: Args.text({ name: "name" }).pipe(Args.withDescription("A name that no other snapshot has, such as tools:1."))
  },
  onDaytona(() => import("./build.js"))
).pipe(
  Command.withDescription(
    "Build a snapshot from a Dockerfile or an image program, and show the steps as they run. Ctrl-C deletes it."
  )
)

const rm = Command.make(
  "rm",
  { ...Shared.daytona, yes: Shared.yes, names: Args.atLeast(name, 1) },
  onDaytona(() => import("./rm.js"))
).pipe(Command.withDescription("Delete snapshots."))

export const snapshot = Command.make("snapshot").pipe(
  Command.withDescription("Images that sandboxes are made from."),
  Command.withSubcommands([ls, build, rm])
)
