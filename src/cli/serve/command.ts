/** `serve`: the embedded servers, on a port. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { local } from "../frame/command.js"
import * as Shared from "../frame/options.js"

const secretFile = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription(`A file with ${description}; \`-\` is standard input.`)
  )

const version = Options.text("api-version").pipe(
  Options.withPseudoName("TEXT"),
  Options.withDescription("What the server reports as its version."),
  Options.optional
)

const listening = (port: number) => ({
  ...Shared.common,
  port: Shared.wholeNumber("port", 0, 65_535).pipe(
    Options.withDefault(port),
    Options.withDescription(`Default ${port}; 0 for any free port.`)
  ),
  host: Options.text("host").pipe(
    Options.withPseudoName("ADDRESS"),
    Options.withDescription("A loopback address; default 127.0.0.1."),
    Options.withDefault("127.0.0.1")
  ),
  version,
  clientJwtSecretFile: secretFile(
    "client-jwt-secret-file",
    "the secret of at least 32 characters that tokens are signed with"
  ).pipe(Options.optional)
})

const stromboliOptions = {
  ...listening(8585),
  api: Options.choice("api", ["0.4", "0.5"]).pipe(
    Options.withDefault("0.5"),
    Options.withDescription("The generation of the wire format; default 0.5.")
  ),
  tokenFile: secretFile("token-file", "an API token to require (may be repeated)").pipe(Options.repeated),
  webhookSecretFile: secretFile("webhook-secret-file", "the secret that webhooks are signed with").pipe(
    Options.optional
  ),
  rateLimit: Shared.wholeNumber("rate-limit", 1, 1_000_000).pipe(
    Options.withDescription("Requests per second and client, with bursts of twice as many."),
    Options.optional
  ),
  agent: Options.choice("agent", ["auto", "claude", "demo"]).pipe(
    Options.withDefault("auto"),
    Options.withDescription(
      "What answers prompts: the claude CLI, or a demo agent that calls no model. Default: the CLI if it is on the PATH."
    )
  ),
  lineDelay: Shared.duration("line-delay").pipe(
    Options.withDescription("How long the demo agent takes for each line; default 40ms."),
    Options.optional
  ),
  script: Options.text("script").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription("Answers of the demo agent to certain prompts, in TOML."),
    Options.optional
  )
}

const stromboli = Command.make(
  "stromboli",
  stromboliOptions,
  local(() => import("./stromboli.js"))
).pipe(Command.withDescription("Run a Stromboli server on this machine, without containers, until a signal ends it."))

const daytonaOptions = {
  ...listening(18_586),
  generation: Options.choice("generation", ["0.190", "current"]).pipe(
    Options.withDefault("current"),
    Options.withDescription("The generation of the API and of the toolboxes; default current.")
  ),
  apiKeyFile: secretFile("api-key-file", "an API key to require (may be repeated)").pipe(Options.repeated),
  rateLimit: Shared.wholeNumber("rate-limit", 1, 1_000_000).pipe(
    Options.withDescription("Requests per minute and organization, for each throttler."),
    Options.optional
  ),
  instant: Options.boolean("instant").pipe(Options.withDescription("Let background tasks take no time.")),
  sandboxDirectory: Options.text("sandbox-directory").pipe(
    Options.withPseudoName("PATH"),
    Options.withDescription("The parent of the directories of sandboxes; default the temporary directory."),
    Options.optional
  ),
  anyPath: Options.boolean("any-path").pipe(
    Options.withDescription("Let toolboxes access files outside the directories of sandboxes.")
  ),
  desktop: Options.boolean("desktop").pipe(Options.withDescription("Give each sandbox a simulated desktop.")),
  noSandboxes: Options.boolean("no-sandboxes").pipe(
    Options.withDescription("Run nothing inside sandboxes: toolboxes respond 501.")
  )
}

const daytona = Command.make(
  "daytona",
  daytonaOptions,
  local(() => import("./daytona.js"))
).pipe(
  Command.withDescription(
    "Run a Daytona on this machine until a signal ends it. Sandboxes run real processes of this user. Without a key or a secret every request is accepted."
  )
)

export const serve = Command.make("serve").pipe(
  Command.withDescription("Run a server on this machine, which --embedded then finds."),
  Command.withSubcommands([stromboli, daytona])
)
