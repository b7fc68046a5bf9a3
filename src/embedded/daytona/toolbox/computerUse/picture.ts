/** Crops, scales and encodes screenshots. */
import { deflateSync } from "node:zlib"
import type { Image, Point, Rectangle } from "./Desktop.js"

/** A region of an image; black outside of it. */
export const crop = (image: Image, { height, width, x, y }: Rectangle): Image =>
  sampled(image, width, height, (column, row) => ({ x: x + column, y: y + row }))

/** An image scaled by a factor, at least one pixel. */
export const scale = (image: Image, factor: number): Image =>
  sampled(
    image,
    Math.max(1, Math.floor(image.width * factor)),
    Math.max(1, Math.floor(image.height * factor)),
    (column, row) => ({ x: Math.floor(column / factor), y: Math.floor(row / factor) })
  )

const sampled = (
  image: Image,
  width: number,
  height: number,
  sourceOf: (column: number, row: number) => Point
): Image => {
  const pixels = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const { x, y } = sourceOf(column, row)
      if (x >= 0 && y >= 0 && x < image.width && y < image.height) {
        const source = (y * image.width + x) * 3
        pixels.set(image.pixels.subarray(source, source + 3), (row * width + column) * 3)
      }
    }
  }
  return { width, height, pixels }
}

/** An image with the pointer drawn into it as a cross. */
export const withPointer = (image: Image, { x, y }: Point): Image => {
  const pixels = image.pixels.slice()
  const dot = (column: number, row: number) => {
    if (column >= 0 && row >= 0 && column < image.width && row < image.height) {
      pixels.set([255, 0, 0], (row * image.width + column) * 3)
    }
  }
  for (let offset = -10; offset <= 10; offset++) {
    dot(x + offset, y)
    dot(x, y + offset)
  }
  return { ...image, pixels }
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Encodes an image as PNG. */
export const png = ({ height, pixels, width }: Image): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits each for red, green and blue.
  header.set([8, 2, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (width * 3 + 1))
  for (let row = 0; row < height; row++) {
    rows.set(pixels.subarray(row * width * 3, (row + 1) * width * 3), row * (width * 3 + 1) + 1)
  }
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0))
  ])
}

const chunk = (type: string, data: Uint8Array): Buffer => {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data])
  const framed = Buffer.alloc(content.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(content, 4)
  framed.writeUInt32BE(checksum(content), content.length + 4)
  return framed
}

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1
  return remainder
})

const checksum = (bytes: Uint8Array): number => {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (remainders[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return (sum ^ 0xffffffff) >>> 0
}
