/** Encodes images as JPEG. */
import type { Image } from "./Desktop.js"

/**
 * Encodes an image as a coarse JPEG that every decoder reads: each block of 8×8 pixels is one shade of grey. This keeps
 * it small and needs no cosine transform.
 */
export const jpeg = (image: Image): Buffer => {
  const bits = bitWriter()
  let previous = 0
  for (let top = 0; top < image.height; top += 8) {
    for (let left = 0; left < image.width; left += 8) {
      // With a quantization of eight, the first coefficient is the mean around zero.
      const level = Math.round(meanLuminance(image, left, top)) - 128
      writeDifference(bits, level - previous)
      previous = level
    }
  }
  return Buffer.concat([header(image), bits.finish(), Buffer.from([0xff, 0xd9])])
}

/** Twelve categories of differences with a code of four bits each; one more bit says that a block has nothing else. */
const categories = 12

const header = ({ height, width }: Image): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from("JFIF\0", "latin1"), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    segment(0xc0, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...codeLengths(4, categories), ...Array.from({ length: categories }, (_, index) => index)]),
    segment(0xc4, [0x10, ...codeLengths(1, 1), 0]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0])
  ])

const segment = (marker: number, content: ReadonlyArray<number>): Buffer => {
  const length = content.length + 2
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content])
}

/** The number of codes of each length from one to sixteen bits. */
const codeLengths = (length: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: 16 }, (_, index) => (index + 1 === length ? count : 0))

const writeDifference = (bits: BitWriter, difference: number) => {
  const category = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference))
  bits.write(category, 4)
  bits.write(difference < 0 ? difference + 2 ** category - 1 : difference, category)
  bits.write(0, 1)
}

interface BitWriter {
  readonly write: (value: number, length: number) => void
  readonly finish: () => Buffer
}

const bitWriter = (): BitWriter => {
  const bytes: Array<number> = []
  let current = 0
  let filled = 0
  const push = (bit: number) => {
    current = (current << 1) | bit
    filled++
    if (filled === 8) {
      bytes.push(current)
      if (current === 0xff) {
        // 0xff would begin a marker.
        bytes.push(0)
      }
      current = 0
      filled = 0
    }
  }
  return {
    write: (value, length) => {
      for (let bit = length - 1; bit >= 0; bit--) push((value >> bit) & 1)
    },
    finish: () => {
      while (filled !== 0) push(1)
      return Buffer.from(bytes)
    }
  }
}

const meanLuminance = ({ height, pixels, width }: Image, left: number, top: number): number => {
  let sum = 0
  let count = 0
  for (let y = top; y < Math.min(top + 8, height); y++) {
    for (let x = left; x < Math.min(left + 8, width); x++) {
      const at = (y * width + x) * 3
      sum += 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0)
      count++
    }
  }
  return sum / count
}
