/** `secrets`: values for the environment of runs. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const name = Args.text({ name: "name" }).pipe(Args.withDescription("The name of a secret."))

const ls = Command.make(
  "ls",
  Shared.stromboli,
  onStromboli(() => import("./ls.js"))
).pipe(Command.withDescription("List the secrets, without their values."))

const create = Command.make(
  "create",
  {
    ...Shared.stromboli,
    valueFile: Options.text("value-file").pipe(
      Options.withPseudoName("FILE"),
      Options.withDefault("-"),
      Options.withDescription("Read the value from a file; default `-`, standard input.")
    ),
    name
  },
  onStromboli(() => import("./create.js"))
).pipe(
  Command.withDescription("Store a secret. Its value is read from standard input or a file, never from an argument.")
)

const rm = Command.make(
  "rm",
  { ...Shared.stromboli, yes: Shared.yes, names: Args.atLeast(name, 1) },
  onStromboli(() => import("./rm.js"))
).pipe(Command.withDescription("Delete secrets. Runs that use them fail from then on."))

export const secrets = Command.make("secrets").pipe(
  Command.withDescription("Values for the environment of runs, which cannot be read back."),
  Command.withSubcommands([ls, create, rm])
)
