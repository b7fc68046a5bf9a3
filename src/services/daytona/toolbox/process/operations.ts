/** What is asked of the daemon about single programs. */
import * as Duration from "effect/Duration"
import * as Operation from "../../../../internal/Operation.js"
import {
  CodeRunRequest,
  CodeRunResponse,
  ExecuteRequest,
  ExecuteResponse
} from "../../../../schema/daytona/toolbox/Process.js"

// The requests are open for as long as their programs run; a time limit of the caller's is a deadline of the request as well.
export const operations = {
  executeMerged: Operation.make("Process.executeMerged", "POST", "/process/execute", {
    body: ExecuteRequest,
    success: ExecuteResponse,
    timeout: Duration.infinity,
    secretBody: true
  }),
  codeRun: Operation.make("Process.codeRun", "POST", "/process/code-run", {
    body: CodeRunRequest,
    success: CodeRunResponse,
    timeout: Duration.infinity,
    secretBody: true
  })
}
