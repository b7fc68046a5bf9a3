import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Configuration } from "../../../src/schema/daytona/Configuration.js"
import { Region, RegionList } from "../../../src/schema/daytona/Region.js"
import { Sandbox, SandboxListItem } from "../../../src/schema/daytona/Sandbox.js"
import { PreviewLink, SignedPreviewUrl, SshAccess } from "../../../src/schema/daytona/SandboxAccess.js"
import { SandboxList, SandboxPageResponse } from "../../../src/schema/daytona/SandboxQuery.js"
import { Secret, SecretPageResponse } from "../../../src/schema/daytona/Secret.js"
import { Snapshot, SnapshotPage } from "../../../src/schema/daytona/Snapshot.js"
import { Volume, VolumeList } from "../../../src/schema/daytona/Volume.js"
import { WarmPool, WarmPoolList } from "../../../src/schema/daytona/WarmPool.js"
import { decoderOf } from "../../../src/schema/wireStruct.js"

type Decode = (wire: unknown) => Either.Either<unknown, unknown>

/** The short way, and the schema itself. */
const ways = <A, I>(schema: Schema.Schema<A, I>): readonly [short: Decode, whole: Decode] => [
  decoderOf(schema),
  Schema.decodeUnknownEither(schema)
]

/** What only the essential fields are enough for, and the other fields that the server may send in any form. */
const things: Readonly<
  Record<string, readonly [decoders: ReturnType<typeof ways>, essential: object, fields: ReadonlyArray<string>]>
> = {
  sandbox: [
    ways(Sandbox),
    { id: "s", state: "started" },
    ["name", "organizationId", "target", "user", "env", "labels", "cpu", "memory", "public", "volumes", "buildInfo"]
  ],
  "sandbox of a list": [
    ways(SandboxListItem),
    { id: "s", state: "started" },
    ["name", "labels", "cpu", "errorReason", "recoverable", "autoStopInterval", "createdAt", "networkAllowList"]
  ],
  snapshot: [
    ways(Snapshot),
    { id: "s", state: "active" },
    ["name", "mem", "size", "entrypoint", "regionIds", "general"]
  ],
  volume: [
    ways(Volume),
    { id: "v", state: "ready" },
    ["name", "organizationId", "errorReason", "createdAt", "lastUsedAt"]
  ],
  secret: [ways(Secret), { id: "s" }, ["name", "placeholder", "hosts", "description", "createdAt"]],
  "warm pool": [ways(WarmPool), { id: "w" }, ["snapshot", "pool", "currentSize", "env", "mem", "errorReason"]],
  region: [ways(Region), { id: "us" }, ["name", "regionType", "proxyUrl", "createdAt"]],
  preview: [ways(PreviewLink), { url: "http://p", token: "t" }, ["sandboxId"]],
  "signed preview": [ways(SignedPreviewUrl), { url: "http://p", token: "t" }, ["sandboxId", "port"]],
  "SSH access": [ways(SshAccess), { token: "t", sshCommand: "ssh t@h" }, ["id", "sandboxId", "expiresAt"]],
  configuration: [ways(Configuration), {}, ["version", "dashboardUrl", "maxAutoArchiveInterval", "maintananceMode"]]
}

const anything = FastCheck.jsonValue()

/** Some of these fields, with values of any kind. */
const odd = (fields: ReadonlyArray<string>) =>
  FastCheck.array(FastCheck.tuple(FastCheck.constantFrom(...fields), anything)).map((some) => Object.fromEntries(some))

describe("a value from the server", () => {
  it.each(Object.entries(things))(
    "of the kind %s is read whatever its other fields are",
    (_, [[fast, slow], essential, fields]) => {
      FastCheck.assert(
        FastCheck.property(odd(fields), (decorations) => {
          const wire = { ...decorations, ...essential }
          const read = fast(wire)
          expect(Either.isRight(read)).toBe(true)
          // The short way and the schema agree, also on what was odd.
          expect(slow(wire)).toEqual(read)
        })
      )
    }
  )

  it("has the essential fields as they were sent, and names what was odd", () => {
    const read = Schema.decodeUnknownSync(Sandbox)({
      id: "s",
      state: "stopped",
      cpu: "2",
      errorReason: {},
      name: "box"
    })
    expect(read).toMatchObject({ id: "s", state: "stopped", name: "box", cpu: 0, unreadable: ["errorReason", "cpu"] })
    expect(read).not.toHaveProperty("errorReason")
    expect(Schema.decodeUnknownSync(Sandbox)({ id: "s", state: "stopped" })).not.toHaveProperty("unreadable")
  })

  it.each([{ state: "started" }, { id: 5, state: "started" }, { id: "s", state: {} }])("is not %j", (wire) => {
    expect(Either.isLeft(decoderOf(Sandbox)(wire))).toBe(true)
    expect(Either.isLeft(Schema.decodeUnknownEither(Sandbox)(wire))).toBe(true)
  })

  it("has labels and an environment of texts, whatever was stored", () => {
    const values = { text: "a", number: 5, nothing: null, list: [1], object: { a: "b" } }
    const texts = { text: "a", number: "5", nothing: "null", list: "[1]", object: '{"a":"b"}' }
    const read = Schema.decodeUnknownSync(Sandbox)({ id: "s", state: "started", labels: values, env: values })
    expect(read.labels).toEqual(texts)
    expect(Redacted.value(read.env)).toEqual(texts)
    expect(read).not.toHaveProperty("unreadable")
  })

  it("with labels nested too deeply has none", () => {
    const deep = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`)
    const read = Schema.decodeUnknownSync(Sandbox)({ id: "s", state: "started", labels: { deep } })
    expect(read).toMatchObject({ labels: {}, unreadable: ["labels"] })
  })
})

const lists: Readonly<Record<string, readonly [decoders: ReturnType<typeof ways>, inPage: boolean, element: object]>> =
  {
    "a list of sandboxes": [ways(SandboxList), false, { id: "s", state: "started" }],
    "a page of sandboxes": [ways(SandboxPageResponse), true, { id: "s", state: "started" }],
    "a page of snapshots": [ways(SnapshotPage), true, { id: "s", state: "active" }],
    "a list of volumes": [ways(VolumeList), false, { id: "v", state: "ready" }],
    "a page of secrets": [ways(SecretPageResponse), true, { id: "s" }],
    "a list of warm pools": [ways(WarmPoolList), false, { id: "w" }],
    "a list of regions": [ways(RegionList), false, { id: "us" }]
  }

describe("a list from the server", () => {
  it.each(Object.entries(lists))(
    "%s has every readable element, whatever is between them",
    (_, [decoders, inPage, one]) => {
      const wireOf = (elements: ReadonlyArray<unknown>) =>
        inPage ? { items: elements, total: 1, page: 1, totalPages: 1 } : elements
      const idsOf = (read: unknown): unknown =>
        JSON.parse(JSON.stringify(inPage ? Reflect.get(Object(read), "items") : read)).map((each: object) =>
          Reflect.get(each, "id")
        )
      FastCheck.assert(
        FastCheck.property(
          FastCheck.array(FastCheck.oneof(FastCheck.constant(undefined), anything), { maxLength: 8 }),
          FastCheck.nat(8),
          (others, position) => {
            // None of the others has an id.
            const strangers = others.map((value) => value ?? { id: 7 })
            const elements = [
              ...strangers.slice(0, position),
              { ...one, id: "first" },
              ...strangers.slice(position),
              { ...one, id: "last" }
            ]
            for (const decode of decoders) {
              expect(idsOf(Either.getOrThrow(decode(wireOf(elements))))).toEqual(["first", "last"])
            }
          }
        )
      )
      for (const decode of decoders) expect(idsOf(Either.getOrThrow(decode(wireOf([]))))).toEqual([])
    }
  )

  it.each(Object.entries(lists))("%s of which nothing can be read is something else", (_, [decoders, inPage]) => {
    const wire = inPage ? { items: [{ a: 1 }], total: 1, page: 1, totalPages: 1 } : [{ a: 1 }]
    for (const decode of decoders) expect(Either.isLeft(decode(wire))).toBe(true)
  })
})
