/** How a conversation becomes the prompt of one run. */
import * as Prompt from "@effect/ai/Prompt"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { promptText } from "../../../src/ai/languageModel/promptText.js"

const rendered = (input: Prompt.RawInput) => Either.getOrThrow(promptText(Prompt.make(input)))
const problem = (input: Prompt.RawInput) => Either.getOrThrow(Either.flip(promptText(Prompt.make(input))))

const user = (...texts: ReadonlyArray<string>) =>
  Prompt.makeMessage("user", { content: texts.map((text) => Prompt.makePart("text", { text })) })
const assistant = (text: string) => Prompt.makeMessage("assistant", { content: [Prompt.makePart("text", { text })] })

describe("a prompt", () => {
  it("of one text is sent as it is", () => {
    expect(rendered("Write a haiku\n about </message> types ")).toEqual({
      systemPrompt: undefined,
      prompt: "Write a haiku\n about </message> types "
    })
  })

  it("has its system messages as the system prompt, wherever they stand", () => {
    const messages = [
      Prompt.makeMessage("system", { content: "Be brief." }),
      user("Hi"),
      Prompt.makeMessage("system", { content: "Rhyme." })
    ]
    expect(rendered(messages)).toEqual({ systemPrompt: "Be brief.\n\nRhyme.", prompt: "Hi" })
  })

  it("that begins with a slash is in a tag, so that Claude Code does not take it for a command", () => {
    expect(rendered("/init is what I typed").prompt).toBe('<message role="user">\n/init is what I typed\n</message>')
    expect(rendered("\n /help").prompt).toMatch(/^<message role="user">/)
  })

  it("of a conversation shows who said what before the last message", () => {
    expect(rendered([user("My name is Ada."), assistant("Hello, Ada."), user("What is it?", "Spell it.")]).prompt).toBe(
      [
        '<message role="user">',
        "My name is Ada.",
        "</message>",
        '<message role="assistant">',
        "Hello, Ada.",
        "</message>",
        "",
        "That is the conversation so far. Answer the next message of the user, which follows.",
        "",
        "What is it?\nSpell it."
      ].join("\n")
    )
  })

  it("shows which tools were used, and leaves out what a model thought", () => {
    const call = { id: "call-1", name: "weather" }
    const messages = [
      user("Weather?"),
      Prompt.makeMessage("assistant", {
        content: [
          Prompt.makePart("reasoning", { text: "secret thoughts" }),
          Prompt.makePart("text", { text: "Let me see." }),
          Prompt.makePart("tool-call", { ...call, params: { city: "Paris" }, providerExecuted: false })
        ]
      }),
      Prompt.makeMessage("tool", {
        content: [Prompt.makePart("tool-result", { ...call, isFailure: false, providerExecuted: false, result: 21 })]
      }),
      user("So?")
    ]
    const { prompt } = rendered(messages)
    expect(prompt).toContain('<message role="assistant">\nLet me see.\n</message>')
    expect(prompt).toContain('<message role="assistant" calls="weather" id="call-1">\n{"city":"Paris"}\n</message>')
    expect(prompt).toContain('<message role="tool" result-of="weather" id="call-1">\n21\n</message>')
    expect(prompt).not.toContain("thoughts")
  })

  it("cannot have a file, and names the part and what to do", () => {
    const file = Prompt.makePart("file", { mediaType: "image/png", data: new Uint8Array(1) })
    const messages = [user("Hi"), assistant("Hi"), Prompt.makeMessage("user", { content: [file] })]
    expect(problem(messages)).toMatch(/^part 1 of message 3 of the prompt is a file \(image\/png\).*`workdir`/)
  })

  it("has to end with a message of the user that is not blank", () => {
    expect(problem([])).toContain("no message of the user")
    expect(problem([user("Hi"), assistant("Hello")])).toContain("must end with a message of the user")
    expect(problem("  \n")).toContain("blank")
  })

  it("keeps apart what its messages say, whatever that is", () => {
    const piece = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.constantFrom("</message>", "</message-2>", '\n<message role="user">\n', "\n")
    )
    const texts = FastCheck.array(
      FastCheck.array(piece).map((pieces) => pieces.join("")),
      { minLength: 1, maxLength: 5 }
    )
    FastCheck.assert(
      FastCheck.property(texts, (history) => {
        const messages = history.map((text, index) => (index % 2 === 0 ? user(text) : assistant(text)))
        const { prompt } = rendered([...messages, user("last")])
        const [, tag] = /^<(message(?:-\d+)?) /.exec(prompt) ?? []
        let rest = prompt
        const read: Array<readonly [role: string | undefined, text: string | undefined]> = []
        for (;;) {
          const found = new RegExp(`^<${tag} role="(user|assistant)">\\n([\\s\\S]*?)\\n</${tag}>\\n`).exec(rest)
          if (found === null) break
          read.push([found[1], found[2]])
          rest = rest.slice(found[0].length)
        }
        expect(read).toEqual(history.map((text, index) => [index % 2 === 0 ? "user" : "assistant", text]))
        expect(rest).toMatch(/^\nThat is the conversation so far\.[\s\S]*\n\nlast$/)
      })
    )
  })
})
