/** What a tool was called with: a line that says what it is about, and all of it. */
import { isObject, type JsonObject, listAt, textAt } from "../schema/jsonFields.js"
import { oneLine, shortened } from "./cut.js"
import { between, diffMarkup, type Hunk, sizeOf } from "./diff.js"
import { empty, type Html, html, pre } from "./html.js"
import { jsonText } from "./json.js"

export interface ToolUse {
  /** One line. Empty if there is nothing short to say. */
  readonly about: string
  readonly input: Html
  /** The size of the change, if the tool edits a file. */
  readonly change?: { readonly added: number; readonly removed: number } | undefined
}

/** Fields that say what a use is about, the best first. */
const telling = [
  "command",
  "file_path",
  "notebook_path",
  "description",
  "path",
  "pattern",
  "url",
  "query",
  "skill",
  "prompt"
]

const widest = 160

const aboutOf = (input: JsonObject): string => {
  for (const name of telling) {
    const value = textAt(input, name)
    if (value !== undefined && value.trim() !== "") return oneLine(value, widest)
  }
  return ""
}

/** Text as it is, up to a limit. */
export const code = (text: string, limit: number): Html => shortened(text, limit, (part) => pre(html`${part}`, "code"))

/** A value as JSON. */
export const json = (value: unknown, limit: number): Html => {
  const { isCut, text } = jsonText(value, limit)
  return html`${pre(html`${text}`, "code")}${isCut ? html`<p class="gap">The rest is left out</p>` : empty}`
}

const isShort = (value: unknown): boolean =>
  typeof value === "string" ? value.length <= 80 && !/[\r\n]/.test(value) : !isObject(value) && !Array.isArray(value)

const mostFields = 40

/** Fields by name, without those that are shown elsewhere. All of them together keep the limit. */
const fieldsMarkup = (input: JsonObject, about: string, hidden: ReadonlyArray<string>, limit: number): Html => {
  const names = Object.keys(input).filter((name) => !hidden.includes(name) && (about === "" || input[name] !== about))
  let left = limit
  const rows = names.slice(0, mostFields).map((name) => {
    const value = input[name]
    const label = html`<dt>${oneLine(name, 80)}</dt>`
    if (left <= 0) return html`${label}<dd class="gap">left out</dd>`
    if (isShort(value)) {
      const text = String(value)
      left -= text.length
      return html`${label}<dd>${text}</dd>`
    }
    const shown = typeof value === "string" ? code(value, left) : json(value, left)
    left -= shown.markup.length
    return html`${label}<dd class="long">${shown}</dd>`
  })
  if (rows.length === 0) return empty
  const more =
    names.length > mostFields ? html`<dt></dt><dd class="gap">${names.length - mostFields} more fields</dd>` : empty
  return html`<dl class="fields">${rows}${more}</dl>`
}

const hunkOf = (edit: JsonObject): ReadonlyArray<Hunk> => {
  const [before, after] = [textAt(edit, "old_string"), textAt(edit, "new_string")]
  return before === undefined || after === undefined ? [] : [between(before, after)]
}

/** The edits of `Edit` and of `MultiEdit`. */
const hunksOf = (input: JsonObject): ReadonlyArray<Hunk> => [
  ...hunkOf(input),
  ...listAt(input, "edits").flatMap((edit) => (isObject(edit) ? hunkOf(edit) : []))
]

const todoMarks: ReadonlyMap<string, string> = new Map([
  ["completed", "✓"],
  ["in_progress", "▸"]
])

const todosMarkup = (todos: ReadonlyArray<unknown>): Html =>
  html`<ul class="todos">${todos.slice(0, 100).map((todo) => {
    const [status, content] = isObject(todo) ? [textAt(todo, "status"), textAt(todo, "content")] : []
    const mark = todoMarks.get(status ?? "") ?? "○"
    return html`<li><b>${mark}</b> ${oneLine(content ?? "", 400)} <small>${(status ?? "").replaceAll("_", " ").slice(0, 40)}</small></li>`
  })}</ul>`

/** The diff of an edit. */
export const edited = (hunks: ReadonlyArray<Hunk>, limit: number): Pick<ToolUse, "input" | "change"> => ({
  input: diffMarkup(hunks, limit),
  change: sizeOf(hunks)
})

/** What is shown of the use of a tool; its name and its input are what a model chose. */
export const toolUse = (input: unknown, limit: number): ToolUse => {
  if (!isObject(input)) {
    return { about: typeof input === "string" ? oneLine(input, widest) : "", input: json(input ?? null, limit) }
  }
  const about = aboutOf(input)
  const hunks = hunksOf(input)
  if (hunks.length > 0) {
    const diff = edited(hunks, limit)
    const others = fieldsMarkup(input, about, ["old_string", "new_string", "edits", "file_path"], limit)
    return { ...diff, about, input: html`${diff.input}${others}` }
  }
  const [command, content, todos] = [textAt(input, "command"), textAt(input, "content"), listAt(input, "todos")]
  if (command !== undefined) {
    return { about, input: html`${code(command, limit)}${fieldsMarkup(input, about, ["command"], limit)}` }
  }
  if (todos.length > 0) {
    return { about, input: html`${todosMarkup(todos)}${fieldsMarkup(input, about, ["todos"], limit)}` }
  }
  if (content !== undefined) {
    return { about, input: html`${code(content, limit)}${fieldsMarkup(input, about, ["content", "file_path"], limit)}` }
  }
  return { about, input: fieldsMarkup(input, about, [], limit) }
}
