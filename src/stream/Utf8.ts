/** Decodes UTF-8 that arrives in pieces. */

/** Created once, since every chunk uses it. */
const moreBytesFollow = { stream: true }

/** Has no state between calls, so all streams share it. Byte order marks are left to the stateful decoder. */
const wholeTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * Makes a decoder for one stream: a function that takes its bytes, cut anywhere (also within a character), and returns
 * the text that they complete. A byte order mark at the start is dropped; bytes that are not UTF-8 become U+FFFD.
 */
export const makeUtf8Decoder = (): ((bytes: Uint8Array) => string) => {
  const decoder = new TextDecoder()
  let isAscii = false
  return (bytes) => {
    // Decoding whole text is four times as fast as `stream` mode if it is ASCII, and half as fast if it is not (Node
    // 20), so the previous chunk decides. It is safe where no character is cut: if both chunks end with ASCII.
    const endsWithAscii = (bytes[bytes.length - 1] ?? 0x80) < 0x80
    const text = isAscii && endsWithAscii ? wholeTextDecoder.decode(bytes) : decoder.decode(bytes, moreBytesFollow)
    isAscii = endsWithAscii && text.length === bytes.length
    return text
  }
}
