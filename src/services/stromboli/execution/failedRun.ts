/** Runs that failed after they were started: everything that is known about them goes into the failure. */
import type { RequestFailureFields } from "../../../errors/RequestFailure.js"
import { readStromboliErrorBody } from "../../../errors/stromboli/errorBody.js"
import { RunFailed } from "../../../errors/stromboli/failures.js"
import type { ResultMessage } from "../../../schema/stromboli/ClaudeMessage.js"
import { SessionId } from "../../../schema/stromboli/Identifiers.js"
import type { CrashedRun } from "../../../schema/stromboli/Run.js"
import { outputOfFailure, resultIn } from "../../../schema/stromboli/runOutput.js"

type RunFailedFields = ConstructorParameters<typeof RunFailed>[0]
type RequestFields = Pick<RunFailedFields, "system" | "operation" | "method" | "path" | "requestId">

/** What Claude reported about its failure. */
export const describe = ({ errors, subtype, text }: ResultMessage): string => {
  const reason = text ?? errors.join("; ")
  return reason === "" || reason === subtype ? subtype : `${subtype}: ${reason}`
}

/** What a result says beside its text. */
export const fieldsOf = (result: ResultMessage | undefined) =>
  result === undefined
    ? {}
    : {
        subtype: result.subtype,
        turns: result.turns,
        totalCostUsd: result.totalCostUsd,
        structuredOutput: result.structuredOutput ?? undefined,
        ...(result.sessionId === undefined ? {} : { sessionId: SessionId.make(result.sessionId) })
      }

/** The failure of a run, from the server's words about it, which contain all that it printed unless it was streamed. */
export const failedRun = (request: RequestFields, error: string, lastLine?: string): RunFailed => {
  const output = outputOfFailure(error)
  const result = resultIn(output ?? lastLine ?? "")
  const what =
    result === undefined
      ? `${error}${lastLine === undefined ? "" : `, after it had printed: ${lastLine}`}`
      : describe(result)
  return new RunFailed({
    ...request,
    message: `${request.method} ${request.path} (${request.operation}): the run failed: ${what.slice(0, 500)}`,
    detail: error.slice(0, 2000),
    output,
    ...fieldsOf(result)
  })
}

/** The failure of a run whose container died. Claude may have printed its result, with the cost, before. */
export const crashedRun = (request: RequestFields, { crash, id, output, sessionId, structuredOutput }: CrashedRun) => {
  const reason = crash.reason === undefined ? "" : `: ${crash.reason}`
  return new RunFailed({
    ...request,
    message: `Run ${id} crashed before it returned a value${reason} (exit code ${crash.exitCode ?? "unknown"})`,
    ...fieldsOf(resultIn(output)),
    runId: id,
    sessionId,
    crash,
    output,
    structuredOutput
  })
}

/** The status 500 of a run that was started; of any other 500, nothing is known. */
export const failedExecution = {
  status: 500,
  fromBody: (fields: RequestFailureFields, body: string): RunFailed | undefined => {
    const { detail } = readStromboliErrorBody(500, "", body)
    return detail === undefined || outputOfFailure(detail) === undefined ? undefined : failedRun(pick(fields), detail)
  }
}

const pick = ({ system, operation, method, path, requestId }: RequestFailureFields): RequestFields => ({
  system,
  operation,
  method,
  path,
  requestId
})
