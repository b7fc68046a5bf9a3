/** What Claude did with tools, in few lines. */
import { dim, red, type Text } from "../frame/text.js"

/** The most that is shown of the input or the result of a tool. */
const longest = 500
const mostLines = 8

const shortened = (text: string): string => {
  const lines = text.split("\n")
  const kept = lines.slice(0, mostLines).join("\n").slice(0, longest)
  return kept.length < text.length ? `${kept}…` : kept
}

const indented = (text: string): string => text.trimEnd().replace(/^/gm, "    ")

/** What says the most about the input of a tool: its command or path if it has one, otherwise all of it. */
const inputText = (input: unknown): string => {
  if (typeof input === "object" && input !== null) {
    for (const name of ["command", "file_path", "path", "pattern", "url", "query", "description"]) {
      const value: unknown = Reflect.get(input, name)
      if (typeof value === "string") return value
    }
  }
  return input === undefined ? "" : JSON.stringify(input)
}

/** The use of a tool: its name, and what it is used on. */
export const toolUseText = (name: string, input: unknown): Text => {
  const shown = shortened(inputText(input))
  return dim(shown.includes("\n") ? `  → ${name}\n${indented(shown)}\n` : `  → ${name} ${shown}\n`)
}

/** The result of a tool. */
export const toolResultText = (content: string, isError: boolean): Text => {
  if (content.trim() === "") return ""
  const text = `${indented(shortened(content))}\n`
  return isError ? red(text) : dim(text)
}
