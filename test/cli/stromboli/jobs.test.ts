/** `jobs`, against an embedded server on a port. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Execution, Jobs } from "../../../src/stromboli.js"
import { cli } from "../support/program.js"
import { stromboli } from "../support/servers.js"

const finished = Effect.gen(function* () {
  const { jobId } = yield* Effect.flatMap(Execution, (execution) => execution.runAsync({ prompt: "Count to 3" }))
  return yield* Effect.flatMap(Jobs, (jobs) => jobs.await(jobId))
})

describe("jobs ls", () => {
  it.scopedLive("shows a line for each job, the newest first", () =>
    Effect.gen(function* () {
      const { variables, services } = yield* stromboli()
      const job = yield* Effect.provide(finished, services)
      const { code, stderr, stdout } = yield* cli(["jobs", "ls"], { variables })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toMatch(/^ID +STATUS +CREATED +OUTPUT\n/)
      expect(stdout).toMatch(new RegExp(`^${job.id}  completed  (now|\\d+s ago) +\\[demo agent`, "m"))
    })
  )

  it.scopedLive("prints an array with --json", () =>
    Effect.gen(function* () {
      const { variables, services } = yield* stromboli()
      const job = yield* Effect.provide(finished, services)
      const { code, stderr, stdout } = yield* cli(["jobs", "ls", "--json"], { variables })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(JSON.parse(stdout)).toMatchObject([{ id: job.id, status: "completed", createdAt: job.createdAt }])
      expect(stdout.split("\n")).toHaveLength(2)
    })
  )
})

describe("jobs get", () => {
  it.scopedLive("shows what is known about a job, and its output", () =>
    Effect.gen(function* () {
      const { variables, services } = yield* stromboli()
      const job = yield* Effect.provide(finished, services)
      const { code, stdout } = yield* cli(["jobs", "get", job.id], { variables })
      expect(code).toBe(0)
      expect(stdout).toContain(`Job      ${job.id}\n`)
      expect(stdout).toContain("Status   completed\n")
      expect(stdout).toMatch(/\n1\n2\n3\n$/)
    })
  )

  it.scopedLive("fails with exit code 3 for a job that does not exist", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { code, stderr, stdout } = yield* cli(["jobs", "get", "job-none"], { variables })
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" })
      expect(stderr).toMatch(/^error: GET \/jobs\/job-none .*job not found\n$/)
    })
  )

  it.scopedLive("prints a failure as JSON with --json, to stderr", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { stderr, stdout } = yield* cli(["jobs", "get", "job-none", "--json"], { variables })
      expect(stdout).toBe("")
      expect(JSON.parse(stderr)).toMatchObject({
        error: { _tag: "NotFound", code: "NOT_FOUND", status: 404, admitted: "no", exitCode: 3 }
      })
    })
  )
})
