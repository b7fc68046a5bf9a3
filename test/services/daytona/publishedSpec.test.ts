/** Compares our operations with the published spec: every path, method, parameter and field in our areas. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import type * as Operation from "../../../src/internal/Operation.js"
import { operationsUnder } from "../../support/operations.js"
import { type Deviation, expectedOf, isPresent, load, walk } from "../../support/publishedSpec.js"

/** Without object storage, which is S3, and the toolbox, which has a spec of its own. */
const operations = (await operationsUnder("daytona")).flatMap(({ operation, source }) =>
  /^daytona\/(toolbox|objectStorage)\//.test(source) ? [] : operation
)

/** The areas of the spec that we cover; the others are for dashboards, runners and administrators. */
const areas = ["/config", "/regions", "/sandbox", "/secret", "/shared-regions", "/snapshots", "/volumes", "/warm-pools"]

const isOurs = (path: string): boolean => areas.some((area) => path === area || path.startsWith(`${area}/`))

const file = "daytona-api.json"

/** Every known difference from the published spec, with the reason. Any other difference fails the test. */
const deviations: ReadonlyArray<Deviation> = [
  {
    kind: "only in the spec",
    what: [
      "GET /sandbox/for-runner",
      "GET /sandbox/{}/organization",
      "GET /sandbox/{}/region-quota",
      "GET /sandbox/{}/secrets",
      "PUT /sandbox/{}/state"
    ],
    why: "for runners and gateways, with credentials of their own"
  },
  {
    kind: "only in the spec",
    what: [
      "DELETE /regions/{}",
      "PATCH /regions/{}",
      "POST /regions",
      "POST /regions/{}/regenerate-proxy-api-key",
      "POST /regions/{}/regenerate-snapshot-manager-credentials",
      "POST /regions/{}/regenerate-ssh-gateway-api-key"
    ],
    why: "the administration of regions, which no SDK offers"
  },
  {
    kind: "only in the spec",
    what: ["GET /sandbox/{}/telemetry/logs", "GET /sandbox/{}/telemetry/traces", "GET /sandbox/{}/telemetry/traces/{}"],
    why: "the OpenTelemetry data of programs in a sandbox, which no SDK offers"
  },
  {
    kind: "only in the spec",
    what: [
      "announcements",
      "billingApiUrl",
      "buildSha",
      "forcedFeatureFlags",
      "linkedAccountsEnabled",
      "oidc",
      "posthog",
      "pylonAppId",
      "rateLimit",
      "ssoOidc",
      "stripePublishableKey"
    ].map((field) => `GET /config response ${field}`),
    why: "for the dashboard"
  },
  {
    kind: "only in the spec",
    what: ["GET /sandbox/{} query verbose", "POST /sandbox/{}/last-activity request activityType"],
    why: "the server ignores the former, and only uses the latter for statistics"
  },
  {
    kind: "only ours",
    what: [
      "POST /sandbox request",
      ...[
        "DELETE /sandbox/{}",
        "GET /sandbox/{}",
        "GET /sandbox/{}/ancestors",
        "GET /sandbox/{}/forks",
        "GET /sandbox/{}/parent",
        "POST /sandbox",
        "POST /sandbox/{}/archive",
        "POST /sandbox/{}/autoarchive/{}",
        "POST /sandbox/{}/autodelete/{}",
        "POST /sandbox/{}/autopause/{}",
        "POST /sandbox/{}/autostop/{}",
        "POST /sandbox/{}/fork",
        "POST /sandbox/{}/network-settings",
        "POST /sandbox/{}/pause",
        "POST /sandbox/{}/public/{}",
        "POST /sandbox/{}/recover",
        "POST /sandbox/{}/resize",
        "POST /sandbox/{}/snapshot",
        "POST /sandbox/{}/start",
        "POST /sandbox/{}/stop",
        "POST /sandbox/{}/ttl/{}",
        "PUT /sandbox/{}/secrets"
      ].map((endpoint) => `${endpoint} response`)
    ].map((body) => `${body} kvm`),
    why: "newer than our copy of the spec: the official TypeScript SDK 0.218.0 sends it and reads it"
  }
]

describe.skipIf(!isPresent(file))("the published spec of Daytona", () => {
  it("differs from our operations only as listed", () => {
    expect([...walk(load(file), operations, { isOurs })].sort()).toEqual(expectedOf(deviations))
  })
})

describe("an operation", () => {
  it("has a unique name", () => {
    expect(operations.length).toBeGreaterThan(55)
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
  })

  it("that is a POST or PATCH is never retried after it may have arrived, unless it sets a value", () => {
    const repeatable = operations.filter(({ method, retry }) => /POST|PATCH/.test(method) && retry === "always")
    expect(repeatable.map(({ name }) => name).sort()).toEqual([
      "Sandboxes.expireSignedPreviewUrl",
      "Sandboxes.refreshActivity",
      "Sandboxes.setAutoArchive",
      "Sandboxes.setAutoDelete",
      "Sandboxes.setAutoPause",
      "Sandboxes.setAutoStop",
      "Sandboxes.setPublic",
      "Sandboxes.setTimeToLive",
      "Sandboxes.updateNetworkSettings",
      "Secrets.update",
      "Snapshots.deactivate",
      "WarmPools.resize"
    ])
  })

  it("that carries a sandbox, a token or a key never quotes a body", () => {
    const carriesSecret = ({ schemas }: Operation.Any) =>
      [schemas.body, schemas.success].some((schema) => String(schema?.ast).includes("Redacted"))
    expect(operations.filter(carriesSecret).length).toBeGreaterThan(20)
    expect(operations.filter((each) => carriesSecret(each) && !each.secretBody).map(({ name }) => name)).toEqual([])
  })

  it("that the server holds open has a longer timeout than the server", () => {
    const patient = operations.filter(({ timeout }) => timeout !== undefined && Duration.toSeconds(timeout) > 35)
    expect(patient.map(({ name }) => name)).toEqual([
      "Sandboxes.create",
      "Sandboxes.start",
      "Sandboxes.recover",
      "Sandboxes.resize",
      "Snapshots.buildLogsUrl"
    ])
  })
})
