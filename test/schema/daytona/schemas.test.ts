import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { describeParseError } from "../../../src/internal/failure.js"
import { CreateSandboxBody } from "../../../src/schema/daytona/CreateSandbox.js"
import { SecretName } from "../../../src/schema/daytona/Identifiers.js"
import * as Intervals from "../../../src/schema/daytona/Intervals.js"
import { Sandbox } from "../../../src/schema/daytona/Sandbox.js"
import { ListSandboxesQuery, SandboxPageResponse } from "../../../src/schema/daytona/SandboxQuery.js"
import { NetworkSettingsBody, ResizeBody } from "../../../src/schema/daytona/SandboxUpdate.js"
import { wireStruct } from "../../../src/schema/wireStruct.js"

const encode = Schema.encodeEither(CreateSandboxBody)
const decode = Schema.decodeUnknownEither(Sandbox)

/** The field that is refused, and what is said about it. */
const refusal = (body: typeof CreateSandboxBody.Type) =>
  Either.match(encode(body), { onLeft: describeParseError, onRight: () => undefined })

const minimal = {
  id: "8f5b0d5e-0000-4000-8000-000000000001",
  organizationId: "org",
  name: "one",
  user: "daytona",
  target: "us",
  cpu: 1,
  memory: 1,
  disk: 3
}

describe("a wire struct", () => {
  const Thing = wireStruct(
    { a: Schema.String, renamed: Schema.optional(Schema.Number), b: Schema.Boolean },
    { wireNames: { renamed: "was" }, absent: { b: false } }
  )

  it("treats null as absent, fills in defaults and ignores unknown fields", () => {
    expect(Schema.decodeUnknownSync(Thing)({ a: "x", was: null, b: null, more: 1 })).toEqual({ a: "x", b: false })
  })

  it("reads and writes wire names", () => {
    expect(Schema.decodeUnknownSync(Thing)({ a: "x", was: 7, b: true })).toEqual({ a: "x", renamed: 7, b: true })
    expect(Schema.encodeSync(Thing)({ a: "x", renamed: 7, b: true })).toEqual({ a: "x", was: 7, b: true })
  })

  it("omits undefined fields", () => {
    expect(Object.keys(Schema.encodeSync(Thing)({ a: "x", renamed: undefined, b: true }))).toEqual(["a", "b"])
  })

  it.each([null, "text", 3, undefined])("is not %j", (value) => {
    expect(Either.isLeft(Schema.decodeUnknownEither(Thing)(value))).toBe(true)
  })
})

describe("an interval", () => {
  it.each([
    ["15 minutes", 15],
    ["2 hours", 120],
    [Duration.days(30), 43_200],
    ["disabled", 0]
  ] as const)("%s is sent as %d minutes", (value, minutes) => {
    expect(Intervals.AutoStop.toMinutes(value)).toEqual(Either.right(minutes))
  })

  it.each([
    [Intervals.AutoArchive.toMinutes("maximum"), 0],
    [Intervals.AutoDelete.toMinutes("disabled"), -1],
    [Intervals.AutoDelete.toMinutes("on-stop"), 0],
    [Intervals.TimeToLive.toMinutes("disabled"), 0]
  ])("has names for what the wire has numbers for", (sent, minutes) => {
    expect(sent).toEqual(Either.right(minutes))
  })

  it.each(["0 seconds", "30 seconds", "90 seconds", "1500 millis", Duration.infinity, "0 minutes"] as const)(
    "is not %s: it would mean something else than it says",
    (value) => {
      expect(Intervals.AutoDelete.toMinutes(value)).toEqual(
        Either.left('must be whole minutes, at least one, or "disabled" or "on-stop"')
      )
    }
  )

  it("is decoded to a duration or a name", () => {
    const sandbox = Either.getOrThrow(
      decode({
        ...minimal,
        autoStopInterval: 15,
        autoPauseInterval: 0,
        autoArchiveInterval: 10_080,
        autoDeleteInterval: -1
      })
    )
    expect(sandbox.autoStop).toEqual(Duration.minutes(15))
    expect(sandbox.autoPause).toBe("disabled")
    expect(sandbox.autoArchive).toEqual(Duration.days(7))
    expect(sandbox.autoDelete).toBe("disabled")
  })

  it("that is zero deletes on stop", () => {
    expect(Either.getOrThrow(decode({ ...minimal, autoDeleteInterval: 0 })).autoDelete).toBe("on-stop")
    expect(Either.getOrThrow(decode({ ...minimal, autoDeleteInterval: -7 })).autoDelete).toBe("disabled")
  })
})

describe("a sandbox", () => {
  it("is decoded from the few fields of an old server, many of them null", () => {
    const sandbox = Either.getOrThrow(
      decode({ ...minimal, snapshot: null, errorReason: null, runnerId: null, networkAllowList: null, labels: null })
    )
    expect(sandbox).toMatchObject({
      state: "unknown",
      labels: {},
      gpu: 0,
      public: false,
      networkBlockAll: false,
      spot: false
    })
    expect(sandbox).not.toHaveProperty("snapshot")
  })

  it("may be in an unknown state", () => {
    expect(Either.getOrThrow(decode({ ...minimal, state: "teleporting" })).state).toBe("teleporting")
  })

  it("does not show its environment", () => {
    const sandbox = Either.getOrThrow(
      decode({ ...minimal, env: { KEY: "sk-canary" }, outboundProxyUrl: "http://u:pw-canary@p" })
    )
    expect(JSON.stringify(sandbox) + String(sandbox.env)).not.toContain("canary")
    expect(Redacted.value(sandbox.env)).toEqual({ KEY: "sk-canary" })
  })

  it("has lists for comma-separated strings", () => {
    const sandbox = Either.getOrThrow(decode({ ...minimal, networkAllowList: "10.0.0.0/8, 192.168.0.0/16" }))
    expect(sandbox.networkAllowList).toEqual(["10.0.0.0/8", "192.168.0.0/16"])
  })

  it("whose state cannot be read names the field", () => {
    const { field } = Either.getOrThrow(
      Either.flip(Either.mapLeft(decode({ ...minimal, state: 2 }), describeParseError))
    )
    expect(field).toBe("state")
  })

  it("in a list does not need the fields that lists leave out", () => {
    const page = Schema.decodeUnknownSync(SandboxPageResponse)({ items: [minimal], nextCursor: null })
    expect(page.items[0]?.id).toBe(minimal.id)
    expect(page).not.toHaveProperty("nextCursor")
  })
})

describe("a request for a sandbox", () => {
  it("can set everything that the server accepts", () => {
    expect(
      Either.getOrThrow(
        encode({
          env: { A: "1", B: Redacted.make("2") },
          networkAllowList: ["10.0.0.0/8", "192.168.0.0/16"],
          outboundProxyUrl: Redacted.make("http://proxy"),
          autoStop: "disabled",
          autoPause: "1 hour",
          autoArchive: "maximum",
          autoDelete: "1 day",
          ttl: "2 days",
          volumes: [{ volumeId: "data", mountPath: "/data", subpath: "a" }],
          secrets: { TOKEN: SecretName.make("token"), OTHER: SecretName.make("other") },
          buildInfo: { dockerfileContent: "FROM a\n", contextHashes: ["h"] },
          gpuType: ["H100", "H200"],
          cpu: 2,
          memory: 4,
          disk: 10,
          kvm: true
        })
      )
    ).toEqual({
      env: { A: "1", B: "2" },
      networkAllowList: "10.0.0.0/8,192.168.0.0/16",
      outboundProxyUrl: "http://proxy",
      autoStopInterval: 0,
      autoPauseInterval: 60,
      autoArchiveInterval: 0,
      autoDeleteInterval: 1440,
      ttlMinutes: 2880,
      volumes: [{ volumeId: "data", mountPath: "/data", subpath: "a" }],
      secrets: [{ TOKEN: "token" }, { OTHER: "other" }],
      buildInfo: { dockerfileContent: "FROM a\n", contextHashes: ["h"] },
      gpuType: ["H100", "H200"],
      cpu: 2,
      memory: 4,
      disk: 10,
      kvm: true
    })
  })

  it.each([
    ["memory that is meant as MiB", { memory: 4096 }, "memory", "write 4"],
    ["a disk that is meant as MiB", { disk: 10_240 }, "disk", "write 10"],
    ["half a core", { cpu: 0.5 }, "cpu", "integer"],
    ["no memory", { memory: 0 }, "memory", "at least 1"],
    ["seconds where minutes count", { autoStop: "90 seconds" }, "autoStop", "whole minutes"],
    ["both ways to rest", { autoStop: "1 hour", autoPause: "1 hour" }, "autoPause", "autoStop"],
    ["a pause of what is ephemeral", { autoPause: "1 hour", autoDelete: "on-stop" }, "autoPause", "on-stop"]
  ] as const)("is refused for %s", (_, body, field, words) => {
    expect(refusal(body)).toMatchObject({ field })
    expect(refusal(body)?.expected).toContain(words)
  })

  it.each([1, 16, 512, 1023])("may be for %d GiB of memory", (memory) => {
    expect(refusal({ memory })).toBeUndefined()
  })

  it("may disable one of autoStop and autoPause for the other", () => {
    expect(refusal({ autoStop: "disabled", autoPause: "1 hour" })).toBeUndefined()
    expect(refusal({ autoStop: "1 hour", autoPause: "disabled", autoDelete: "on-stop" })).toBeUndefined()
  })
})

describe("a change", () => {
  it.each([ResizeBody, NetworkSettingsBody] as ReadonlyArray<Schema.Schema<object, object>>)(
    "of nothing is refused",
    (schema) => {
      expect(Either.isLeft(Schema.encodeEither(schema)({}))).toBe(true)
    }
  )

  it("can clear a list", () => {
    expect(Schema.encodeSync(NetworkSettingsBody)({ networkAllowList: [] })).toEqual({ networkAllowList: "" })
  })
})

describe("a query for sandboxes", () => {
  it("is sent under wire names, with labels as JSON and dates in ISO 8601", () => {
    expect(
      Schema.encodeSync(ListSandboxesQuery)({
        labels: { a: "b" },
        states: ["started", "stopped"],
        createdAfter: new Date(0),
        lastActivityBefore: "2026-01-02T03:04:05Z",
        limit: 5
      })
    ).toEqual({
      labels: '{"a":"b"}',
      states: ["started", "stopped"],
      createdAtAfter: "1970-01-01T00:00:00.000Z",
      lastEventBefore: "2026-01-02T03:04:05.000Z",
      limit: 5
    })
  })

  it.each([{ limit: 0 }, { limit: 201 }, { createdAfter: "yesterday" }, { minCpu: 0 }])(
    "is refused for %j",
    (query) => {
      expect(Either.isLeft(Schema.encodeEither(ListSandboxesQuery)(query))).toBe(true)
    }
  )
})
