/** The endpoints that run a single program. */
import * as Duration from "effect/Duration"
import * as Operation from "../../../../internal/Operation.js"
import {
  CodeRunRequest,
  CodeRunResponse,
  ExecuteRequest,
  ExecuteResponse
} from "../../../../schema/daytona/toolbox/Process.js"

// The requests stay open while their programs run; the time limit of the caller is also the deadline of the request.
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
