/** Options of commands that start Claude. */
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import type { ClaudeOptions } from "../../stromboli.js"

/** How Claude is started. */
export const claude = {
  model: Options.text("model").pipe(
    Options.withPseudoName("NAME"),
    Options.withDescription("sonnet, opus, haiku, or the id of a model."),
    Options.optional
  ),
  appendSystemPrompt: Options.text("append-system-prompt").pipe(
    Options.withPseudoName("TEXT"),
    Options.withDescription("Add to the system prompt."),
    Options.optional
  ),
  allow: Options.text("allow").pipe(
    Options.withPseudoName("TOOL"),
    Options.withDescription("Allow a tool, such as Read or `Bash(git:*)`; may be repeated."),
    Options.repeated
  ),
  disallow: Options.text("disallow").pipe(
    Options.withPseudoName("TOOL"),
    Options.withDescription("Forbid a tool; may be repeated."),
    Options.repeated
  ),
  permissionMode: Options.text("permission-mode").pipe(
    Options.withPseudoName("MODE"),
    Options.withDescription("acceptEdits, bypassPermissions, default, dontAsk, plan, …"),
    Options.optional
  ),
  maxTurns: Options.integer("max-turns").pipe(
    Options.withPseudoName("N"),
    Options.withDescription("Stop after this many turns."),
    Options.optional
  ),
  maxBudget: Options.float("max-budget").pipe(
    Options.withPseudoName("DOLLARS"),
    Options.withDescription("Stop when this much has been spent."),
    Options.optional
  )
}

/** What the options of {@link claude} are read as. */
export type ClaudeValues = Command.Command.ParseConfig<typeof claude>

/** The options for the library. */
export const claudeOptionsOf = (values: ClaudeValues) =>
  ({
    model: Option.getOrUndefined(values.model),
    appendSystemPrompt: Option.getOrUndefined(values.appendSystemPrompt),
    allowedTools: values.allow.length === 0 ? undefined : values.allow,
    disallowedTools: values.disallow.length === 0 ? undefined : values.disallow,
    permissionMode: Option.getOrUndefined(values.permissionMode),
    maxTurns: Option.getOrUndefined(values.maxTurns),
    maxBudgetUsd: Option.getOrUndefined(values.maxBudget)
  }) satisfies ClaudeOptions

export const workdir = Options.text("workdir").pipe(
  Options.withPseudoName("PATH"),
  Options.withDescription("The directory in the container to work in."),
  Options.optional
)
