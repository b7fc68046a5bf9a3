/**
 * What people would rather look at than read: the page of a run, as one file of HTML. It shows the prompts, what Claude
 * said, every use of a tool with its input and output, diffs, a time line, tokens and cost as they grew, what was
 * denied, what went wrong and how it ended. It requests nothing and runs nothing, whatever a model has written.
 *
 * @example
 * ```ts
 * import { RunReport } from "effect-sandboxes/report"
 * import { ClaudeMessage } from "effect-sandboxes/stromboli"
 *
 * const pageOf = (lines: ReadonlyArray<string>) => RunReport.html(lines.map(ClaudeMessage.fromLine))
 * ```
 */
export * as RunReport from "./RunReport.js"
