/** Conversations that the server keeps. */
import * as Schema from "effect/Schema"
import { lenient, lenientList } from "../lenient.js"
import { snakeCase } from "../snakeCase.js"
import { SessionId } from "./Identifiers.js"
import { Message } from "./Message.js"

const infoFields = {
  id: SessionId,
  /**
   * The title that a hook of Claude Code has given the session (`sessionTitle`), or `/rename`. Nothing else does: of
   * most sessions it is empty. Server 0.5 or newer.
   */
  title: Schema.optional(Schema.String)
}

/** A session in a list. */
export interface SessionInfo extends Schema.Struct.Type<typeof infoFields> {}
const SessionObject = lenient(snakeCase(infoFields))

/** Servers before 0.5 list plain ids. */
const SessionString = Schema.transform(SessionId, Schema.typeSchema(SessionObject), {
  strict: true,
  decode: (id) => ({ id: SessionId.make(id) }),
  encode: ({ id }) => id
})

export const SessionInfo: Schema.Schema<SessionInfo, string | Schema.Schema.Encoded<typeof SessionObject>> =
  Schema.Union(SessionObject, SessionString)

export const SessionList = snakeCase({ sessions: lenientList(SessionInfo) }, { nulls: { sessions: [] } })

export const SessionDestroyed = snakeCase({
  success: Schema.Literal(true),
  sessionId: Schema.optional(SessionId),
  error: Schema.optional(Schema.String)
})

/** The largest page that the server returns. */
export const maxPageSize = 200

/** The part of a history. The server silently replaces invalid values by its default, so they are refused here. */
export const MessagesQuery = snakeCase({
  offset: Schema.optional(Schema.NonNegativeInt),
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, maxPageSize)))
})

const pageFields = {
  messages: Schema.optional(Schema.Array(Message)),
  total: Schema.Number,
  offset: Schema.Number,
  limit: Schema.Number,
  hasMore: Schema.Boolean
}

export const MessagesResponse = snakeCase(pageFields)

const messagePageFields = {
  messages: Schema.Array(Message),
  /** The number of messages in the whole history. */
  total: Schema.Number,
  offset: Schema.Number,
  limit: Schema.Number,
  hasMore: Schema.Boolean
}

/** A page of a history. */
export interface MessagePage extends Schema.Struct.Type<typeof messagePageFields> {}
export const MessagePage = Schema.Struct(messagePageFields)

export const MessageResponse = snakeCase({ message: Message })
