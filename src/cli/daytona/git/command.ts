/** `git`: repositories in a sandbox. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { name } from "../newSandbox.js"

const clone = Command.make(
  "clone",
  {
    ...Shared.daytona,
    branch: Options.text("branch").pipe(Options.withDescription("The branch to check out."), Options.optional),
    commit: Options.text("commit").pipe(Options.withDescription("The commit to check out."), Options.optional),
    depth: Shared.wholeNumber("depth", 1, 1_000_000_000).pipe(
      Options.withDescription("Clone only this many commits."),
      Options.optional
    ),
    username: Options.text("username").pipe(
      Options.withDescription("For a repository that is not public, with --password-file."),
      Options.optional
    ),
    passwordFile: Options.text("password-file").pipe(
      Options.withPseudoName("FILE"),
      Options.withDescription("Read the password, or the token, from a file; `-` is standard input."),
      Options.optional
    ),
    name,
    repository: Args.text({ name: "url" }).pipe(Args.withDescription("A repository: https://…")),
    path: Args.text({ name: "path" }).pipe(
      Args.withDescription("Where to, in the sandbox; default: the name of the repository."),
      Args.optional
    )
  },
  onDaytona(() => import("./clone.js"))
).pipe(Command.withDescription("Clone a repository into a sandbox."))

export const git = Command.make("git").pipe(
  Command.withDescription("Git repositories in a sandbox."),
  Command.withSubcommands([clone])
)
