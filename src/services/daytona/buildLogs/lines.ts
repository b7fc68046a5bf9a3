/** Lines out of bytes that come cut anywhere. */
import * as Stream from "effect/Stream"

/** Characters of the longest line that is kept whole; a longer one comes in several pieces. */
const longestLine = 1024 * 1024

/**
 * The lines of UTF-8 text, without their ends (`\n` or `\r\n`); also the last one when nothing ends it. Bytes that are not
 * UTF-8 become U+FFFD. Each character is looked at once, however the bytes are cut.
 */
export const lines = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<string, E, R> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder()
    let begun: Array<string> = []
    let length = 0
    const ended = (rest: string): string => {
      const line = begun.length === 0 ? rest : begun.join("") + rest
      begun = []
      length = 0
      return line.endsWith("\r") ? line.slice(0, -1) : line
    }
    const read = (text: string): Array<string> => {
      const found: Array<string> = []
      let start = 0
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        found.push(ended(text.slice(start, end)))
        start = end + 1
      }
      if (start < text.length) {
        begun.push(text.slice(start))
        length += text.length - start
        if (length > longestLine) found.push(ended(""))
      }
      return found
    }
    return Stream.concat(
      Stream.mapConcat(bytes, (piece) => read(decoder.decode(piece, { stream: true }))),
      Stream.suspend(() => {
        const last = read(decoder.decode())
        return Stream.fromIterable(begun.length === 0 ? last : [...last, ended("")])
      })
    )
  })
