/** A job for people: what is known about it, and its output below. */
import { Job } from "../../../stromboli.js"
import { fields } from "../../frame/table.js"
import { red, type Text } from "../../frame/text.js"
import { ago, dollars } from "../../frame/words.js"
import { endingWithLine } from "../endingWithLine.js"
import { statusText } from "./status.js"

const crashText = ({ exitCode, reason, signal }: NonNullable<Job.Job["crashInfo"]>): Text =>
  red(reason ?? (signal === undefined ? `exit code ${exitCode ?? "unknown"}` : `signal ${signal}`))

export const jobText = (job: Job.Job, now: number): Text => {
  const result = Job.resultOf(job)
  const output = result?.text ?? job.output ?? job.crashInfo?.partialOutput ?? ""
  return [
    fields([
      ["Job", job.id],
      ["Status", statusText(job)],
      ["Created", ago(job.createdAt, now)],
      ["Updated", ago(job.updatedAt, now)],
      ["Session", job.sessionId],
      ["Cost", result?.totalCostUsd === undefined ? undefined : dollars(result.totalCostUsd)],
      ["Crash", job.crashInfo === undefined ? undefined : crashText(job.crashInfo)]
    ]),
    job.error === undefined ? "" : ["\n", red(endingWithLine(job.error))],
    output === "" ? "" : ["\n", endingWithLine(output)]
  ]
}
