/** UTF-8 that arrives in pieces. */

/** Created once, since every chunk needs it. */
const moreBytesFollow = { stream: true }

/** Keeps no state between calls, so all streams share it; a byte order mark is for the stateful decoder to strip. */
const wholeTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * Makes a decoder for one stream: a function that takes its bytes, cut anywhere (also within a character), and returns
 * the text they complete. A byte order mark at the start is dropped; bytes that are not UTF-8 become U+FFFD.
 */
export const makeUtf8Decoder = (): ((bytes: Uint8Array) => string) => {
  const decoder = new TextDecoder()
  let isAscii = false
  return (bytes) => {
    // Decoding whole text is four times as fast as decoding in `stream` mode when it is ASCII, and half as fast when it is
    // not (Node 20), so the previous chunk decides. It is safe where no character is cut: when both chunks end with ASCII.
    const endsWithAscii = (bytes[bytes.length - 1] ?? 0x80) < 0x80
    const text = isAscii && endsWithAscii ? wholeTextDecoder.decode(bytes) : decoder.decode(bytes, moreBytesFollow)
    isAscii = endsWithAscii && text.length === bytes.length
    return text
  }
}
