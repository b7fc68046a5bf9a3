/** The headers of a downloaded file. */
import { extname } from "node:path"

/** The types that Go has built in. */
const types: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".htm": "text/html; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".xml": "text/xml; charset=utf-8"
}

/** The content type of a file, by its extension. */
export const contentTypeOf = (path: string): string => types[extname(path).toLowerCase()] ?? "application/octet-stream"

/** The parameters of a `Content-Disposition` that name a file, in Latin-1 and as specified by RFC 5987. */
export const fileNameParameters = (name: string): string =>
  `filename="${quoted(name)}"; filename*=utf-8''${encoded(name)}`

// Line breaks would end the header; characters outside Latin-1 are replaced.
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
