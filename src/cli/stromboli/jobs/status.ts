/** The status of a job, in the colour of how it went. */
import { Job } from "../../../stromboli.js"
import { cyan, green, red, type Text, yellow } from "../../frame/text.js"

export const statusText = (job: Job.Job): Text => {
  if (Job.isCompleted(job)) return green(job.status)
  if (Job.isFailed(job) || Job.isCrashed(job)) return red(job.status)
  return Job.isCancelled(job) ? yellow(job.status) : cyan(job.status)
}
