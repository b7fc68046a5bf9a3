/** `token`: access tokens. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const out = Options.text("out").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Write the access token to a file that only its owner can read, not to stdout."),
  Options.optional
)

const create = Command.make(
  "create",
  { ...Shared.stromboli, out, client: Args.text({ name: "client-id" }) },
  onStromboli(() => import("./create.js"))
).pipe(Command.withDescription("Request a pair of tokens for a client id, and print the access token."))

const refresh = Command.make(
  "refresh",
  {
    ...Shared.stromboli,
    out,
    refreshTokenFile: Options.text("refresh-token-file").pipe(
      Options.withPseudoName("FILE"),
      Options.withDefault("-"),
      Options.withDescription("Read the refresh token from a file; default `-`, standard input.")
    )
  },
  onStromboli(() => import("./refresh.js"))
).pipe(Command.withDescription("Exchange a refresh token for a new pair, and print the access token."))

const validate = Command.make(
  "validate",
  Shared.stromboli,
  onStromboli(() => import("./validate.js"))
).pipe(Command.withDescription("Show whom the access token in use belongs to, and when it expires."))

const revoke = Command.make(
  "revoke",
  Shared.stromboli,
  onStromboli(() => import("./revoke.js"))
).pipe(Command.withDescription("Revoke the access token in use."))

export const token = Command.make("token").pipe(
  Command.withDescription("Access tokens of the server."),
  Command.withSubcommands([create, refresh, validate, revoke])
)
