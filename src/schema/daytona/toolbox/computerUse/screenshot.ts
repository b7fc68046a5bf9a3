/** Screenshots of the desktop. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../../wireStruct.js"
import { ScreenPosition } from "./input.js"

const cursor = {
  /** Draws the cursor and returns its position; default `false`. */
  showCursor: Schema.optional(Schema.Boolean)
}

const regionFields = {
  x: Schema.Int,
  y: Schema.Int,
  width: Schema.Int.pipe(Schema.positive()),
  height: Schema.Int.pipe(Schema.positive())
}

const compressionFields = {
  /** Default `png`. */
  format: Schema.optional(Schema.Literal("png", "jpeg")),
  /** For JPEG, 1 to 100; default 85. */
  quality: Schema.optional(Schema.Int.pipe(Schema.between(1, 100))),
  /** Scale factor, 0.1 to 1; default 1. */
  scale: Schema.optional(Schema.Number.pipe(Schema.between(0.1, 1)))
}

/** A region of the screen, in pixels. */
export interface ScreenRegion extends Schema.Struct.Type<typeof regionFields> {}

/** What a screenshot shows. */
export interface ScreenshotOptions extends Schema.Struct.Type<typeof cursor> {}
/** Format, quality and scale of a screenshot. */
export interface CompressionOptions extends Schema.Struct.Type<typeof compressionFields> {}

export const ScreenshotQuery = wireStruct(cursor)
export const RegionQuery = wireStruct({ ...regionFields, ...cursor })
export const CompressedQuery = wireStruct({ ...cursor, ...compressionFields })
export const CompressedRegionQuery = wireStruct({ ...regionFields, ...cursor, ...compressionFields })

export const ScreenshotResponse = wireStruct(
  {
    image: Schema.Uint8ArrayFromBase64,
    cursorPosition: Schema.optional(ScreenPosition),
    sizeBytes: Schema.optional(Schema.Number)
  },
  { wireNames: { image: "screenshot" } }
)

const shotFields = {
  /** A PNG file, or JPEG if requested. */
  image: Schema.Uint8ArrayFromBase64,
  /** The position of the cursor, with `showCursor`. Older daemons report the corner of the region instead. */
  cursorPosition: Schema.optional(Schema.typeSchema(ScreenPosition))
}

/** A screenshot of the desktop. */
export interface Screenshot extends Schema.Struct.Type<typeof shotFields> {}
export const Screenshot = Schema.Struct(shotFields)
