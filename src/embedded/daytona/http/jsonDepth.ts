const [quote, backslash, opening, closing] = ['"', "\\", "[{", "]}"]

/** How deeply a JSON text is nested. What follows the value in it counts, too. */
export const jsonDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  let isQuoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === quote) isQuoted = !isQuoted
    else if (isQuoted) index += character === backslash ? 1 : 0
    else if (opening.includes(character)) deepest = Math.max(deepest, ++depth)
    else if (closing.includes(character)) depth--
  }
  return deepest
}
