/** The walk: every path, method, parameter and field of the published spec that is ours to know, held against our operations. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import type * as AST from "effect/SchemaAST"
import type * as Operation from "../../src/internal/Operation.js"
import { operations as regions } from "../../src/services/daytona/Regions.js"
import { operations as sandboxes } from "../../src/services/daytona/SandboxOperations.js"
import { operations as telemetry } from "../../src/services/daytona/SandboxTelemetry.js"
import { operations as secrets } from "../../src/services/daytona/Secrets.js"
import { operations as volumes } from "../../src/services/daytona/Volumes.js"
import { operations as warmPools } from "../../src/services/daytona/WarmPools.js"
import { isPresent, specPath } from "../support/publishedSpec.js"
import { fieldsOf } from "../support/wireShape.js"

const operations: ReadonlyArray<Operation.Any> = [regions, sandboxes, telemetry, secrets, volumes, warmPools].flatMap(
  (service): ReadonlyArray<Operation.Any> => Object.values(service)
)

/** The areas of the spec that these operations are about; the rest of it is for dashboards, runners and administrators. */
const areas = ["/config", "/regions", "/sandbox", "/secret", "/shared-regions", "/volumes", "/warm-pools"]

const file = "daytona-api.json"

interface SpecSchema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, SpecSchema>>
  readonly items?: SpecSchema
  readonly allOf?: ReadonlyArray<SpecSchema>
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: SpecSchema }>>
}

interface SpecOperation {
  readonly deprecated?: boolean
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string }>
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

interface Spec {
  readonly paths: Readonly<Record<string, Readonly<Record<string, SpecOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, SpecSchema>> }
}

/** Every difference between the published spec and us, with the reason. Whatever is not listed here fails the walk. */
const deviations: ReadonlyArray<{
  readonly kind: "only ours" | "only in the spec"
  readonly what: ReadonlyArray<string>
  readonly why: string
}> = [
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
    why: "what a program in a sandbox sends to OpenTelemetry; no SDK offers it"
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
    why: "the server ignores the one, and only counts by the other"
  }
]

const propertiesOf = (spec: Spec, schema: SpecSchema | undefined): Readonly<Record<string, SpecSchema>> => {
  if (schema === undefined) return {}
  if (schema.$ref !== undefined) {
    return propertiesOf(spec, spec.components.schemas[schema.$ref.replace("#/components/schemas/", "")])
  }
  if (schema.items !== undefined) return propertiesOf(spec, schema.items)
  return Object.assign({}, schema.properties, ...(schema.allOf ?? []).map((part) => propertiesOf(spec, part)))
}

const schemaOf = (content: Content | undefined): SpecSchema | undefined =>
  Object.values(content?.content ?? {})[0]?.schema

/** Compares two field trees and tells what only one of them has. */
const differences = (
  spec: Spec,
  at: string,
  published: SpecSchema | undefined,
  ours: AST.AST | undefined,
  depth = 0
): ReadonlyArray<string> => {
  const theirs = propertiesOf(spec, published)
  const fields = ours === undefined ? new Map<string, AST.AST>() : fieldsOf(ours)
  return [...new Set([...Object.keys(theirs), ...fields.keys()])].flatMap((name) => {
    const here = `${at} ${name}`
    if (!(name in theirs)) return [`only ours: ${here}`]
    const field = fields.get(name)
    if (field === undefined) return [`only in the spec: ${here}`]
    const deeper = Object.keys(propertiesOf(spec, theirs[name])).length > 0 && fieldsOf(field).size > 0
    return deeper && depth < 6 ? differences(spec, here, theirs[name], field, depth + 1) : []
  })
}

/** Two templates are the same path whatever their holes are called. */
const keyOf = (method: string, path: string): string => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "{}")}`

const walk = (spec: Spec): ReadonlyArray<string> => {
  const published = new Map(
    Object.entries(spec.paths)
      .filter(([path]) => areas.some((area) => path === area || path.startsWith(`${area}/`)))
      .flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([, { deprecated }]) => deprecated !== true)
          .map(([method, operation]) => [keyOf(method, path), operation] as const)
      )
  )
  const known = new Map(operations.map((operation) => [keyOf(operation.method, operation.path), operation]))
  return [...new Set([...published.keys(), ...known.keys()])].flatMap((key) => {
    const theirs = published.get(key)
    const ours = known.get(key)
    if (theirs === undefined) return [`only ours: ${key}`]
    if (ours === undefined) return [`only in the spec: ${key}`]
    const query: SpecSchema = {
      properties: Object.fromEntries(
        (theirs.parameters ?? []).filter((each) => each.in === "query").map(({ name }) => [name, {}])
      )
    }
    const success = Object.entries(theirs.responses).find(([status]) => status.startsWith("2"))?.[1]
    return [
      ...differences(spec, `${key} query`, query, ours.schemas.query?.ast),
      ...differences(spec, `${key} request`, schemaOf(theirs.requestBody), ours.schemas.body?.ast),
      ...(ours.ignoresBody ? [] : differences(spec, `${key} response`, schemaOf(success), ours.schemas.success.ast))
    ]
  })
}

describe.skipIf(!isPresent(file))("the published spec of Daytona", () => {
  it("differs from our operations only where a reason is given", () => {
    const spec: Spec = JSON.parse(readFileSync(specPath(file), "utf8"))
    const expected = deviations.flatMap(({ kind, what }) => what.map((each) => `${kind}: ${each}`))
    expect([...walk(spec)].sort()).toEqual(expected.sort())
  })
})

describe("an operation", () => {
  it("has a name of its own", () => {
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
  })

  it("that is a POST or PATCH is never repeated after it may have arrived, unless it sets something to a value", () => {
    const repeatable = operations.filter(({ method, repeat }) => /POST|PATCH/.test(method) && repeat === "always")
    expect(repeatable.map(({ name }) => name)).toEqual([
      "Sandboxes.setAutoStop",
      "Sandboxes.setAutoPause",
      "Sandboxes.setAutoArchive",
      "Sandboxes.setAutoDelete",
      "Sandboxes.setTimeToLive",
      "Sandboxes.setPublic",
      "Sandboxes.updateNetworkSettings",
      "Sandboxes.refreshActivity",
      "Sandboxes.expireSignedPreviewUrl",
      "Secrets.update",
      "WarmPools.resize"
    ])
  })

  it("that carries a sandbox, a token or a key never quotes a body", () => {
    const carriesSecret = ({ schemas }: Operation.Any) =>
      [schemas.body, schemas.success].some((schema) => String(schema?.ast).includes("Redacted"))
    expect(operations.filter(carriesSecret).length).toBeGreaterThan(20)
    expect(operations.filter((each) => carriesSecret(each) && !each.secretBody).map(({ name }) => name)).toEqual([])
  })

  it("whose answer the server keeps back waits longer than that", () => {
    const patient = operations.filter(({ timeout }) => timeout !== undefined && Duration.toSeconds(timeout) > 35)
    expect(patient.map(({ name }) => name)).toEqual([
      "Sandboxes.create",
      "Sandboxes.start",
      "Sandboxes.recover",
      "Sandboxes.resize"
    ])
  })
})
