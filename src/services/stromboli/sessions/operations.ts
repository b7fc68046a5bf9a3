/** The requests of `Sessions`, apart from it and from each other: runs with a key send one of them too. */
import { NotFound } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import {
  MessageResponse,
  MessagesQuery,
  MessagesResponse,
  SessionDestroyed,
  SessionList
} from "../../../schema/stromboli/Session.js"

export const list = Operation.make("Sessions.list", "GET", "/sessions", { success: SessionList })

export const messages = Operation.make("Sessions.messages", "GET", "/sessions/{id}/messages", {
  query: MessagesQuery,
  success: MessagesResponse,
  fails: [NotFound]
})

export const message = Operation.make("Sessions.message", "GET", "/sessions/{id}/messages/{message_id}", {
  success: MessageResponse,
  fails: [NotFound]
})

export const destroy = Operation.make("Sessions.destroy", "DELETE", "/sessions/{id}", {
  success: SessionDestroyed,
  fails: [NotFound]
})
