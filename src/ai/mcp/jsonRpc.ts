/** The messages of JSON-RPC 2.0, as far as an MCP server reads and writes them. */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const RequestId = Schema.Union(Schema.String, Schema.Number)
export type RequestId = typeof RequestId.Type

const Message = Schema.Struct({
  jsonrpc: Schema.Literal("2.0"),
  id: Schema.optional(Schema.NullOr(RequestId)),
  method: Schema.optional(Schema.String),
  params: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
export type Message = typeof Message.Type

export const isMessage = Schema.is(Message)

/** The codes of JSON-RPC. */
export const code = { parse: -32_700, request: -32_600, method: -32_601, params: -32_602, internal: -32_603 } as const

/** What is sent to the client. */
export interface Answer {
  readonly jsonrpc: "2.0"
  readonly id: RequestId | null
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** The server of one client. Here, since declarations that name it should not need those of `@effect/rpc`. */
export interface Session {
  /**
   * Takes a message of the client. For a request, waits for its answer; none if the client cancels it. An interruption
   * cancels it as well.
   */
  readonly handle: (message: unknown) => Effect.Effect<Option.Option<Answer>>
}

export const errorAnswer = (id: RequestId | null, code: number, message: string): Answer => ({
  jsonrpc: "2.0",
  id,
  error: { code, message }
})

/** Whether a message is a request of a method. */
export const isRequestOf = (message: unknown, method: string): boolean =>
  isMessage(message) && message.method === method && Predicate.isNotNullable(message.id)
