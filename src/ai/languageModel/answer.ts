/** Turns a run that ended into the parts of a response. */
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import { resultIn } from "../../schema/stromboli/runOutput.js"
import { crashedRun, describe, fieldsOf } from "../../services/stromboli/execution/failedRun.js"
import { type CompletedRun, RunFailed, type RunResult } from "../../stromboli.js"
import { finishPart, type RunReport } from "./report.js"

const request = { system: "stromboli", operation: "Execution.run", method: "POST", path: "/run" } as const

type Result = NonNullable<ReturnType<typeof resultIn>>

const failed = ({ id, output, sessionId }: CompletedRun, what: string, result: Result | undefined): RunFailed =>
  new RunFailed({
    ...request,
    message: `Run ${id} ended, but ${what}`,
    runId: id,
    output,
    ...fieldsOf(result),
    sessionId
  })

/**
 * The answer of a run in the format `json`: the text of Claude's result, or another text that is made of it. Claude may
 * report an error although its process exited normally.
 */
export const answerOf = (
  run: RunResult,
  textOf: (run: CompletedRun) => string | undefined = (run) => resultIn(run.output)?.text
): Effect.Effect<Array<Response.PartEncoded>, RunFailed> => {
  if (run._tag === "Crashed") return Effect.fail(crashedRun(request, run))
  const result = resultIn(run.output)
  if (result === undefined) return Effect.fail(failed(run, "printed no result: `output` has what it printed", result))
  if (result.isError) return Effect.fail(failed(run, `Claude reported ${describe(result)}`, result))
  const report: RunReport = { runId: run.id, sessionId: run.sessionId }
  const text = textOf(run) ?? ""
  return Effect.succeed([
    { type: "response-metadata", id: run.id, modelId: run.usage?.model, metadata: { stromboli: report } },
    ...(text === "" ? [] : [{ type: "text", text } as const]),
    finishPart(result, report)
  ])
}
