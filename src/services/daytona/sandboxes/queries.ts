/** Reads and searches sandboxes. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import type { SandboxRef } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox, SandboxListItem, SandboxPage } from "../../../schema/daytona/Sandbox.js"
import type { SandboxFilter } from "../../../schema/daytona/SandboxQuery.js"
import { cursorPages } from "../../../stream/cursorPages.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { beginsAs, hasWildcard } from "../nameFilter.js"
import { operations } from "./operations.js"

export interface SandboxQueries {
  /** One sandbox, by id or name. Fails with `NotFound`. `GET /sandbox/{sandboxIdOrName}` */
  readonly get: (sandbox: SandboxRef) => Effect.Effect<Sandbox, ApiError | NotFound>
  /**
   * The matching sandboxes, fetched page by page as they are consumed; by default all that are not destroyed, the most
   * recently active first. The server's index is updated with a delay: a new sandbox may be missing for a few seconds.
   * An element without a readable id and state, on which nobody could act, is left out; `unreadable` of the others
   * names their odd fields.
   * `GET /sandbox`
   */
  readonly list: (
    filter?: SandboxFilter & {
      /** How many to fetch per request, 1 to 200; default 100. */
      readonly pageSize?: number | undefined
    }
  ) => Stream.Stream<SandboxListItem, ApiError>
  /** One page of `list`. `GET /sandbox` */
  readonly listPage: (
    page?: SandboxFilter & {
      /** The `nextCursor` of the previous page. */
      readonly cursor?: string | undefined
      /** 1 to 200; default 100. */
      readonly limit?: number | undefined
    }
  ) => Effect.Effect<SandboxPage, ApiError>
  /**
   * The sandbox with this id or name, or the first that matches the filter, if there is one. A `name` in a filter is a
   * beginning; servers also take `_` and `%` in it for wildcards, and what only those match is left out.
   * `GET /sandbox/{sandboxIdOrName}`; for a filter, after `GET /sandbox`
   */
  readonly findOne: (query: SandboxRef | SandboxFilter) => Effect.Effect<Option.Option<Sandbox>, ApiError>
  /**
   * The sandboxes that were forked from this one: no more than 100, and nothing shows that there are others.
   * `GET /sandbox/{sandboxIdOrName}/forks`
   */
  readonly forks: (
    sandbox: SandboxRef,
    options?: {
      /** Default `false`. */
      readonly includeDestroyed?: boolean | undefined
    }
  ) => Effect.Effect<ReadonlyArray<Sandbox>, ApiError | NotFound>
  /**
   * The sandbox that this one was forked from. Fails with `NotFound` if it was not forked.
   * `GET /sandbox/{sandboxIdOrName}/parent`
   */
  readonly parent: (sandbox: SandboxRef) => Effect.Effect<Sandbox, ApiError | NotFound>
  /**
   * The sandboxes that it descends from: the root first, its parent last; at most 50. `GET
   * /sandbox/{sandboxIdOrName}/ancestors`
   */
  readonly ancestors: (sandbox: SandboxRef) => Effect.Effect<ReadonlyArray<Sandbox>, ApiError | NotFound>
}

export const make = (client: DaytonaClient.Service): SandboxQueries => {
  const at = (sandbox: SandboxRef) => ({ path: { sandboxIdOrName: sandbox } })
  const get: SandboxQueries["get"] = (sandbox) => client.call(operations.get, at(sandbox))
  const listPage: SandboxQueries["listPage"] = (page = {}) =>
    Effect.map(client.call(operations.list, { query: page }), ({ items, nextCursor }) => ({
      items: items.filter(beginsAs("id", page.id)).filter(beginsAs("name", page.name)),
      nextCursor
    }))
  const list: SandboxQueries["list"] = ({ pageSize, ...filter } = {}) =>
    cursorPages((cursor) => listPage({ ...filter, cursor, limit: pageSize }))

  const getOption = (sandbox: SandboxRef) =>
    get(sandbox).pipe(
      Effect.asSome,
      Effect.catchTag("NotFound", () => Effect.succeedNone)
    )

  return {
    get,
    listPage,
    list,
    findOne: (query) =>
      typeof query === "string"
        ? getOption(query)
        : Effect.flatMap(
            Stream.runHead(
              list({ ...query, pageSize: hasWildcard(query.id) || hasWildcard(query.name) ? undefined : 1 })
            ),
            Option.match({ onNone: () => Effect.succeedNone, onSome: ({ id }) => getOption(id) })
          ),
    forks: (sandbox, query = {}) => client.call(operations.forks, { ...at(sandbox), query }),
    parent: (sandbox) => client.call(operations.parent, at(sandbox)),
    ancestors: (sandbox) => client.call(operations.ancestors, at(sandbox))
  }
}
