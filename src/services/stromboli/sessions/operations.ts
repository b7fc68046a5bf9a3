/** The requests of `Sessions`, apart from it: runs with a key send them too. */
import { NotFound } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import {
  MessageResponse,
  MessagesQuery,
  MessagesResponse,
  SessionDestroyed,
  SessionList
} from "../../../schema/stromboli/Session.js"

export const operations = {
  list: Operation.make("Sessions.list", "GET", "/sessions", { success: SessionList }),
  messages: Operation.make("Sessions.messages", "GET", "/sessions/{id}/messages", {
    query: MessagesQuery,
    success: MessagesResponse,
    fails: [NotFound]
  }),
  message: Operation.make("Sessions.message", "GET", "/sessions/{id}/messages/{message_id}", {
    success: MessageResponse,
    fails: [NotFound]
  }),
  destroy: Operation.make("Sessions.destroy", "DELETE", "/sessions/{id}", {
    success: SessionDestroyed,
    fails: [NotFound]
  })
}
