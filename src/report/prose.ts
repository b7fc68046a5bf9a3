/**
 * What a model writes is Markdown, most of the time. It is not turned into other text: every character stays where it
 * is, and headings, lists, code and emphasis only look like it. So a page shows nothing that was not written, copying
 * it gives the Markdown, and no parser of Markdown with links, raw HTML and entities stands between a model and a
 * reader.
 */
import { empty, type Html, html } from "./html.js"

type Kind = "text" | "blank" | "heading" | "item" | "quote" | "table" | "rule" | "fence" | "code"

const kindOf = (line: string): Kind => {
  if (line.trim() === "") return "blank"
  if (/^ {0,3}#{1,6} /.test(line)) return "heading"
  if (/^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(line)) return "item"
  if (/^ {0,3}>/.test(line)) return "quote"
  if (/^\s*\|.*\|\s*$/.test(line)) return "table"
  if (/^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line)) return "rule"
  return "text"
}

/** Kinds of which adjacent lines are one block. */
const joined = new Set<Kind>(["text", "quote", "table", "code"])

interface Block {
  readonly kind: Kind
  text: string
}

/** Text with code and bold text in it. */
const inline = (text: string): Html => {
  const parts: Array<Html> = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(/(?<!`)`[^`\n]+`(?!`)|\*\*[^*\n]+\*\*/g)) {
    parts.push(html`${text.slice(end, index)}`)
    const width = found.startsWith("`") ? 1 : 2
    const [open, inside] = [found.slice(0, width), found.slice(width, -width)]
    parts.push(
      width === 1
        ? html`<code><i>${open}</i>${inside}<i>${open}</i></code>`
        : html`<b><i>${open}</i>${inside}<i>${open}</i></b>`
    )
    end = index + found.length
  }
  return html`${parts}${text.slice(end)}`
}

const heading = (text: string): Html => {
  const [mark = ""] = /^ {0,3}#+ /.exec(text) ?? []
  return html`<div class="heading"><i>${mark}</i>${inline(text.slice(mark.length))}</div>`
}

const item = (text: string): Html => {
  const depth = Math.min(4, Math.floor((/^\s*/.exec(text)?.[0].length ?? 0) / 2))
  return html`<div class="item d${depth}">${inline(text)}</div>`
}

/** The mark of a block of code; what follows it is the language. */
const fence = (text: string): Html => {
  const [mark = ""] = /^\s*[`~]+/.exec(text) ?? []
  return html`<div class="fence" translate="no"><i>${mark}</i>${text.slice(mark.length)}</div>`
}

const blockMarkup = ({ kind, text }: Block): Html => {
  switch (kind) {
    case "heading":
      return heading(text)
    case "item":
      return item(text)
    case "fence":
      return fence(text)
    case "code":
    case "table":
      return html`<div class="${kind}" translate="no">${text}</div>`
    case "blank":
    case "rule":
      return html`<div class="${kind}">${text}</div>`
    default:
      return html`<div class="${kind}">${inline(text)}</div>`
  }
}

/** The blocks of a text, whose texts together are that text. */
const blocksOf = (text: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let fence: string | undefined
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const mark = /^\s{0,8}(`{3,}|~{3,})/.exec(line)?.[1]
    let kind: Kind = fence === undefined ? kindOf(line) : "code"
    if (mark !== undefined && fence === undefined) {
      kind = "fence"
      fence = mark
    } else if (mark !== undefined && fence !== undefined && mark.startsWith(fence)) {
      kind = "fence"
      fence = undefined
    }
    const last = blocks.at(-1)
    if (last?.kind === kind && joined.has(kind)) last.text += line
    else blocks.push({ kind, text: line })
  }
  return blocks
}

/** The text, styled by its Markdown. */
export const prose = (text: string): Html => {
  // Both kinds of line endings are the same to a reader.
  const normalized = text.replace(/\r\n?/g, "\n")
  return normalized.trim() === ""
    ? empty
    : html`<div class="prose" dir="auto">${blocksOf(normalized).map(blockMarkup)}</div>`
}
