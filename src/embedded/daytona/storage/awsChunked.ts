/**
 * Decodes a body in `aws-chunked` encoding: chunks preceded by their lengths, and trailers after the last one. Chunk
 * signatures are not verified. `undefined` when the body is incomplete.
 */
export const decode = (body: Uint8Array): Uint8Array | undefined => {
  const parts: Array<Uint8Array> = []
  let offset = 0
  while (true) {
    const end = body.indexOf(0x0d, offset)
    const size = end === -1 ? Number.NaN : Number.parseInt(new TextDecoder().decode(body.subarray(offset, end)), 16)
    if (Number.isNaN(size)) return undefined
    if (size === 0) return Buffer.concat(parts)
    const begin = end + 2
    if (begin + size > body.length) return undefined
    parts.push(body.subarray(begin, begin + size))
    offset = begin + size + 2
  }
}
