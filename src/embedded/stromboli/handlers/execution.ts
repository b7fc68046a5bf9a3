/** Handlers of `/run` and `/jobs`. */
import type * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as StreamJson from "../claude/StreamJson.js"
import * as GoJson from "../go/json.js"
import * as GoTime from "../go/time.js"
import type { Job, Jobs } from "../Jobs.js"
import type { Settings } from "../Options.js"
import { RunEvent, type RunOutcome, type Runs } from "../Runs.js"
import * as responses from "../responses.js"
import * as wire from "../wire.js"
import { bind, type Call, type Handler } from "./Handler.js"

const notConfigured = "Claude not configured. Run 'make claude-setup' first"

/** `/run`, `/run/async`, `/run/stream` and `/jobs`. */
export const make = (dependencies: { readonly settings: Settings; readonly runs: Runs; readonly jobs: Jobs }) => {
  const { jobs, runs, settings } = dependencies

  const runRequest = (call: Call) =>
    bind(wire.runRequest, call, ({ prompt }) => ({ Prompt: prompt })).pipe(
      Effect.mapError((message) => responses.runError(400, `Invalid request: ${message}`)),
      Effect.filterOrFail(
        () => settings.claudeConfigured,
        () => responses.runError(503, notConfigured)
      )
    )

  return {
    "POST /run": (call) =>
      runRequest(call).pipe(
        Effect.flatMap((request) =>
          Effect.mapBoth(runs.run(request), {
            onFailure: ({ message }) => responses.runError(500, message),
            onSuccess: (outcome) => responses.json(200, runResponse(outcome))
          })
        ),
        Effect.merge
      ),
    "POST /run/async": (call) =>
      runRequest(call).pipe(
        Effect.flatMap(jobs.start),
        Effect.map((job) =>
          responses.json(202, { job_id: job.id, ...(job.sessionId === "" ? {} : { session_id: job.sessionId }) })
        ),
        Effect.merge
      ),
    "GET /run/stream": (call) =>
      Effect.sync(() => {
        const prompt = call.query.get("prompt") ?? ""
        if (prompt === "") return responses.text(400, "Missing required parameter: prompt")
        if (!settings.claudeConfigured) return responses.text(503, notConfigured)
        const request: wire.RunRequest = {
          ...wire.runRequest.zero,
          prompt,
          workdir: call.query.get("workdir") ?? "",
          claude: { ...wire.claudeOptions.zero, session_id: call.query.get("session_id") ?? "" }
        }
        return responses.events(Stream.map(runs.stream(request), encodeEvent(settings)))
      }),
    "GET /jobs": () => Effect.map(jobs.list, (all) => responses.json(200, { jobs: all.map(jobResponse) })),
    "GET /jobs/{id}": (call) =>
      Effect.map(jobs.get(call.parameter("id")), (job) =>
        job === undefined ? responses.runError(404, "job not found") : responses.json(200, jobResponse(job))
      ),
    "DELETE /jobs/{id}": (call) =>
      Effect.map(jobs.cancel(call.parameter("id")), (outcome) => {
        switch (outcome) {
          case "unknown":
            return responses.runError(404, "job not found")
          case "ended":
            return responses.runError(409, "cannot cancel job (already completed, failed, or cancelled)")
          case "cancelled":
            return responses.json(200, { cancelled: true, job_id: call.parameter("id") })
        }
      })
  } satisfies Record<string, Handler>
}

const structuredOutput = (output: string): { readonly structured_output?: unknown } => {
  if (!output.startsWith("{") || !output.includes('"structured_output"')) return {}
  const value = StreamJson.parse(output)?.["structured_output"]
  return value === undefined || value === null ? {} : { structured_output: value }
}

const runResponse = ({ crash, id, output, sessionId, usage }: RunOutcome) => ({
  id,
  status: crash === undefined ? "completed" : "crashed",
  ...(output === "" ? {} : { output }),
  ...structuredOutput(output),
  session_id: sessionId,
  ...(crash === undefined ? {} : { crash_info: crash }),
  ...(usage === undefined ? {} : { usage })
})

const jobResponse = (job: Job) => ({
  id: job.id,
  status: job.status,
  ...(job.output === "" ? {} : { output: job.output }),
  ...structuredOutput(job.output),
  ...(job.error === "" ? {} : { error: job.error }),
  ...(job.sessionId === "" ? {} : { session_id: job.sessionId }),
  ...(job.crash === undefined ? {} : { crash_info: job.crash }),
  created_at: GoTime.toSeconds(job.createdAt),
  updated_at: GoTime.toSeconds(job.updatedAt)
})

const encoder = new TextEncoder()

// The error message is not escaped: after a newline in it, the rest is not part of the event. Nor are lines: a carriage
// return in one ends the event's line.
const encodeEvent =
  ({ api }: Settings) =>
  (event: RunEvent): Uint8Array =>
    encoder.encode(
      RunEvent.$match(event, {
        Line: ({ text }) => `data: ${text}\n\n`,
        Done: (done) => `event: done\ndata: ${GoJson.stringify(doneEvent(done, api))}\n\n`,
        Failed: ({ message }) => `event: error\ndata: ${message}\n\n`
      })
    )

type Done = Data.TaggedEnum.Value<RunEvent, "Done">

/** Go sorts the keys of a map. The older generation reports a crashed stream as completed. */
const doneEvent = ({ crash, id, output, sessionId }: Done, api: Settings["api"]) =>
  api === "0.4"
    ? { id, session_id: sessionId, status: "completed" }
    : {
        ...(crash === undefined ? {} : { crash_info: crash }),
        id,
        session_id: sessionId,
        status: crash === undefined ? "completed" : "crashed",
        ...structuredOutput(output)
      }
