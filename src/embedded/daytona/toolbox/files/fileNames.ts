/** The parameters of a `Content-Disposition` that name a file: once for readers of Latin-1, once for those of RFC 5987. */
export const parameters = (name: string): string => `filename="${quoted(name)}"; filename*=utf-8''${encoded(name)}`

// Line breaks would end the header; what Latin-1 lacks is replaced.
const quoted = (name: string): string =>
  [...name]
    .map((letter) => (letter === '"' || letter === "\\" ? `\\${letter}` : isPlain(letter) ? letter : "?"))
    .join("")

const isPlain = (letter: string): boolean => {
  const code = letter.codePointAt(0) ?? 0
  return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff)
}

const encoded = (name: string): string =>
  encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  )
