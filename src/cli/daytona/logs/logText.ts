/** Output of programs for a terminal: with its colours, and every other control visible. */
import { visible } from "../../frame/text.js"

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what it finds.
const colour = /(\u001b\[[\d;:]*m)/

const reset = "\u001b[0m"

/** The output as a terminal may have it. Colours end with the text, or are left out. */
export const logText = (output: string, colours: boolean): string => {
  const parts = output.split(colour)
  const text = parts.map((part, index) => (index % 2 === 0 ? visible(part) : colours ? part : "")).join("")
  return colours && parts.length > 1 ? `${text}${reset}` : text
}
