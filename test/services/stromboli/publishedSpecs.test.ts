/** Compares every path, method, parameter and field of the published specs with our operations. */
import { describe, expect, it } from "@effect/vitest"
import { operationsUnder } from "../../support/operations.js"
import { type Deviation, expectedOf, isPresent, load, walk } from "../../support/publishedSpec.js"

const operations = (await operationsUnder("stromboli")).map(({ operation }) => operation)

/** Every known difference from the published spec, with the reason. Any other difference fails the test. */
const deviations: ReadonlyArray<Deviation & { readonly spec: "0.4.0" | "both" }> = [
  {
    spec: "both",
    kind: "only in the spec",
    what: [
      "DELETE /secrets/{name} response error",
      "GET /secrets response error",
      "GET /sessions response error",
      "GET /sessions/{id}/messages/{message_id} response error",
      "POST /secrets response error"
    ],
    why: "only failures have it, where it is read as the message of the failure"
  },
  {
    spec: "both",
    kind: "only in the spec",
    what: ["POST /run request webhook_url"],
    why: "the server ignores it without a word; runAsync has it"
  },
  {
    spec: "0.4.0",
    kind: "only ours",
    what: [
      "DELETE /agents/{id}",
      "GET /agents",
      "GET /agents/{id}",
      "GET /agents/{id}/stream",
      "POST /agents",
      "POST /agents/{id}/send"
    ],
    why: "agents came with 0.5"
  },
  {
    spec: "0.4.0",
    kind: "only ours",
    what: ["DELETE /jobs/{id} response cancelled", "DELETE /jobs/{id} response job_id"],
    why: "the spec leaves the answer open until 0.5.1; the wire never changed"
  },
  {
    spec: "0.4.0",
    kind: "only ours",
    what: ["run", "run/async"].flatMap((run) =>
      ["bedrock_service_tier", "effort", "enable_powershell_tool", "max_turns", "prompt_caching_ttl"].map(
        (option) => `POST /${run} request claude ${option}`
      )
    ),
    why: "came with 0.4.1 (max_turns) and 0.5.0; older servers ignore unknown fields"
  },
  {
    spec: "0.4.0",
    kind: "only ours",
    what: [
      "GET /jobs response jobs structured_output",
      "GET /jobs/{id} response structured_output",
      "POST /run response crash_info",
      "POST /run response structured_output",
      "POST /run response usage",
      "POST /run/async response session_id"
    ],
    why: "came with 0.4.1 and 0.5.0; optional in our types"
  }
]

const expected = (version: "0.4.0" | "0.5.7") =>
  expectedOf(deviations.filter(({ spec }) => spec === "both" || spec === version))

// The holes have the names of the spec.
const keyOf = (method: string, path: string): string => `${method} ${path}`

for (const [version, file] of [
  ["0.4.0", "stromboli-0.4.0.yaml"],
  ["0.5.7", "stromboli-0.5.7-reconstructed.json"]
] as const) {
  describe.skipIf(!isPresent(file))(`the published spec of Stromboli ${version}`, () => {
    it("differs from our operations only where a reason is listed", () => {
      expect([...walk(load(file), operations, { keyOf })].sort()).toEqual(expected(version))
    })
  })
}

describe("an operation", () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))("%s has a unique name", (name) => {
    expect(operations.filter((operation) => operation.name === name)).toHaveLength(1)
  })

  it("that is a POST is not retried after it may have arrived, unless it is harmless", () => {
    const repeatable = operations.filter(({ method, retry }) => method === "POST" && retry === "always")
    expect(repeatable.map(({ name }) => name)).toEqual(["Auth.token", "Auth.refresh"])
  })

  it("that is a GET and starts a run is not retried either", () => {
    expect(
      operations.filter(({ method, retry }) => method === "GET" && retry === "unsent").map(({ name }) => name)
    ).toEqual(["Execution.stream"])
  })
})
