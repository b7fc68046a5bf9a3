/** Answers with something odd in them: everything that can be acted on is read. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import type * as Schema from "effect/Schema"
import { Agent, AgentList } from "../../../src/schema/stromboli/Agent.js"
import { ImageList, ImageSearchResponse } from "../../../src/schema/stromboli/Image.js"
import { Job, resultOf } from "../../../src/schema/stromboli/Job.js"
import { SecretList } from "../../../src/schema/stromboli/Secret.js"
import { SessionList } from "../../../src/schema/stromboli/Session.js"
import { decoderOf } from "../../../src/schema/wireStruct.js"
import { JobList } from "../../../src/services/stromboli/jobOperations.js"

const decode = <A, I>(schema: Schema.Schema<A, I>, input: unknown) => Either.getOrUndefined(decoderOf(schema)(input))

const agent = {
  id: "agent-1",
  session_id: "s-1",
  status: "idle",
  created_at: "2026-05-06T12:00:00Z",
  last_activity_at: "2026-05-06T12:00:00Z",
  idle_timeout_seconds: 1800,
  turns_completed: 0
}

const found = { index: "docker.io", name: "python", description: "", stars: 1, official: true, automated: false }

describe("an answer with something odd in it", () => {
  it("is an agent that can be stopped as long as its id and session can be read", () => {
    expect(decode(Agent, { id: "agent-1", session_id: "s-1", created_at: 7, exit_error: {} })).toEqual({
      id: "agent-1",
      sessionId: "s-1",
      status: "unknown",
      createdAt: "",
      lastActivityAt: "",
      idleTimeoutSeconds: 0,
      turnsCompleted: 0
    })
    expect(decode(Agent, { ...agent, id: undefined })).toBeUndefined()
  })

  it("is the same as without it, whatever the odd fields are", () => {
    const odd = FastCheck.jsonValue().filter((value) => typeof value !== "string")
    const fields = FastCheck.record({ created_at: odd, output: odd, error: odd, crash_info: odd }, { requiredKeys: [] })
    FastCheck.assert(
      FastCheck.property(fields, (given) => {
        const job = decode(Job, { id: "job-1", status: "running", updated_at: "now", ...given })
        expect(job).toMatchObject({ id: "job-1", status: "running", updatedAt: "now", createdAt: "" })
      })
    )
  })

  for (const [what, read, field, good] of [
    ["secrets", decoderOf(SecretList), "secrets", { id: "1", name: "a", created_at: "now" }],
    ["sessions", decoderOf(SessionList), "sessions", { id: "s-1", title: "t" }],
    ["jobs", decoderOf(JobList), "jobs", { id: "job-1", status: "running", created_at: "now", updated_at: "now" }],
    ["found images", decoderOf(ImageSearchResponse), "results", found],
    [
      "images",
      decoderOf(ImageList),
      "images",
      {
        id: "1",
        repository: "python",
        tag: "3",
        size: 1,
        created: "now",
        compatibility_rank: 3,
        compatible: true,
        has_claude_cli: false
      }
    ]
  ] as const) {
    it(`is the list of ${what} without the elements that cannot be read`, () => {
      const only = read({ [field]: [good] })
      expect(only).toHaveProperty(["right", field, 0])
      expect<unknown>(read({ [field]: [null, good, 7, {}] })).toEqual(only)
      expect(read({ [field]: [{}] })).toHaveProperty("_tag", "Left")
    })

    it(`is the empty list of ${what} when it is null, but not when there is no list`, () => {
      expect(read({ [field]: null })).toHaveProperty("right", { [field]: [] })
      for (const answer of [{}, { error: "boom" }, { items: [good] }, [], [good], null]) {
        expect(read(answer)).toHaveProperty("_tag", "Left")
      }
    })
  }

  it("is the list of agents without the elements that have no id", () => {
    expect(decode(AgentList, [agent, null, { ...agent, id: 7 }, { ...agent, created_at: 7 }])).toMatchObject([
      { id: "agent-1" },
      { id: "agent-1", createdAt: "" }
    ])
    expect(decode(AgentList, [])).toEqual([])
    expect(decode(AgentList, {})).toBeUndefined()
  })
})

describe("the result of a job", () => {
  const report = { type: "result", subtype: "error_max_turns", num_turns: 3, total_cost_usd: 0.25, session_id: "s" }
  const result = { _tag: "Result", subtype: "error_max_turns", turns: 3, totalCostUsd: 0.25, sessionId: "s" }

  it("is in its output, or in the error of a job that failed", () => {
    expect(resultOf({ output: JSON.stringify(report) })).toMatchObject(result)
    const error = `execution failed: exit status 1, output: ${JSON.stringify(report)}\n`
    expect(resultOf({ error })).toMatchObject(result)
  })

  it("is absent where nothing was printed, or only text", () => {
    for (const job of [{}, { output: 'the "result" is 42' }, { error: "volume validation failed" }]) {
      expect(resultOf(job)).toBeUndefined()
    }
  })
})
