/** `--html`, the option of commands that can make a page of what they show. */
import * as Options from "@effect/cli/Options"

export const html = Options.text("html").pipe(
  Options.withPseudoName("FILE"),
  Options.withDescription("Also write a page to look at: one file of HTML, which nothing else is needed for."),
  Options.optional
)
