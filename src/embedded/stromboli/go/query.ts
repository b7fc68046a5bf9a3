/** Query strings as Go reads them. */

/**
 * Parses a query (without the `?`) as Go does: a parameter with a broken escape or a semicolon is dropped, silently. Of
 * a repeated key, `get` returns the first value.
 */
export const parse = (query: string): URLSearchParams => {
  const parsed = new URLSearchParams()
  for (const part of query.split("&")) {
    const equals = part.indexOf("=")
    const key = unescapeComponent(equals === -1 ? part : part.slice(0, equals))
    const value = unescapeComponent(equals === -1 ? "" : part.slice(equals + 1))
    if (part !== "" && !part.includes(";") && key !== undefined && value !== undefined) parsed.append(key, value)
  }
  return parsed
}

/** Decodes the escapes of a text, valid UTF-8 or not; `undefined` if one of them is broken. */
export const unescape = (text: string): string | undefined =>
  /%(?![0-9a-fA-F]{2})/.test(text)
    ? undefined
    : text.replace(/(%[0-9a-fA-F]{2})+/g, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString())

const unescapeComponent = (text: string): string | undefined => unescape(text.replaceAll("+", " "))
