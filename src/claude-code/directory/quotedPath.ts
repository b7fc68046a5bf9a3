/** Paths as git prints and reads them: quoted like strings of C where they have unusual bytes. */

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, "\\": 92 }

const encoder = new TextEncoder()

/** The bytes of a path that git printed. */
export const bytesOf = (printed: string): Uint8Array => {
  if (!printed.startsWith('"')) return encoder.encode(printed)
  const bytes: Array<number> = []
  for (const [, octal, letter, plain] of printed.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (letter !== undefined) bytes.push(escapes[letter] ?? letter.charCodeAt(0))
    else bytes.push(...encoder.encode(plain))
  }
  return Uint8Array.from(bytes)
}

/** Bytes that stand for something else in a pattern. */
const special = new Set([..."*?[\\"].map((character) => character.charCodeAt(0)))

/** A pattern for `.gitattributes` that matches a path and nothing else. */
export const patternOf = (path: Uint8Array): string => {
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, "0")}`
  return `"/${[...path].map((byte) => (special.has(byte) ? `${octal(92)}${octal(byte)}` : octal(byte))).join("")}"`
}
