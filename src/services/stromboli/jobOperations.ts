/** The requests of `Jobs`, apart from it and from each other: runs with a key send one of them too. */
import * as Schema from "effect/Schema"
import { Conflict, NotFound } from "../../errors/ApiError.js"
import * as Operation from "../../internal/Operation.js"
import { lenientList } from "../../schema/lenient.js"
import { snakeCase } from "../../schema/snakeCase.js"
import { JobId } from "../../schema/stromboli/Identifiers.js"
import { Job } from "../../schema/stromboli/Job.js"

// Not in schema/stromboli/Job, which is public as a whole.
export const JobList = snakeCase({ jobs: lenientList(Job) }, { nulls: { jobs: [] } })
const JobCancelled = snakeCase({ cancelled: Schema.Literal(true), jobId: Schema.optional(JobId) })

export const list = Operation.make("Jobs.list", "GET", "/jobs", { success: JobList })

export const get = Operation.make("Jobs.get", "GET", "/jobs/{id}", { success: Job, fails: [NotFound] })

export const cancel = Operation.make("Jobs.cancel", "DELETE", "/jobs/{id}", {
  success: JobCancelled,
  fails: [NotFound, Conflict]
})
