/** Markup that cannot contain what others wrote, except as text. */

/** Markup of ours. Only the template `html` makes it. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Part = Html | string | number | undefined | ReadonlyArray<Html>

export const empty = new Html("")

/** Made visible: they would be lost on the way to a browser, or would show text in another order than it is in. */
const invisible = /\r\n?|[^\P{Cc}\t\n]|\p{Cs}|[\u202a-\u202e\u2066-\u2069\ufeff]/gu

const named = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (character.startsWith("\r")) return "\n"
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return "\u2421"
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd"
  return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`
}

/**
 * Text as a page shows it. Line endings become `\n`; other control characters, half characters and the controls of
 * writing direction become visible; all else is as it was.
 */
export const shown = (text: string): string => text.replace(invisible, named)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** For elements and quoted attributes. */
const escaped = (text: string): string => shown(text).replace(/[&<>"']/g, (character) => entities[character] ?? "")

const markupOf = (part: Part): string => {
  if (part === undefined) return ""
  if (part instanceof Html) return part.markup
  return typeof part === "object" ? part.map(markupOf).join("") : escaped(String(part))
}

/** A template of markup: what is inserted is escaped, for elements and quoted attributes, unless it is markup. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(strings.map((string, index) => (index === 0 ? string : markupOf(parts[index - 1]) + string)).join(""))

/** Preformatted text. A parser drops one line break behind the tag, so that of the text would be lost. */
export const pre = (content: Html, kind: string): Html => html`<pre class="${kind}" translate="no" tabindex="0">
${content}</pre>`
