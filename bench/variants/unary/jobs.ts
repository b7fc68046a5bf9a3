import * as Effect from "effect/Effect"
import { JobId, Jobs } from "effect-sandboxes/stromboli"
import { connect } from "../../clients/stromboli.js"
import type { Setting } from "../../harness/Suite.js"
import { job } from "../../servers/job.js"
import { measureFibers } from "./fibers.js"

const id = JobId.make(job.id)

export const getJob = Effect.flatMap(Jobs, (jobs) => jobs.get(id))

export const measure = ({ server }: Setting, spans: boolean, inFlight?: number) =>
  measureFibers(connect(server["url"] ?? "").runPromise, getJob, spans, inFlight)
