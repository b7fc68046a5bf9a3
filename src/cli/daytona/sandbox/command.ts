/** `sandbox`: the sandboxes of an organization. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { env, name, origin, resources } from "../newSandbox.js"

const names = Args.atLeast(name, 1)

const label = Options.text("label").pipe(Options.withPseudoName("NAME=VALUE"))

const timeout = Shared.duration("timeout").pipe(
  Options.withDescription("How long to wait for it; default 60s."),
  Options.optional
)

const ls = Command.make(
  "ls",
  {
    ...Shared.daytona,
    label: label.pipe(Options.withDescription("Only those with this label; may be repeated."), Options.repeated),
    state: Options.text("state").pipe(
      Options.withDescription("Only those in this state, such as started or stopped; may be repeated."),
      Options.repeated
    ),
    limit: Shared.wholeNumber("limit", 1, 1_000_000).pipe(
      Options.withDescription("At most this many."),
      Options.optional
    )
  },
  onDaytona(() => import("./ls.js"))
).pipe(Command.withDescription("List the sandboxes, the most recently active first."))

const create = Command.make(
  "create",
  {
    ...Shared.daytona,
    ...origin,
    ...resources,
    env,
    label: label.pipe(Options.withDescription("Label it; may be repeated."), Options.repeated),
    volume: Options.text("volume").pipe(
      Options.withPseudoName("NAME:PATH"),
      Options.withDescription("Mount a volume at a path; may be repeated."),
      Options.repeated
    ),
    public: Options.boolean("public").pipe(Options.withDescription("Open its previews to everyone.")),
    blockNetwork: Options.boolean("block-network").pipe(Options.withDescription("Block all network access.")),
    autoStop: Shared.duration("auto-stop").pipe(
      Options.withDescription("Stop it after this time without activity; default 15m."),
      Options.optional
    ),
    autoDelete: Shared.duration("auto-delete").pipe(
      Options.withDescription("Delete it after being stopped for this time; default never."),
      Options.optional
    ),
    ttl: Shared.duration("ttl").pipe(
      Options.withDescription("Destroy it this long after its creation; default never."),
      Options.optional
    ),
    region: Options.text("region").pipe(Options.withDescription("Where it runs."), Options.optional),
    application: Shared.application,
    timeout,
    name: name.pipe(
      Args.withDescription("A name that no other sandbox has; without one, its id is its name."),
      Args.optional
    )
  },
  onDaytona(() => import("./create.js"))
).pipe(Command.withDescription("Create a sandbox, and wait until it runs. Ctrl-C deletes it."))

const start = Command.make(
  "start",
  { ...Shared.daytona, timeout, names },
  onDaytona(() => import("./start.js"))
).pipe(Command.withDescription("Start sandboxes, and wait until they run."))

const stop = Command.make(
  "stop",
  {
    ...Shared.daytona,
    timeout,
    force: Options.boolean("force").pipe(Options.withDescription("Kill what runs in them.")),
    yes: Shared.yes,
    names
  },
  onDaytona(() => import("./stop.js"))
).pipe(Command.withDescription("Stop sandboxes, which keep their files. One that is ephemeral is deleted."))

const rm = Command.make(
  "rm",
  { ...Shared.daytona, yes: Shared.yes, names },
  onDaytona(() => import("./rm.js"))
).pipe(Command.withDescription("Delete sandboxes and their files, and wait until they are gone."))

const info = Command.make(
  "info",
  { ...Shared.daytona, name },
  onDaytona(() => import("./info.js"))
).pipe(Command.withDescription("Show a sandbox."))

const metrics = Command.make(
  "metrics",
  {
    ...Shared.daytona,
    since: Shared.duration("since").pipe(
      Options.withDescription("Only of this time until now; default: since its creation."),
      Options.optional
    ),
    name
  },
  onDaytona(() => import("./metrics.js"))
).pipe(Command.withDescription("Show how much of its cores, memory and disk a sandbox used, and uses."))

export const sandbox = Command.make("sandbox").pipe(
  Command.withDescription("Sandboxes: machines to run code in."),
  Command.withSubcommands([ls, create, start, stop, rm, info, metrics])
)
