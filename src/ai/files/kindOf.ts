/** What the beginning of a file says that it is. */
import * as Either from "effect/Either"

const signatures: ReadonlyArray<readonly [first: ReadonlyArray<number>, kind: string]> = [
  [[0x89, 0x50, 0x4e, 0x47], "a PNG picture"],
  [[0xff, 0xd8, 0xff], "a JPEG picture"],
  [[0x47, 0x49, 0x46, 0x38], "a GIF picture"],
  [[0x25, 0x50, 0x44, 0x46], "a PDF document"],
  [[0x50, 0x4b, 0x03, 0x04], "a ZIP archive, or a document made of one"],
  [[0x1f, 0x8b], "gzip data"],
  [[0x7f, 0x45, 0x4c, 0x46], "a program (ELF)"],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], "a SQLite database"],
  [[0xff, 0xfe], "text in UTF-16"],
  [[0xfe, 0xff], "text in UTF-16"]
]

const isUtf8 = (bytes: Uint8Array): boolean =>
  Either.isRight(Either.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true })))

export const otherEncoding = "text in another encoding"

/** `undefined` for UTF-8 without NUL, otherwise words that follow "it seems to be". */
export const kindOf = (bytes: Uint8Array): string | undefined => {
  const sample = bytes.subarray(0, 65_536)
  const hasNul = sample.includes(0)
  if (!hasNul && isUtf8(sample)) return undefined
  const known = signatures.find(([first]) => first.every((byte, index) => bytes[index] === byte))?.[1]
  return known ?? (hasNul ? "binary data" : `binary data, or ${otherEncoding}`)
}
