/** Handlers that list sandboxes. */
import * as Effect from "effect/Effect"
import * as QueryParameters from "../http/QueryParameters.js"
import * as responses from "../http/responses.js"
import type { Settings } from "../Settings.js"
import * as listing from "../sandbox/listing.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Call, Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"

/** Lists sandboxes. The lists may be stale. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly view: SandboxView
}) => {
  const { sandboxes, settings, view } = dependencies
  const own = ({ organization }: Call) =>
    Effect.map(sandboxes.asOf(settings.listStaleness), (all) =>
      all.filter(({ organizationId }) => organizationId === organization.id)
    )
  return {
    "GET /sandbox": (call) =>
      Effect.gen(function* () {
        const request = yield* listing.read(call.query, settings.generation, listing.searched)
        const { items, nextCursor } = listing.page(yield* own(call), request)
        return responses.json(200, { items: items.map((sandbox) => view.item(call, sandbox)), nextCursor })
      }),
    // For older clients: numbered pages of complete sandboxes.
    "GET /sandbox/paginated": (call) =>
      Effect.gen(function* () {
        const values = QueryParameters.make(call.query)
        const page = values.integer("page", { least: 1 }) ?? 1
        yield* values.problems
        const request = yield* listing.read(call.query, settings.generation, listing.paged)
        const all = listing.ordered(yield* own(call), request)
        const items = all.slice((page - 1) * request.limit, page * request.limit)
        return responses.json(200, {
          items: items.map((sandbox) => view.whole(call, sandbox)),
          total: all.length,
          page,
          totalPages: Math.ceil(all.length / request.limit)
        })
      })
  } satisfies Record<string, Handler>
}
