/** What the service offers over HTTP. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "effect-sandboxes/errors"
import { AgentRunProgress, RunRequestConflict, RunUnknown } from "effect-sandboxes/workflow"

/** What clients may choose. All else is chosen by the service. */
export const RunRequest = Schema.Struct({
  prompt: Schema.NonEmptyString,
  maxBudgetUsd: Schema.optionalWith(Schema.Positive, { default: () => 1 })
})

const key = HttpApiSchema.param("key", Schema.String)

const runs = HttpApiGroup.make("runs")
  // The same request with the same key is the same run, so that a client may repeat it.
  .add(
    HttpApiEndpoint.put("submit")`/runs/${key}`
      .setPayload(RunRequest)
      .addSuccess(AgentRunProgress, { status: 202 })
      .addError(RunRequestConflict, { status: 409 })
  )
  .add(HttpApiEndpoint.get("progress")`/runs/${key}`.addSuccess(AgentRunProgress))
  // Server-sent events: `progress` whenever it changes, and at last `answer` or `failure`.
  .add(
    HttpApiEndpoint.get("watch")`/runs/${key}/events`.addSuccess(
      HttpApiSchema.Text({ contentType: "text/event-stream" })
    )
  )
  .add(HttpApiEndpoint.del("cancel")`/runs/${key}`.addSuccess(Schema.Void, { status: 202 }))
  .addError(InvalidRequest, { status: 400 })
  .addError(RunUnknown, { status: 404 })
  .addError(HttpApiError.ServiceUnavailable)

export const Api = HttpApi.make("durable-service").add(runs)
