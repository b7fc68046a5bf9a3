/** The document. */
import { conversation } from "./conversation.js"
import { oneLine } from "./cut.js"
import { Html, html } from "./html.js"
import type { Run } from "./reader.js"
import { styles, stylesHash } from "./styles.js"
import { headerMarkup, listMarkup, promptsMarkup, tablesMarkup, tilesMarkup } from "./summary.js"

/** Nothing is requested and nothing runs: images are in the page, and styles are ours. */
const policy = `default-src 'none'; img-src data:; style-src '${stylesHash}'; base-uri 'none'; form-action 'none'`

/** The title of a run that has none: what it was asked first. */
const titleOf = (given: string | undefined, run: Run): string =>
  oneLine(given ?? "", 200) ||
  oneLine((run.prompts.first[0]?.text ?? "").replace(/`|\*\*/g, ""), 100) ||
  "A run of Claude Code"

/** How every page begins, so that it is known again. */
const beginning = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="effect-sandboxes">
`

/** Whether a text begins as a page does. */
export const isPage = (text: string): boolean => text.startsWith(beginning)

/** The page of a run. */
export const page = (title: string | undefined, run: Run): Html => {
  const shownTitle = titleOf(title, run)
  const { after, before } = run.entries
  const ids = new Set([...before, ...after].map(({ id }) => id))
  return html`${new Html(beginning)}<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${shownTitle}</title>
<link rel="icon" href="data:,">
<style>${new Html(styles)}</style>
</head>
<body>
<a class="skip" href="#conversation">Skip to the conversation</a>
${headerMarkup(shownTitle, run)}
<main>
${tilesMarkup(run)}
${run.timeLine}
${tablesMarkup(run)}
${listMarkup("Denied", "denials", run.denials, ids)}
${listMarkup("Problems", "problems", run.problems, ids)}
${conversation(run, promptsMarkup(run.prompts, ids))}
</main>
</body>
</html>
`
}
