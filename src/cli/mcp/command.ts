/** `mcp`: the tools of a sandbox, for agents in other processes. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { origin } from "../daytona/newSandbox.js"
import { onDaytona } from "../frame/command.js"
import * as Shared from "../frame/options.js"

export const mcp = Command.make(
  "mcp",
  {
    ...Shared.daytona,
    ...origin,
    keyFile: Options.mapEffect(Shared.daytona.keyFile, (file) =>
      Option.contains(file, "-")
        ? Effect.fail(Shared.invalid("--key-file: expected a file; standard input is where clients talk"))
        : Effect.succeed(file)
    ),
    application: Shared.application,
    sandbox: Options.text("sandbox").pipe(
      Options.withPseudoName("NAME"),
      Options.withDescription("Use this sandbox, and keep it. Otherwise the first call creates one for its client."),
      Options.optional
    ),
    tools: Options.text("tools").pipe(
      Options.withPseudoName("GROUPS"),
      Options.withDescription(
        "Of commands, files, python, servers, git and desktop, with commas between; default all but desktop."
      ),
      Options.withDefault("commands,files,python,servers,git")
    ),
    http: Options.boolean("http").pipe(Options.withDescription("Serve over HTTP on 127.0.0.1 instead of stdio.")),
    port: Shared.wholeNumber("port", 0, 65_535).pipe(
      Options.withDescription("With --http: default 8080; 0 for any free port."),
      Options.optional
    ),
    mcpTokenFile: Options.text("mcp-token-file").pipe(
      Options.withPseudoName("FILE"),
      Options.withDescription("With --http: a file with the token of clients. Otherwise EFFECT_SANDBOXES_MCP_TOKEN."),
      Options.optional
    )
  },
  onDaytona(() => import("./mcp.js"))
).pipe(Command.withDescription("Serve the tools of a sandbox to agents, over the Model Context Protocol."))
