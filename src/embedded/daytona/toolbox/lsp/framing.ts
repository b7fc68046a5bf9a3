/** The framing of JSON-RPC messages to and from a language server: a header with the length in bytes, then JSON. */

/** The longest header, in bytes. */
const headerLimit = 8192

/** The longest message, in bytes. */
const messageLimit = 64 * 1024 * 1024

const headerEnd = Buffer.from("\r\n\r\n")

export const encode = (message: unknown): Uint8Array => {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
}

/** The messages decoded from a chunk. Nothing follows a frame that cannot be read (`broken`). */
export interface Decoded {
  readonly messages: ReadonlyArray<unknown>
  readonly broken: boolean
}

/** Decodes chunks of any size into the messages that they complete. */
export const decoder = (): ((bytes: Uint8Array) => Decoded) => {
  let held: Array<Uint8Array> = []
  let length = 0
  // The length of the message whose header has been read.
  let wanted: number | undefined
  let broken = false

  const keep = (bytes: Uint8Array) => {
    held = bytes.length === 0 ? [] : [bytes]
    length = bytes.length
  }

  const joined = (): Buffer => {
    const [first] = held
    const bytes =
      held.length === 1 && first !== undefined
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(held)
    keep(bytes)
    return bytes
  }

  const next = (): { readonly message: unknown } | undefined => {
    if (wanted === undefined) {
      const bytes = joined()
      const end = bytes.indexOf(headerEnd)
      if (end === -1) {
        broken = bytes.length > headerLimit
        return undefined
      }
      wanted = lengthIn(bytes.toString("latin1", 0, end))
      broken = wanted === undefined
      keep(bytes.subarray(end + headerEnd.length))
    }
    if (wanted === undefined || length < wanted) return undefined
    const bytes = joined()
    const message = parse(bytes.toString("utf8", 0, wanted))
    broken = message === undefined
    keep(bytes.subarray(wanted))
    wanted = undefined
    return message
  }

  return (bytes) => {
    held.push(bytes)
    length += bytes.length
    const messages: Array<unknown> = []
    for (let found = broken ? undefined : next(); found !== undefined; found = next()) messages.push(found.message)
    return { messages, broken }
  }
}

const lengthIn = (header: string): number | undefined => {
  const digits = /^content-length: *(\d+) *$/im.exec(header)?.[1]
  const length = Number(digits)
  return digits !== undefined && length <= messageLimit ? length : undefined
}

const parse = (text: string): { readonly message: unknown } | undefined => {
  try {
    return { message: JSON.parse(text) }
  } catch {
    return undefined
  }
}
