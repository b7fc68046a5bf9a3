/** The services of Stromboli over a scripted transport. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Layer from "effect/Layer"
import { Jobs, StromboliClient } from "../../src/stromboli.js"

export const jobsOver = (
  transport: Layer.Layer<HttpClient.HttpClient>,
  options: Partial<StromboliClient.Options> = {}
) =>
  Jobs.layer.pipe(
    Layer.provideMerge(StromboliClient.layer({ baseUrl: "http://stromboli.test", ...options })),
    Layer.provide(transport)
  )

export const aJob = {
  id: "job-0123456789abcdef",
  status: "completed",
  created_at: "2026-05-06T12:00:00Z",
  updated_at: "2026-05-06T12:00:05Z",
  output: "done"
}
