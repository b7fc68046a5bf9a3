/** Sessions, the conversations that the server stores: listing, reading and deleting them. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import * as Arguments from "../../../internal/arguments.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import type { MessageId, SessionId } from "../../../schema/stromboli/Identifiers.js"
import { isConversation, type Message } from "../../../schema/stromboli/Message.js"
import { type MessagePage, maxPageSize, type SessionInfo } from "../../../schema/stromboli/Session.js"
import { StromboliClient } from "../StromboliClient.js"
import * as operations from "./operations.js"

/**
 * Sessions, the conversations that the server stores: listing, reading and deleting them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { type SessionId, Sessions } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const sessions = yield* Sessions
 *   return yield* sessions.list
 * })
 * ```
 */
export class Sessions extends Context.Tag("effect-sandboxes/stromboli/Sessions")<Sessions, Sessions.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Sessions, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Sessions {
  interface Service {
    /** All sessions, ordered by id. Servers before 0.5 do not return titles. `GET /sessions` */
    readonly list: Effect.Effect<ReadonlyArray<SessionInfo>, ApiError>
    /**
     * What user and assistant said and did, tool uses and their results included, fetched page by page as it is read.
     * Fails with `NotFound` when the session does not exist or has no messages yet. `GET /sessions/{id}/messages`
     */
    readonly conversation: (
      id: SessionId,
      options?: { readonly pageSize?: number | undefined }
    ) => Stream.Stream<Message, ApiError | NotFound>
    /**
     * A page of the transcript, by default its first 50 records: see `allMessages`. Fails with `NotFound` when the
     * session does not exist or has no records yet. `GET /sessions/{id}/messages`
     */
    readonly messages: (id: SessionId, page?: PageOptions) => Effect.Effect<MessagePage, ApiError | NotFound>
    /**
     * All records of the transcript, fetched page by page as they are read. Most are not messages: Claude Code also
     * records its requests to the API, with the system prompt, its settings and its costs. A run with one tool use has
     * about 27 records, 5 of them messages. For those only, use `conversation`. `GET /sessions/{id}/messages`
     */
    readonly allMessages: (
      id: SessionId,
      options?: { readonly pageSize?: number | undefined }
    ) => Stream.Stream<Message, ApiError | NotFound>
    /** A message by its `uuid`. Fails with `NotFound`. `GET /sessions/{id}/messages/{message_id}` */
    readonly message: (id: SessionId, messageId: MessageId) => Effect.Effect<Message, ApiError | NotFound>
    /** Deletes a session and its history. Fails with `NotFound`. `DELETE /sessions/{id}` */
    readonly destroy: (id: SessionId) => Effect.Effect<void, ApiError | NotFound>
  }

  /** A part of the transcript. */
  interface PageOptions {
    /** How many records to skip; default 0. */
    readonly offset?: number | undefined
    /** 1 to 200; default 50. */
    readonly limit?: number | undefined
  }
}

const { effect, stream } = Arguments.methodsOf("stromboli", "Sessions")

const id = Arguments.text
const options = Arguments.options({ pageSize: Arguments.number })

const checked = (methods: Sessions.Service): Sessions.Service =>
  withMethodSpans(
    "Stromboli.Sessions",
    {
      ...methods,
      conversation: stream("conversation", { id, options }, methods.conversation),
      messages: effect("messages", { id, page: Arguments.options({}) }, methods.messages),
      allMessages: stream("allMessages", { id, options }, methods.allMessages)
    },
    ["conversation", "allMessages"]
  )

export const make: Effect.Effect<Sessions.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const messages: Sessions.Service["messages"] = (id, page = {}) =>
    Effect.map(client.call(operations.messages, { path: { id }, query: page }), (body) => ({
      ...body,
      messages: body.messages ?? []
    }))
  const allMessages: Sessions.Service["allMessages"] = (id, { pageSize = maxPageSize } = {}) =>
    Stream.paginateChunkEffect(0, (offset) =>
      Effect.map(messages(id, { offset, limit: pageSize }), (page) => {
        // An empty page that claims to have more would be requested forever.
        const next = offset + page.messages.length
        return [
          Chunk.unsafeFromArray(page.messages),
          page.hasMore && next > offset ? Option.some(next) : Option.none()
        ] as const
      })
    )
  return checked({
    list: Effect.map(client.call(operations.list), ({ sessions }) => sessions),
    conversation: (id, options) => Stream.filter(allMessages(id, options), isConversation),
    messages,
    allMessages,
    message: (id, messageId) =>
      Effect.map(client.call(operations.message, { path: { id, message_id: messageId } }), ({ message }) => message),
    destroy: (id) => Effect.asVoid(client.call(operations.destroy, { path: { id } }))
  })
})
