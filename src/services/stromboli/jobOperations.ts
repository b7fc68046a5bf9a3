/** The requests of `Jobs`, apart from it: runs with a key send them too. */
import * as Schema from "effect/Schema"
import { Conflict, NotFound } from "../../errors/ApiError.js"
import * as Operation from "../../internal/Operation.js"
import { lenientList } from "../../schema/lenient.js"
import { snakeCase } from "../../schema/snakeCase.js"
import { JobId } from "../../schema/stromboli/Identifiers.js"
import { Job } from "../../schema/stromboli/Job.js"

// Not in schema/stromboli/Job, which is public as a whole.
const JobList = snakeCase({ jobs: Schema.optional(lenientList(Job)) })
const JobCancelled = snakeCase({ cancelled: Schema.Boolean, jobId: Schema.optional(JobId) })

export const operations = {
  list: Operation.make("Jobs.list", "GET", "/jobs", { success: JobList }),
  get: Operation.make("Jobs.get", "GET", "/jobs/{id}", { success: Job, fails: [NotFound] }),
  cancel: Operation.make("Jobs.cancel", "DELETE", "/jobs/{id}", { success: JobCancelled, fails: [NotFound, Conflict] })
}
