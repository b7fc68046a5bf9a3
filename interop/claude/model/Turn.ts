/** What the model is asked: the prompt that a request is about, and what came of the tools since. */
import * as Schema from "effect/Schema"

const Block = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) })
const Content = Schema.Union(Schema.String, Schema.Array(Block))
const Message = Schema.Struct({ role: Schema.String, content: Content })

/** Tools that the server runs itself have no schema. */
const Tool = Schema.Struct({
  name: Schema.String,
  input_schema: Schema.optional(
    Schema.Struct({ properties: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })) })
  )
})

/** A request of the Messages API, as far as a script needs it. */
export const Request = Schema.Struct({
  model: Schema.String,
  stream: Schema.optional(Schema.Boolean),
  tools: Schema.optional(Schema.Array(Tool)),
  messages: Schema.Array(Message)
})
export interface Request extends Schema.Schema.Type<typeof Request> {}

/** A request, seen from the prompt that a script has an answer to. */
export interface Turn {
  readonly prompt: string
  /** How many tools have answered since the prompt. */
  readonly toolResults: number
  /** How often the model has spoken since the prompt. */
  readonly replies: number
  /** What the user has said before the prompt. */
  readonly before: ReadonlyArray<string>
  readonly tools: ReadonlyArray<{ readonly name: string; readonly parameters: ReadonlyArray<string> }>
}

/** What the CLI tells the model when something in the background has ended, wherever it stands in the text. */
export const taskNotification = "<task-notification>"

/** The text that a request ends with, for a message about it. */
export const lastTextOf = ({ messages }: Request): string =>
  messages.flatMap((message) => (message.role === "user" ? textsOf(message) : [])).at(-1) ?? ""

const textsOf = ({ content }: Schema.Schema.Type<typeof Message>): ReadonlyArray<string> => {
  const texts =
    typeof content === "string" ? [content] : content.flatMap(({ text }) => (text === undefined ? [] : [text]))
  return texts.map((text) => (text.includes(taskNotification) ? taskNotification : text.trim()))
}

/** The last message of the user that begins as one of the prompts does. */
export const turnOf = ({ messages, tools = [] }: Request, prompts: ReadonlyArray<string>): Turn | undefined => {
  const said = messages.map((message) => ({
    role: message.role,
    texts: message.role === "user" ? textsOf(message) : []
  }))
  const at = said.findLastIndex(({ texts }) => texts.some((text) => prompts.some((prompt) => text.startsWith(prompt))))
  const text = said[at]?.texts.findLast((each) => prompts.some((prompt) => each.startsWith(prompt)))
  const prompt = prompts.filter((each) => text?.startsWith(each)).sort((a, b) => b.length - a.length)[0]
  if (prompt === undefined) return undefined
  const since = messages.slice(at + 1)
  return {
    prompt,
    toolResults: since.flatMap(({ content }) =>
      typeof content === "string" ? [] : content.filter(({ type }) => type === "tool_result")
    ).length,
    replies: since.filter(({ role }) => role === "assistant").length,
    before: said.slice(0, at).flatMap(({ texts }) => texts),
    tools: tools.map(({ input_schema, name }) => ({ name, parameters: Object.keys(input_schema?.properties ?? {}) }))
  }
}
