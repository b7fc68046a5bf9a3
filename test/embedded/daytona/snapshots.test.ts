import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { at, base, del, get, post, server, stateOf, textAt, verdict } from "./support.js"

const minutely = server({ durations: "1 minute" })

const plain = { name: "plain", imageName: "ubuntu:22.04" }
const built = { name: "built", buildInfo: { dockerfileContent: 'FROM a:1\nENTRYPOINT ["run", "me"]\n' } }

/** The states of a snapshot, minute by minute. */
const course = (name: string, minutes: number) =>
  Effect.map(
    Effect.replicateEffect(
      Effect.tap(Effect.map(get(`/snapshots/${name}`), stateOf), () => TestClock.adjust("1 minute")),
      minutes
    ),
    (states) => states.filter((state, index) => state !== states[index - 1])
  )

const fails = (during: "pullSnapshot" | "buildSnapshot", reason: string) =>
  Effect.flatMap(EmbeddedDaytona, ({ outcomes }) => outcomes.inject({ during, outcome: Outcome.fail(reason) }))

describe("a snapshot of an image", () => {
  it.effect("is pulled", () =>
    Effect.gen(function* () {
      const answer = yield* post("/snapshots", { ...plain, memory: 2 })
      expect(answer.status).toBe(200)
      expect(answer.json).toMatchObject({
        general: false,
        name: "plain",
        imageName: "ubuntu:22.04",
        state: "pending",
        size: null,
        entrypoint: null,
        cpu: 1,
        mem: 2,
        disk: 3,
        errorReason: null,
        lastUsedAt: null,
        sourceSandboxId: null
      })
      expect(yield* course("plain", 4)).toEqual(["pending", "pulling", "active"])
      expect(at((yield* get("/snapshots/plain")).json, "size")).toBe(1.2)
    }).pipe(Effect.provide(minutely))
  )

  it.effect("fails if it cannot be pulled", () =>
    Effect.gen(function* () {
      yield* fails("pullSnapshot", "manifest unknown")
      yield* post("/snapshots", plain)
      expect((yield* get("/snapshots/plain")).json).toMatchObject({ state: "error", errorReason: "manifest unknown" })
      expect(verdict(yield* post("/sandbox", { snapshot: "plain" }))).toEqual([400, "Snapshot plain is error"])
    }).pipe(Effect.provide(server()))
  )
})

describe("a built snapshot", () => {
  it.effect("has the entrypoint of its Dockerfile, and is built only once", () =>
    Effect.gen(function* () {
      const answer = yield* post("/snapshots", built)
      expect(at(answer.json, "entrypoint")).toEqual(["run", "me"])
      expect(yield* course("built", 4)).toEqual(["pending", "building", "active"])
      const again = yield* post("/snapshots", { ...built, name: "again" })
      expect([stateOf(again), at(again.json, "ref")]).toEqual([
        "active",
        at((yield* get("/snapshots/built")).json, "ref")
      ])
      expect(at(answer.json, "ref")).toBe(null)
      const idle = yield* post("/snapshots", { name: "idle", buildInfo: { dockerfileContent: "FROM a:1" } })
      expect(at(idle.json, "entrypoint")).toEqual(["sleep", "infinity"])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("fails as a build or as a timeout", () =>
    Effect.gen(function* () {
      yield* fails("buildSnapshot", "exit code: 1")
      yield* post("/snapshots", built)
      expect((yield* get("/snapshots/built")).json).toMatchObject({
        state: "build_failed",
        errorReason: "exit code: 1"
      })
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "buildSnapshot", outcome: Outcome.takes("3 hours") })
      yield* post("/snapshots", { ...built, name: "slow" })
      yield* TestClock.adjust("60 minutes")
      expect((yield* get("/snapshots/slow")).json).toMatchObject({
        state: "error",
        errorReason: "Timeout processing snapshot on initial runner"
      })
    }).pipe(Effect.provide(server()))
  )
})

describe("a request for a snapshot", () => {
  it.effect("is validated", () =>
    Effect.gen(function* () {
      yield* post("/snapshots", plain)
      const needsTag = "Image name must include a tag (e.g., ubuntu:22.04) or digest (@sha256:...)"
      const cases: ReadonlyArray<readonly [object, number, string]> = [
        [{}, 400, "name should not be empty, name must be a string"],
        [
          { ...plain, name: "a/b/" },
          400,
          "Invalid snapshot name format. May contain letters, digits, dots, colons, and dashes"
        ],
        [{ name: "a" }, 400, "Must specify an image name when not using a build info entry"],
        [{ name: "a", imageName: "ubuntu" }, 400, needsTag],
        [{ name: "a", imageName: "registry:5000/ubuntu" }, 400, needsTag],
        [{ name: "a", imageName: "ubuntu:latest" }, 400, 'Images with tag ":latest" are not allowed'],
        [{ ...built, imageName: "a:1" }, 400, "Cannot specify an image name when using a build info entry"],
        [{ ...built, entrypoint: ["x"] }, 400, "Cannot specify an entrypoint when using a build info entry"],
        [{ ...plain, gpu: 2, name: "a" }, 400, "gpu must not be greater than 1"],
        [{ ...plain, regionId: "moon", name: "a" }, 404, "Region not found"],
        [plain, 409, 'Snapshot with name "plain" already exists for this organization']
      ]
      const answers = yield* Effect.forEach(cases, ([body]) => Effect.map(post("/snapshots", body), verdict))
      expect(answers).toEqual(cases.map(([, status, message]) => [status, message]))
      const digest = `ubuntu@sha256:${"a".repeat(64)}`
      expect((yield* post("/snapshots", { name: "digest", imageName: digest })).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("is limited by a quota", () =>
    Effect.gen(function* () {
      yield* post("/snapshots", plain)
      expect(verdict(yield* post("/snapshots", { ...plain, name: "b" }))).toEqual([
        400,
        "Snapshot quota exceeded. Maximum allowed: 1"
      ])
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", quotas: { snapshots: 1 } }] })))
  )
})

describe("snapshots", () => {
  it.effect("are listed in pages, the organization's own first", () =>
    Effect.gen(function* () {
      yield* post("/snapshots", plain)
      const names = ({ json }: { readonly json: unknown }) =>
        [0, 1, 2].map((index) => at(json, "items", index, "name")).filter((name) => name !== undefined)
      const first = yield* get("/snapshots?limit=2&sort=name&order=asc")
      expect(first.json).toMatchObject({ total: 5, page: 1, totalPages: 3 })
      expect(names(first)).toEqual(["plain", "daytona-large"])
      expect(names(yield* get("/snapshots?name=LAR"))).toEqual(["daytona-large"])
      expect((yield* get("/snapshots?limit=0")).status).toBe(400)
    }).pipe(Effect.provide(server()))
  )

  it.effect("are deleted by id, and general ones not at all", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/snapshots", plain)).json, "id")
      yield* TestClock.adjust("3 minutes")
      const general = textAt((yield* get("/snapshots/daytona-small")).json, "id")
      expect(verdict(yield* del("/snapshots/plain"))).toEqual([400, "Validation failed (uuid is expected)"])
      expect((yield* del("/snapshots/unknown")).status).toBe(404)
      expect((yield* del(`/snapshots/${general}`)).status).toBe(404)
      const removed = yield* del(`/snapshots/${id}`)
      expect([removed.status, removed.text]).toEqual([200, ""])
      expect(stateOf(yield* get("/snapshots/plain"))).toBe("removing")
      yield* TestClock.adjust("1 minute")
      expect((yield* get("/snapshots/plain")).status).toBe(404)
    }).pipe(Effect.provide(minutely))
  )

  it.effect("are deactivated, and can be activated again after a while", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/snapshots", plain)).json, "id")
      const activate = Effect.map(post(`/snapshots/${id}/activate`), verdict)
      expect(yield* activate).toEqual([400, `Snapshot ${id} is already active`])
      expect((yield* post(`/snapshots/${id}/deactivate`)).status).toBe(204)
      expect((yield* post(`/snapshots/${id}/deactivate`)).status).toBe(204)
      expect(yield* activate).toEqual([
        400,
        "Snapshot deactivation is still in progress. Please try again in a few minutes."
      ])
      yield* TestClock.adjust("10 minutes")
      expect(yield* activate).toEqual([200, undefined])
      expect(stateOf(yield* get("/snapshots/plain"))).toBe("active")
      yield* fails("pullSnapshot", "gone")
      const broken = textAt((yield* post("/snapshots", { ...plain, name: "broken" })).json, "id")
      expect(verdict(yield* post(`/snapshots/${broken}/activate`))).toEqual([
        400,
        `Snapshot ${broken} cannot be activated - it is in error state`
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("of a sandbox appear when they are complete", () =>
    Effect.gen(function* () {
      const request = yield* Effect.fork(post("/sandbox", { name: "box" }))
      yield* TestClock.adjust("4 minutes")
      yield* Fiber.join(request)
      const answer = yield* post("/sandbox/box/snapshot", { name: "mine" })
      expect([answer.status, stateOf(answer)]).toEqual([200, "snapshotting"])
      expect((yield* get("/snapshots/mine")).status).toBe(404)
      yield* TestClock.adjust("1 minute")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("started")
      const id = at((yield* get("/sandbox/box")).json, "id")
      expect((yield* get("/snapshots/mine")).json).toMatchObject({ state: "active", sourceSandboxId: id })
      expect(at((yield* get(`/snapshots?sourceSandboxId=${id}`)).json, "total")).toBe(1)
      // A name that is taken is accepted, and the new snapshot is dropped.
      expect((yield* post("/sandbox/box/snapshot", { name: "mine" })).status).toBe(200)
      yield* TestClock.adjust("1 minute")
      expect(at((yield* get(`/snapshots?sourceSandboxId=${id}`)).json, "total")).toBe(1)
    }).pipe(Effect.provide(minutely))
  )
})

describe("build logs", () => {
  const follow = (url: string) =>
    Effect.map(HttpClient.get(`${url}?follow=true`), (response) => Stream.decodeText(response.stream)).pipe(
      Stream.unwrap,
      Stream.runFold("", (text, part) => text + part)
    )

  it.effect("have a URL once a build has started, and end a second after the image exists", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/snapshots", built)).json, "id")
      const asked = yield* Effect.fork(get(`/snapshots/${id}/build-logs-url`))
      yield* TestClock.adjust("10 seconds")
      const url = textAt((yield* Fiber.join(asked)).json, "url")
      expect(url).toBe(`${base}/proxy/snapshots/${id}/build-logs`)
      const reading = yield* Effect.fork(follow(url))
      yield* TestClock.adjust("55 seconds")
      expect(Option.isNone(yield* Fiber.poll(reading))).toBe(true)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(reading)).toBe(
        [
          "#1 [internal] load build definition from Dockerfile",
          "#1 DONE 0.0s",
          "#2 [1/2] FROM a:1",
          "#2 DONE 0.1s",
          '#3 [2/2] ENTRYPOINT ["run", "me"]',
          "#3 DONE 0.1s",
          "#4 exporting to image",
          "Built image successfully",
          ""
        ].join("\n")
      )
    }).pipe(Effect.provide(server({ durations: { pickUp: "5 seconds", buildSnapshot: "1 minute" } })))
  )

  it.effect("never end when the build has failed", () =>
    Effect.gen(function* () {
      yield* fails("buildSnapshot", "exit code: 1")
      const id = textAt((yield* post("/snapshots", built)).json, "id")
      const url = `${base}/proxy/snapshots/${id}/build-logs`
      const reading = yield* Effect.fork(follow(url))
      yield* TestClock.adjust("1 hour")
      expect(Option.isNone(yield* Fiber.poll(reading))).toBe(true)
      yield* Fiber.interrupt(reading)
      const whole = yield* Effect.flatMap(HttpClient.get(url), ({ text }) => text)
      expect(whole).toContain("ERROR: exit code: 1\n")
    }).pipe(Effect.provide(server()))
  )

  it.effect("do not exist before a build, nor for an image", () =>
    Effect.gen(function* () {
      const pulled = textAt((yield* post("/snapshots", plain)).json, "id")
      expect(verdict(yield* get(`/snapshots/${pulled}/build-logs-url`))).toEqual([
        404,
        `Snapshot ${pulled} has no build info`
      ])
      const id = textAt((yield* post("/snapshots", built)).json, "id")
      const asked = yield* Effect.fork(get(`/snapshots/${id}/build-logs-url`))
      yield* TestClock.adjust("30 seconds")
      expect(verdict(yield* Fiber.join(asked))).toEqual([
        404,
        `Timeout waiting for build runner assignment for snapshot ${id}`
      ])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("of a sandbox never end, even after a success", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", buildInfo: { dockerfileContent: "FROM a:1\n" } })
      const url = textAt((yield* get("/sandbox/box/build-logs-url")).json, "url")
      expect(url).toMatch(/^http:\/\/daytona\.test\/proxy\/sandboxes\/[0-9a-f-]+\/build-logs$/)
      const reading = yield* Effect.fork(follow(url))
      yield* TestClock.adjust("1 hour")
      expect(Option.isNone(yield* Fiber.poll(reading))).toBe(true)
      yield* Fiber.interrupt(reading)
      expect((yield* get("/sandbox/box/build-logs")).text).toContain("Built image successfully\n")
    }).pipe(Effect.provide(server()))
  )
})
