/**
 * SHA-256, synchronous. WebCrypto is asynchronous outside Effect's clock, so that a program could not be tested with
 * `TestClock`, and browsers have it only on pages served over HTTPS.
 */

const primes = (count: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}

/** The first 32 bits of the fractional part. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) >>> 0

const constants = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)))
const start = Uint32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)))

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

/** The text, `0x80`, zeros, and the length in bits as 64 bits: whole blocks of 64 bytes. */
const padded = (bytes: Uint8Array): DataView => {
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64))
  new Uint8Array(view.buffer).set(bytes)
  view.setUint8(bytes.length, 0x80)
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.length) * 8n)
  return view
}

/** The digest of the UTF-8 text: 64 hex digits. */
export const sha256 = (text: string): string => {
  const message = padded(new TextEncoder().encode(text))
  const state = Uint32Array.from(start)
  const words = new Uint32Array(64)
  const at = (list: Uint32Array, index: number): number => list[index] ?? 0
  for (let block = 0; block < message.byteLength; block += 64) {
    for (let index = 0; index < 64; index++) {
      if (index < 16) {
        words[index] = message.getUint32(block + index * 4)
        continue
      }
      const early = at(words, index - 15)
      const late = at(words, index - 2)
      words[index] =
        at(words, index - 16) +
        (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
        at(words, index - 7) +
        (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let index = 0; index < 64; index++) {
      const choice = (e & f) ^ (~e & g)
      const majority = (a & b) ^ (a & c) ^ (b & c)
      const first =
        h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + at(constants, index) + at(words, index)
      const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority
      h = g
      g = f
      f = e
      e = (d + first) >>> 0
      d = c
      c = b
      b = a
      a = (first + second) >>> 0
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = at(state, index) + word
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("")
}
