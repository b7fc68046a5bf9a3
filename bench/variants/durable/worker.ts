/** A worker process. Its argument: what to work with, in JSON. Answers what it is asked over the channel. */

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { collectGarbage } from "../../harness/cost.js"
import { type Servers, workerLayer } from "./cluster.js"

export interface WorkerTask extends Servers {
  readonly port: number
  /** Where ends of runs are to be reported: the token is appended. */
  readonly webhooks?: string
}

/** What a worker needs, in MB. */
export interface Memory {
  /** Of objects, without garbage. */
  readonly live: number
  readonly resident: number
}

const task: WorkerTask = JSON.parse(process.argv[2] ?? "{}")

const memory = (): Memory => {
  collectGarbage()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { live: (heapUsed + external) / 1e6, resident: rss / 1e6 }
}

process.on("message", () => process.send?.(memory()))
// It does not outlive who started it.
process.on("disconnect", () => process.exit(0))

const { webhooks } = task
workerLayer(task, task.port, webhooks === undefined ? {} : { webhookUrl: (token) => `${webhooks}/${token}` }).pipe(
  Layer.launch,
  // The engine warns of each run that it reads before the worker is ready for it, and reads it again.
  Logger.withMinimumLogLevel(LogLevel.Error),
  Effect.runFork
)
