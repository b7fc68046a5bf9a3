/** Renders a `Prompt` as what a run takes: a system prompt and one text. */
import type * as Prompt from "@effect/ai/Prompt"
import * as Either from "effect/Either"

/** What a run is asked. */
export interface PromptText {
  readonly systemPrompt: string | undefined
  readonly prompt: string
}

/** A message before the last one, or a part of it that has its own attributes. */
interface Block {
  readonly attributes: string
  readonly text: string
}

type ConversationMessage = Exclude<Prompt.Message, Prompt.SystemMessage>
type Rendered<A> = Either.Either<A, string>

const attribute = (name: string, value: string): string => ` ${name}=${JSON.stringify(value)}`

const json = (value: unknown, where: string): Rendered<string> =>
  Either.try({
    try: () => JSON.stringify(value) ?? "null",
    catch: () => `${where} cannot be written as JSON: leave it out, or replace it by plain data`
  })

const fileProblem = ({ fileName, mediaType }: Prompt.FilePart, where: string): string =>
  `${where} is a file (${fileName ?? mediaType}), and a run takes only text: leave it out, or put the file where the` +
  " container can read it (`workdir`, or `volumes` of `podman`) and name its path in the prompt"

const partBlocks = (
  role: ConversationMessage["role"],
  part: ConversationMessage["content"][number],
  where: string
): Rendered<ReadonlyArray<Block>> => {
  const attributes = attribute("role", role)
  switch (part.type) {
    case "text":
      return Either.right([{ attributes, text: part.text }])
    // The thinking behind earlier answers is not part of the conversation: models do not get it back as text.
    case "reasoning":
      return Either.right([])
    case "file":
      return Either.left(fileProblem(part, where))
    case "tool-call":
      return Either.map(json(part.params, where), (text) => [
        { attributes: `${attributes}${attribute("calls", part.name)}${attribute("id", part.id)}`, text }
      ])
    case "tool-result":
      return Either.map(json(part.result, where), (text) => {
        const outcome = attribute(part.isFailure ? "failure-of" : "result-of", part.name)
        return [{ attributes: `${attributes}${outcome}${attribute("id", part.id)}`, text }]
      })
  }
}

/** Neighbouring texts of one message are one block. */
const joined = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const results: Array<Block> = []
  for (const block of blocks) {
    const last = results.at(-1)
    if (last?.attributes !== block.attributes) results.push(block)
    else results.splice(-1, 1, { ...last, text: `${last.text}\n${block.text}` })
  }
  return results
}

const messageBlocks = (message: ConversationMessage, index: number): Rendered<ReadonlyArray<Block>> =>
  Either.map(
    Either.all(
      message.content.map((part, position) =>
        partBlocks(message.role, part, `part ${position + 1} of message ${index + 1} of the prompt`)
      )
    ),
    (blocks) => joined(blocks.flat())
  )

/** The name of the tag around messages: one that no text closes. */
const tagFor = (blocks: ReadonlyArray<Block>): string => {
  for (let count = 1; ; count++) {
    const tag = count === 1 ? "message" : `message-${count}`
    if (!blocks.some(({ text }) => text.includes(`</${tag}>`))) return tag
  }
}

const transcript = (blocks: ReadonlyArray<Block>): string => {
  const tag = tagFor(blocks)
  return blocks.map(({ attributes, text }) => `<${tag}${attributes}>\n${text}\n</${tag}>`).join("\n")
}

/**
 * A single message of the user is sent as it is. Of a conversation, the last message is, and those before it stand
 * above it, each in a tag with its role. System messages become the system prompt, wherever they stand.
 *
 * Claude Code would take a prompt that begins with `/` for one of its commands, so such a message is in a tag, too.
 */
export const promptText = ({ content }: Prompt.Prompt): Rendered<PromptText> =>
  Either.gen(function* () {
    const system: Array<string> = []
    const messages: Array<ReadonlyArray<Block>> = []
    for (const [index, message] of content.entries()) {
      if (message.role === "system") system.push(message.content)
      else messages.push(yield* messageBlocks(message, index))
    }
    const last = content.findLast((message) => message.role !== "system")
    if (last?.role !== "user") {
      return yield* Either.left(
        last === undefined
          ? "the prompt has no message of the user: add one"
          : "the prompt must end with a message of the user, because a run answers one: add a message, such as `Go on.`"
      )
    }
    const before = messages.slice(0, -1).flat()
    const asked = messages.at(-1) ?? []
    const text = asked.map((block) => block.text).join("\n")
    if (text.trim() === "") return yield* Either.left("the last message of the prompt is blank: write what to answer")
    const prompt =
      before.length > 0
        ? `${transcript(before)}\n\nThat is the conversation so far. Answer the next message of the user, which follows.\n\n${text}`
        : /^\s*\//.test(text)
          ? transcript(asked)
          : text
    return { systemPrompt: system.length === 0 ? undefined : system.join("\n\n"), prompt }
  })
