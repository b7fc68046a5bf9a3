/** `--html`, an option of commands that can make a page of what they show. */
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Shared from "../frame/options.js"

export const html = {
  html: Options.text("html").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription("Also write a page to look at: one file of HTML, which nothing else is needed for."),
    Options.optional
  ),
  yes: Shared.yesTo("Let --html replace any file, without asking.")
}

/** What the options of {@link html} are read as. */
export type HtmlValues = Command.Command.ParseConfig<typeof html>
