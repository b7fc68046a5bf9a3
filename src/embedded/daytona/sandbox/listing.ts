/** Filters, sorts and pages the list of sandboxes. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { badRequest, type HttpError } from "../http/HttpError.js"
import * as QueryParameters from "../http/QueryParameters.js"
import { like } from "./like.js"
import { isVisible, type Sandbox } from "./Sandbox.js"
import { listedState, sandboxStates } from "./state.js"

/** A page of sandboxes and the cursor of the next one. */
export interface Page {
  readonly items: ReadonlyArray<Sandbox>
  readonly nextCursor: string | null
}

/** The query of a list request. */
export interface ListRequest {
  readonly cursor: Position | typeof nowhere | undefined
  readonly limit: number
  readonly sort: SortField
  readonly order: "asc" | "desc"
  readonly matches: (sandbox: Sandbox) => boolean
}

type SortField =
  | "name"
  | "cpu"
  | "memoryGib"
  | "diskGib"
  | "lastActivityAt"
  | "createdAt"
  | "id"
  | "state"
  | "snapshot"
  | "region"
  | "updatedAt"

/** The position of a cursor that names none: nothing comes after it. */
const nowhere = "nowhere"

interface Position {
  readonly sortValue: string | number
  readonly id: string
}

const sortFields: ReadonlyArray<SortField> = ["name", "cpu", "memoryGib", "diskGib", "lastActivityAt", "createdAt"]
const pagedSortFields: ReadonlyArray<SortField> = [
  "id",
  "name",
  "state",
  "snapshot",
  "region",
  "updatedAt",
  "createdAt",
  "lastActivityAt"
]
const orders: ReadonlyArray<"asc" | "desc"> = ["asc", "desc"]
const classes: ReadonlyArray<Sandbox["sandboxClass"]> = ["linux-vm", "container", "android", "windows"]
const filterableStates = sandboxStates.filter((state) => state !== "destroyed")

/** How a list can be sorted. */
export interface Sorting {
  readonly fields: ReadonlyArray<SortField>
  readonly byDefault: SortField
}

/** `GET /sandbox` */
export const searched: Sorting = { fields: sortFields, byDefault: "lastActivityAt" }
/** `GET /sandbox/paginated`, which asks the database instead of the search index. */
export const paged: Sorting = { fields: pagedSortFields, byDefault: "createdAt" }

/** Reads the query of a list. */
export const read = (
  query: URLSearchParams,
  generation: "current" | "0.190",
  sorting: Sorting
): Effect.Effect<ListRequest, HttpError> =>
  Effect.gen(function* () {
    const values = QueryParameters.make(query)
    const range = (low: string, high: string, read: (name: string) => number | undefined) => {
      const least = read(low) ?? Number.NEGATIVE_INFINITY
      const most = read(high) ?? Number.POSITIVE_INFINITY
      return (value: number) => value >= least && value <= most
    }
    const count = (name: string) => values.integer(name, { least: 1 })
    const prefix = (name: string) => {
      const wanted = values.text(name)?.toLowerCase()
      const pattern = wanted === undefined ? undefined : like(`${wanted}%`)
      return (value: string) => pattern === undefined || pattern(value.toLowerCase())
    }
    const oneOf = (wanted: ReadonlyArray<string> | undefined) => (value: string | null) =>
      wanted === undefined || (value !== null && wanted.includes(value))
    const is = (wanted: boolean | undefined) => (value: boolean) => wanted === undefined || value === wanted

    const limit = values.integer("limit", { least: 1, most: 200 }) ?? 100
    const sort = values.choice("sort", sorting.fields) ?? sorting.byDefault
    const order = values.choice("order", orders) ?? "desc"
    const hasId = prefix("id")
    const hasName = prefix("name")
    const inStates = oneOf(values.choices("states", filterableStates))
    const ofSnapshots = oneOf(values.texts("snapshots"))
    const inRegions = oneOf(values.texts("regionIds") ?? values.texts("regions"))
    const ofClasses = oneOf(values.choices("sandboxClasses", classes))
    const cpu = range("minCpu", "maxCpu", count)
    const memory = range("minMemoryGiB", "maxMemoryGiB", count)
    const disk = range("minDiskGiB", "maxDiskGiB", count)
    const created = range("createdAtAfter", "createdAtBefore", values.date)
    const active = range("lastEventAfter", "lastEventBefore", values.date)
    const isCurrent = generation === "current"
    const destroyAfter = isCurrent ? values.date("autoDestroyAtAfter") : undefined
    const destroyBefore = isCurrent ? values.date("autoDestroyAtBefore") : undefined
    const isPublic = is(values.flag("isPublic"))
    const isRecoverable = is(values.flag("isRecoverable"))
    const withWarm = values.flag("includeWarm") ?? false
    const withErroredDeleted = values.flag("includeErroredDeleted") ?? false
    yield* values.problems
    const hasLabels = yield* labelFilter(values.text("labels"))
    const cursor = yield* position(values.text("cursor"))

    return {
      cursor,
      limit,
      sort,
      order,
      matches: (sandbox) =>
        (isVisible(sandbox) || (withErroredDeleted && sandbox.state !== "destroyed")) &&
        (withWarm || sandbox.warmPoolId === undefined) &&
        hasId(sandbox.id) &&
        hasName(sandbox.name) &&
        hasLabels(sandbox.labels) &&
        inStates(listedState(sandbox)) &&
        ofSnapshots(sandbox.snapshot) &&
        inRegions(sandbox.target) &&
        ofClasses(sandbox.sandboxClass) &&
        cpu(sandbox.cpu) &&
        memory(sandbox.memory) &&
        disk(sandbox.disk) &&
        created(sandbox.createdAt) &&
        active(sandbox.lastActivityAt) &&
        (destroyAfter === undefined || (sandbox.autoDestroyAt ?? Number.NEGATIVE_INFINITY) >= destroyAfter) &&
        (destroyBefore === undefined || (sandbox.autoDestroyAt ?? Number.POSITIVE_INFINITY) <= destroyBefore) &&
        isPublic(sandbox.public) &&
        isRecoverable(sandbox.recoverable)
    }
  })

/** The requested page. */
export const page = (all: ReadonlyArray<Sandbox>, request: ListRequest): Page => {
  const sorted = ordered(all, request)
  const { cursor } = request
  const rest =
    cursor === undefined
      ? sorted
      : cursor === nowhere
        ? []
        : sorted.filter((sandbox) => compare(positionOf(sandbox, request.sort), cursor, request.order) > 0)
  const items = rest.slice(0, request.limit)
  const last = items.at(-1)
  return {
    items,
    nextCursor: last === undefined || rest.length <= items.length ? null : encode(positionOf(last, request.sort))
  }
}

/** All matching sandboxes, in the requested order. */
export const ordered = (all: ReadonlyArray<Sandbox>, request: ListRequest): ReadonlyArray<Sandbox> =>
  all
    .filter(request.matches)
    .sort((a, b) => compare(positionOf(a, request.sort), positionOf(b, request.sort), request.order))

const positionOf = (sandbox: Sandbox, sort: SortField): Position => {
  switch (sort) {
    case "name":
      return { sortValue: sandbox.name, id: sandbox.id }
    case "cpu":
      return { sortValue: sandbox.cpu, id: sandbox.id }
    case "memoryGib":
      return { sortValue: sandbox.memory, id: sandbox.id }
    case "diskGib":
      return { sortValue: sandbox.disk, id: sandbox.id }
    case "lastActivityAt":
      return { sortValue: sandbox.lastActivityAt, id: sandbox.id }
    case "createdAt":
      return { sortValue: sandbox.createdAt, id: sandbox.id }
    case "updatedAt":
      return { sortValue: sandbox.updatedAt, id: sandbox.id }
    case "id":
      return { sortValue: sandbox.id, id: sandbox.id }
    case "state":
      return { sortValue: sandbox.state, id: sandbox.id }
    case "snapshot":
      return { sortValue: sandbox.snapshot ?? "", id: sandbox.id }
    case "region":
      return { sortValue: sandbox.target, id: sandbox.id }
  }
}

const compare = (a: Position, b: Position, order: "asc" | "desc"): number => {
  const bySort = a.sortValue === b.sortValue ? 0 : a.sortValue < b.sortValue ? -1 : 1
  const byId = a.id === b.id ? 0 : a.id < b.id ? -1 : 1
  const ascending = bySort === 0 ? byId : bySort
  return order === "asc" ? ascending : -ascending
}

const encode = (cursor: Position): string => Buffer.from(JSON.stringify(cursor)).toString("base64")

const parseJson = (text: string): Effect.Effect<unknown, void> =>
  Effect.try({ try: (): unknown => JSON.parse(text), catch: () => undefined })

const position = (cursor: string | undefined): Effect.Effect<ListRequest["cursor"], HttpError> =>
  cursor === undefined || cursor === ""
    ? Effect.succeed(undefined)
    : Effect.flatMap(
        Effect.orElseSucceed(parseJson(Buffer.from(cursor, "base64").toString()), () => undefined),
        (decoded): Effect.Effect<ListRequest["cursor"], HttpError> => {
          const { id, sortValue }: Readonly<Record<string, unknown>> = Predicate.isRecord(decoded) ? decoded : {}
          return Predicate.isString(id) && (Predicate.isString(sortValue) || Predicate.isNumber(sortValue))
            ? Effect.succeed({ id, sortValue })
            : Predicate.isRecord(decoded)
              ? Effect.succeed(nowhere)
              : badRequest("Invalid cursor provided: cursor does not decode to a position")
        }
      )

const labelFilter = (text: string | undefined): Effect.Effect<(labels: unknown) => boolean, HttpError> =>
  text === undefined || text === ""
    ? Effect.succeed(() => true)
    : Effect.flatMap(
        Effect.orElseSucceed(parseJson(text), () => undefined),
        (wanted) =>
          // An array is an object, too.
          Predicate.isObject(wanted)
            ? Effect.succeed(
                (labels) =>
                  Predicate.isRecord(labels) &&
                  Object.entries(wanted).every(([key, value]) => JSON.stringify(labels[key]) === JSON.stringify(value))
              )
            : badRequest("Invalid labels JSON format")
      )
