/** Output of programs for a terminal: with its colours, and every other control visible. */
import { visible } from "../../frame/text.js"

const introducer = "\u001b["
const reset = "\u001b[0m"

/** The output as a terminal may have it. Colours end with the text, or are left out. */
export const logText = (output: string, colours: boolean): string => {
  const [beginning = "", ...sequences] = output.split(introducer)
  let isColoured = false
  const rest = sequences.map((text) => {
    const [colour] = /^[\d;:]*m/.exec(text) ?? []
    if (colour === undefined) return visible(introducer + text)
    isColoured = true
    return `${colours ? introducer + colour : ""}${visible(text.slice(colour.length))}`
  })
  return [visible(beginning), ...rest, colours && isColoured ? reset : ""].join("")
}
