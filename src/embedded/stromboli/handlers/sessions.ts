/** Handlers of `/sessions`. */
import * as Effect from "effect/Effect"
import type { Settings } from "../Options.js"
import * as responses from "../responses.js"
import type { Sessions } from "../Sessions.js"
import type { Handler } from "./Handler.js"

const defaultLimit = 50
const longestPage = 200

/** `/sessions`. */
export const make = (dependencies: { readonly settings: Settings; readonly sessions: Sessions }) => {
  const { sessions, settings } = dependencies
  const list = (items: ReadonlyArray<unknown>) => (items.length === 0 && settings.nullLists ? null : items)

  return {
    "GET /sessions": () =>
      Effect.map(sessions.list, (all) =>
        responses.json(200, { sessions: list(settings.api === "0.4" ? all.map(({ id }) => id) : all) })
      ),
    "DELETE /sessions/{id}": (call) =>
      Effect.gen(function* () {
        const id = call.parameter("id")
        if (/\.\.|\0/.test(id)) return responses.failure(400, {}, "invalid session ID")
        return (yield* sessions.destroy(id))
          ? responses.json(200, { success: true, session_id: id })
          : responses.failure(404, {}, `session not found: ${id}`)
      }),
    "GET /sessions/{id}/messages": (call) =>
      Effect.gen(function* () {
        const id = call.parameter("id")
        const offset = wholeNumber(call.query.get("offset"), 0) ?? 0
        const limit = Math.min(wholeNumber(call.query.get("limit"), 1) ?? defaultLimit, longestPage)
        const page = yield* sessions.page(id, offset, limit)
        return page === undefined
          ? responses.error(404, `session history not found: ${id}`)
          : responses.json(200, {
              messages: list(page.messages),
              total: page.total,
              offset,
              limit,
              has_more: offset + page.messages.length < page.total
            })
      }),
    "GET /sessions/{id}/messages/{message_id}": (call) =>
      Effect.map(sessions.message(call.parameter("id"), call.parameter("message_id")), (found) => {
        if (found === "no history") return responses.error(404, `session history not found: ${call.parameter("id")}`)
        return found === "no message"
          ? responses.error(404, `message not found: ${call.parameter("message_id")}`)
          : responses.json(200, { message: found })
      })
  } satisfies Record<string, Handler>
}

// The server ignores invalid values instead of reporting them.
const wholeNumber = (text: string | null, least: number): number | undefined => {
  const value = text !== null && /^\+?\d+$/.test(text) ? Number(text) : undefined
  return value === undefined || value < least || !Number.isSafeInteger(value) ? undefined : value
}
