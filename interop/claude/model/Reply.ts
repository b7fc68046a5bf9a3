/** What the model answers, and how the Messages API puts it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | {
      readonly type: "tool_use" | "server_tool_use"
      readonly id: string
      readonly name: string
      readonly input: object
    }
  | { readonly type: "web_search_tool_result"; readonly tool_use_id: string; readonly content: ReadonlyArray<object> }

/** A message of the model, or the refusal of the API. */
export type Reply = Message | Refusal

export interface Message {
  readonly _tag: "Message"
  readonly content: ReadonlyArray<Block>
  readonly stopReason: string
  readonly inputTokens: number
  /** What must happen before the second half of each text is sent. */
  readonly midway: Effect.Effect<void>
}

export interface Refusal {
  readonly _tag: "Refusal"
  readonly status: number
  readonly type: string
  readonly message: string
}

/** Tokens of every message, so that a check knows what to expect. */
export const tokens = { input: 100, output: 7 } as const

let toolUses = 0

export const message = (
  content: ReadonlyArray<Block>,
  options: Partial<Omit<Message, "_tag" | "content">> = {}
): Message => ({
  _tag: "Message",
  content,
  stopReason: content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn",
  inputTokens: tokens.input,
  midway: Effect.void,
  ...options
})

export const says = (text: string, options?: Partial<Omit<Message, "_tag" | "content">>): Message =>
  message([{ type: "text", text }], options)

export const uses = (name: string, input: object): Message =>
  message([{ type: "tool_use", id: `toolu_${++toolUses}`, name, input }])

export const refuses = (status: number, type: string, message: string): Refusal => ({
  _tag: "Refusal",
  status,
  type,
  message
})

const envelope = ({ inputTokens }: Message, id: string, model: string) => ({
  id,
  type: "message",
  role: "assistant",
  model,
  stop_sequence: null,
  usage: { input_tokens: inputTokens, output_tokens: tokens.output }
})

/** The answer to a request that does not stream. */
export const toJson = (reply: Message, id: string, model: string) => ({
  ...envelope(reply, id, model),
  content: reply.content,
  stop_reason: reply.stopReason
})

/** The answer to a request that streams, as server-sent events. */
export const toEvents = (reply: Message, id: string, model: string): Stream.Stream<string> => {
  const start = event("message_start", {
    message: { ...envelope(reply, id, model), content: [], stop_reason: null }
  })
  const end = [
    event("message_delta", {
      delta: { stop_reason: reply.stopReason, stop_sequence: null },
      usage: { output_tokens: tokens.output }
    }),
    event("message_stop", {})
  ]
  return Stream.make(start, event("ping", {})).pipe(
    Stream.concat(
      Stream.flatMap(Stream.zipWithIndex(Stream.fromIterable(reply.content)), ([block, index]) =>
        blockEvents(block, index, reply.midway)
      )
    ),
    Stream.concat(Stream.fromIterable(end))
  )
}

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`

const blockEvents = (block: Block, index: number, midway: Effect.Effect<void>): Stream.Stream<string> => {
  const start = (contentBlock: object) => event("content_block_start", { index, content_block: contentBlock })
  const delta = (type: string, content: object) => event("content_block_delta", { index, delta: { type, ...content } })
  const all = (...events: ReadonlyArray<string>) =>
    Stream.fromIterable([...events, event("content_block_stop", { index })])
  switch (block.type) {
    case "text": {
      const [first, second] = halves(block.text)
      return Stream.make(start({ type: "text", text: "" }), delta("text_delta", { text: first })).pipe(
        Stream.concat(Stream.drain(Stream.fromEffect(midway))),
        Stream.concat(all(delta("text_delta", { text: second })))
      )
    }
    case "thinking":
      return all(
        start({ type: "thinking", thinking: "", signature: "" }),
        delta("thinking_delta", { thinking: block.thinking }),
        delta("signature_delta", { signature: block.signature })
      )
    case "tool_use":
    case "server_tool_use": {
      const [first, second] = halves(JSON.stringify(block.input))
      return all(
        start({ ...block, input: {} }),
        delta("input_json_delta", { partial_json: first }),
        delta("input_json_delta", { partial_json: second })
      )
    }
    case "redacted_thinking":
    case "web_search_tool_result":
      return all(start(block))
  }
}

const halves = (text: string): readonly [string, string] => {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}
