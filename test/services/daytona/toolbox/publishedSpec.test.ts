/** Compares the published spec of the toolbox with the operations that the services in a sandbox export. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import type * as Operation from "../../../../src/internal/Operation.js"
import { operationsUnder } from "../../../support/operations.js"
import { type Deviation, expectedOf, isPresent, load, walk } from "../../../support/publishedSpec.js"

const operations = (await operationsUnder("daytona/toolbox")).map(({ operation }) => operation)

const file = "daytona-toolbox.json"

const deviations: ReadonlyArray<Deviation> = [
  {
    kind: "only in the spec",
    what: ["POST /init"],
    why: "for the runner, which hands the daemon a token when a sandbox starts"
  },
  {
    kind: "only in the spec",
    what: ["GET /computeruse/process-status"],
    why: "the same answer as that of /computeruse/status"
  },
  {
    kind: "only in the spec",
    what: ["GET /files response modTime", "GET /files/info response modTime"],
    why: "deprecated: the same time as modifiedAt, in Go's own form"
  },
  {
    kind: "only in the spec",
    what: ["POST /files/upload-v2"],
    why: "bulk-upload does the same with daemons of both generations"
  },
  {
    kind: "only in the spec",
    what: ["POST /process/interpreter/context request language"],
    why: "there is only Python, which is the default"
  },
  {
    kind: "only in the spec",
    what: ["POST /process/session/{}/exec request async"],
    why: "the old name of runAsync"
  },
  {
    kind: "only in the spec",
    what: [
      "GET /process/session/entrypoint/logs response output",
      "GET /process/session/{}/command/{}/logs response output",
      "POST /process/session/{}/exec response output"
    ],
    why: "stdout and stderr in one, with markers between; both come alone too"
  },
  {
    kind: "only ours",
    what: ["GET /version response version", "POST /files/bulk-upload response files"],
    why: "the spec leaves the answer open"
  }
]

describe.skipIf(!isPresent(file))("the published spec of the toolbox", () => {
  it("differs from our operations only where a reason is given", () => {
    expect([...walk(load(file), operations)].sort()).toEqual(expectedOf(deviations))
  })
})

describe("an operation in a sandbox", () => {
  it("has a unique name, unless it is a variant of another", () => {
    const names = operations.map(({ name }) => name).sort()
    expect(names.length).toBeGreaterThan(60)
    const shared = names.filter((name, index) => name === names[index - 1])
    expect(shared).toEqual([
      "Files.delete",
      "Files.download",
      "Files.move",
      "Files.setPermissions",
      "Files.upload",
      "Git.checkout",
      "Git.clone",
      "Git.clone",
      "Git.createBranch",
      "Git.pull",
      "ProcessSessions.create",
      "Pty.create"
    ])
  })

  it("that is a POST is never retried after it may have arrived, unless it is idempotent", () => {
    const repeatable = operations.filter(({ method, retry }) => method === "POST" && retry === "always")
    expect(repeatable.map(({ name }) => name).sort()).toEqual([
      "ComputerUse.accessibility.find",
      "ComputerUse.accessibility.focus",
      "ComputerUse.accessibility.setValue",
      "ComputerUse.mouse.move",
      "Files.createFolder",
      "Files.delete",
      "Files.download",
      "Files.downloadMany",
      "Files.move",
      "Files.setPermissions",
      "Files.setPermissions",
      "Files.upload",
      "Git.add",
      "Git.checkout",
      "Git.checkout",
      "Git.clone",
      "Git.configureUser",
      "Git.dangerouslyStoreCredentials",
      "Git.fetch",
      "Git.restore",
      "Git.setConfig",
      "LanguageServer.completions",
      "ProcessSessions.create",
      "Pty.create",
      "Workspace.updateEnvironment"
    ])
  })

  it("that carries a secret never quotes a body", () => {
    const carriesSecret = ({ schemas }: Operation.Any) =>
      [schemas.body, schemas.success].some((schema) => String(schema?.ast).includes("Redacted"))
    expect(operations.some(carriesSecret)).toBe(true)
    expect(operations.filter((each) => carriesSecret(each) && !each.secretBody).map(({ name }) => name)).toEqual([])
  })

  it("of git that contacts a remote has a deadline of 30 minutes", () => {
    const patient = operations.filter(
      ({ name, timeout }) =>
        name.startsWith("Git.") && timeout !== undefined && Duration.equals(timeout, Duration.minutes(30))
    )
    expect(patient.map(({ name }) => name).sort()).toEqual(["Git.addRemote", "Git.clone", "Git.pull", "Git.push"])
  })
})
