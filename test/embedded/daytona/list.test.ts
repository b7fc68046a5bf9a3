import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Answer, at, del, get, post, server, textAt, verdict } from "./support.js"

const items = ({ json }: Answer): ReadonlyArray<unknown> => {
  const found = at(json, "items")
  return Array.isArray(found) ? found : []
}

const names = (answer: Answer) => items(answer).map((item) => at(item, "name"))
const listed = (query: string) => Effect.map(get(`/sandbox${query}`), names)

const create = (name: string, more: object = {}) =>
  Effect.zipRight(TestClock.adjust("1 second"), post("/sandbox", { name, ...more }))

const build = (memory: number) => ({ buildInfo: { dockerfileContent: "FROM alpine:3.20\n" }, memory })

const five = Effect.gen(function* () {
  yield* create("alpha", { labels: { team: "a", tier: "1" }, public: true })
  yield* create("Beta", { labels: { team: "a" }, target: "eu" })
  yield* create("gamma", build(4))
  yield* create("delta", { snapshot: "daytona-vm" })
  yield* create("epsilon", { ttlMinutes: 5 })
  yield* post("/sandbox/Beta/stop")
})

const json = (value: unknown) => encodeURIComponent(JSON.stringify(value))

describe("the list", () => {
  it.effect("is sorted by last activity, latest first, by default", () =>
    Effect.gen(function* () {
      yield* five
      yield* TestClock.adjust("1 second")
      yield* post(`/sandbox/${textAt((yield* get("/sandbox/alpha")).json, "id")}/last-activity`)
      expect((yield* listed(""))[0]).toBe("alpha")
      expect(yield* listed("?sort=createdAt&order=asc")).toEqual(["alpha", "Beta", "gamma", "delta", "epsilon"])
      expect(yield* listed("?sort=memoryGib&limit=1")).toEqual(["gamma"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("filters", () =>
    Effect.gen(function* () {
      yield* five
      const id = textAt((yield* get("/sandbox/alpha")).json, "id")
      const filters: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        ["name=BE", ["Beta"]],
        [`id=${id.slice(0, 13).toUpperCase()}`, ["alpha"]],
        [`labels=${json({ team: "a" })}`, ["alpha", "Beta"]],
        [`labels=${json({ team: "a", tier: "1" })}`, ["alpha"]],
        ["states=stopped", ["Beta"]],
        ["states=stopped&states=starting", ["Beta"]],
        ["snapshots=daytona-vm", ["delta"]],
        ["regionIds=eu", ["Beta"]],
        ["sandboxClasses=linux-vm", ["delta"]],
        ["minMemoryGiB=2", ["gamma"]],
        ["maxMemoryGiB=1&maxCpu=1&isPublic=false&states=started", ["delta", "epsilon"]],
        ["isPublic=true", ["alpha"]],
        ["createdAtBefore=1970-01-01T00:00:01.500Z", ["alpha"]],
        ["autoDestroyAtBefore=1970-01-02T00:00:00Z&autoDestroyAtAfter=1970-01-01T00:00:00Z", ["epsilon"]]
      ]
      const found = yield* Effect.forEach(filters, ([query]) => listed(`?sort=createdAt&order=asc&${query}`))
      expect(found).toEqual(filters.map(([, expected]) => expected))
    }).pipe(Effect.provide(server()))
  )

  it.effect("refuses invalid queries", () =>
    Effect.gen(function* () {
      const queries: ReadonlyArray<readonly [string, string]> = [
        ["labels=%7Bbad", "Invalid labels JSON format"],
        ["cursor=nonsense", "Invalid cursor provided: cursor does not decode to a position"],
        ["limit=0", "limit must not be less than 1"],
        ["limit=201", "limit must not be greater than 200"],
        ["minCpu=0&order=up", "order must be one of the following values: asc, desc, minCpu must not be less than 1"]
      ]
      const answers = yield* Effect.forEach(queries, ([query]) => Effect.map(get(`/sandbox?${query}`), verdict))
      expect(answers).toEqual(queries.map(([, message]) => [400, message]))
      const [status, message] = verdict(yield* get("/sandbox?states=destroyed"))
      expect([status, String(message).slice(0, 59)]).toEqual([
        400,
        "each value in states must be one of the following values: c"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("has pages with each item once, even when sandboxes are created meanwhile", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) => post("/sandbox", { name }))
      const page = (cursor: string) => get(`/sandbox?sort=name&order=asc&limit=2${cursor}`)
      const pages = yield* Stream.runCollect(
        Stream.paginateEffect("", (cursor) =>
          Effect.gen(function* () {
            const answer = yield* page(cursor)
            yield* post("/sandbox", { name: `a${cursor.length}` })
            const next = at(answer.json, "nextCursor")
            const rest = next === null ? Option.none() : Option.some(`&cursor=${encodeURIComponent(String(next))}`)
            return [names(answer), rest] as const
          })
        )
      )
      expect([...pages]).toEqual([["a", "b"], ["c", "d"], ["e"]])
    }).pipe(Effect.provide(server()))
  )

  it.effect("omits environments, volumes and deleted sandboxes", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", env: { A: "1" } })
      const [item] = items(yield* get("/sandbox"))
      expect(at(item, "name")).toBe("box")
      expect([at(item, "env"), at(item, "volumes"), at(item, "networkBlockAll")]).toEqual([undefined, undefined, false])
      yield* del("/sandbox/box")
      expect(yield* listed("")).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("lags if configured to", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      expect(yield* listed("")).toEqual([])
      yield* TestClock.adjust("3 seconds")
      expect(yield* listed("")).toEqual(["box"])
      yield* post("/sandbox/box/stop")
      expect(yield* listed("?states=started")).toEqual(["box"])
      yield* TestClock.adjust("3 seconds")
      expect(yield* listed("?states=started")).toEqual([])
      yield* del("/sandbox/box")
      expect(yield* listed("")).toEqual(["box"])
      yield* TestClock.adjust("3 seconds")
      expect(yield* listed("")).toEqual([])
    }).pipe(Effect.provide(server({ staleness: { list: "3 seconds" } })))
  )

  it.effect("has numbered pages of complete sandboxes for older clients", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["a", "b", "c"], (name) => post("/sandbox", { name }))
      const answer = yield* get("/sandbox/paginated?sort=name&order=asc&page=2&limit=2")
      expect(answer.json).toMatchObject({ total: 3, page: 2, totalPages: 2, items: [{ name: "c", env: {} }] })
    }).pipe(Effect.provide(server()))
  )

  it.effect("shows an organization only its own sandboxes", () =>
    Effect.gen(function* () {
      const as = (organization: string) => ({ "x-daytona-organization-id": organization })
      yield* post("/sandbox", { name: "box" }, as("one"))
      expect(items(yield* get("/sandbox", as("two")))).toEqual([])
      expect((yield* get("/sandbox/box", as("two"))).status).toBe(404)
      expect((yield* get("/sandbox/box", as("one"))).status).toBe(200)
    }).pipe(Effect.provide(server({ organizations: [{ id: "one" }, { id: "two" }] })))
  )
})
