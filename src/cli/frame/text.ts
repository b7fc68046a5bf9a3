/**
 * Text for people, in pieces with styles. Everything that is shown goes through {@link render}, which makes control
 * characters visible: what a server or a model says cannot move the cursor, change a title or recolour a line.
 */
import { styleText } from "node:util"

/** How a piece of text looks where there are colours. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan"

/** A text, with or without a style, or several one after another. */
export type Text = string | Styled | ReadonlyArray<Text>

interface Styled {
  readonly style: Style
  readonly text: Text
}

const styled =
  (style: Style) =>
  (text: Text): Text => ({ style, text })

export const bold = styled("bold")
export const dim = styled("dim")
export const red = styled("red")
export const green = styled("green")
export const yellow = styled("yellow")
export const cyan = styled("cyan")

/**
 * Controls of terminals, and what reorders or hides text: C0 without tab and line feed, DEL, C1, zero-width and
 * bidirectional formatting, line separators, tags, and halves of surrogate pairs. A zero-width joiner is left alone,
 * since emoji consist of it.
 */
const unsafe = new RegExp(
  [
    /(?![\t\n])\p{Cc}|\p{Surrogate}/u,
    /[\u00ad\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u
  ]
    .map(({ source }) => source)
    .join("|"),
  "gu"
)

const escapeOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  // The control pictures, which are as wide as one letter.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return "\u2421"
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`
}

/** The text with every control character in a visible form. A line feed after a carriage return ends a line, too. */
export const visible = (text: string): string => text.replaceAll("\r\n", "\n").replace(unsafe, escapeOf)

/** As {@link visible}, on one line. */
export const oneLine = (text: string): string => visible(text).replaceAll("\n", "\u240a").replaceAll("\t", "\u2409")

/** The text as a terminal or a file receives it. */
export const render = (text: Text, colours: boolean): string => {
  if (typeof text === "string") return visible(text)
  if ("style" in text) {
    const inner = render(text.text, colours)
    return colours && inner !== "" ? styleText(text.style, inner) : inner
  }
  return text.map((each) => render(each, colours)).join("")
}

/** The text without styles, not yet made visible. */
export const plain = (text: Text): string =>
  typeof text === "string" ? text : "style" in text ? plain(text.text) : text.map(plain).join("")

/** JSON on one line, in which every control character is escaped. */
export const json = (value: unknown): string =>
  JSON.stringify(value).replace(unsafe, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join("")
  )
