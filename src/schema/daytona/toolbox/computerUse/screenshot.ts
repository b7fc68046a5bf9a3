/** Pictures of the desktop. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../../wireStruct.js"
import { ScreenPosition } from "./input.js"

const cursor = {
  /** Draw the cursor, and tell where it is; default `false`. */
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
  /** Of JPEG, 1 to 100; default 85. */
  quality: Schema.optional(Schema.Int.pipe(Schema.between(1, 100))),
  /** Of both edges, 0.1 to 1; default 1. */
  scale: Schema.optional(Schema.Number.pipe(Schema.between(0.1, 1)))
}

/** A part of the screen, in pixels. */
export interface ScreenRegion extends Schema.Struct.Type<typeof regionFields> {}

/** What a picture shows. */
export interface ScreenshotOptions extends Schema.Struct.Type<typeof cursor> {}
/** What a picture shows, and how small it is made. */
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

/** A picture of the desktop. */
export interface Screenshot {
  /** The file: PNG, unless JPEG was asked for. */
  readonly image: Uint8Array
  /** Where the cursor is, when it was to be shown. Older daemons tell the corner of the region instead. */
  readonly cursorPosition?: ScreenPosition
}
