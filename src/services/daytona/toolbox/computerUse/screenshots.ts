/** Pictures of the desktop. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  CompressedQuery,
  CompressedRegionQuery,
  type CompressionOptions,
  RegionQuery,
  type ScreenRegion,
  type Screenshot,
  type ScreenshotOptions,
  ScreenshotQuery,
  ScreenshotResponse
} from "../../../../schema/daytona/toolbox/computerUse/screenshot.js"
import type { Toolbox } from "../Toolbox.js"

/**
 * Pictures of the first display. One that is larger than 7.5 MB is `InvalidResponse`: ask for a compressed one, or for a
 * region.
 */
export interface Screenshots {
  /** The whole screen, as PNG. `GET /computeruse/screenshot` */
  readonly full: (options?: ScreenshotOptions) => Effect.Effect<Screenshot, ApiError>
  /** A part of it, as PNG. `GET /computeruse/screenshot/region` */
  readonly region: (region: ScreenRegion & ScreenshotOptions) => Effect.Effect<Screenshot, ApiError>
  /** The whole screen, smaller. `GET /computeruse/screenshot/compressed` */
  readonly compressed: (options?: ScreenshotOptions & CompressionOptions) => Effect.Effect<Screenshot, ApiError>
  /** A part of it, smaller. `GET /computeruse/screenshot/region/compressed` */
  readonly compressedRegion: (
    region: ScreenRegion & ScreenshotOptions & CompressionOptions
  ) => Effect.Effect<Screenshot, ApiError>
}

const success = ScreenshotResponse

export const operations = {
  full: Operation.make("ComputerUse.screenshot.full", "GET", "/computeruse/screenshot", {
    query: ScreenshotQuery,
    success
  }),
  region: Operation.make("ComputerUse.screenshot.region", "GET", "/computeruse/screenshot/region", {
    query: RegionQuery,
    success
  }),
  compressed: Operation.make("ComputerUse.screenshot.compressed", "GET", "/computeruse/screenshot/compressed", {
    query: CompressedQuery,
    success
  }),
  compressedRegion: Operation.make(
    "ComputerUse.screenshot.compressedRegion",
    "GET",
    "/computeruse/screenshot/region/compressed",
    { query: CompressedRegionQuery, success }
  )
}

/** Without the cursor, daemons tell some place or other. */
const pictureOf =
  ({ showCursor = false }: ScreenshotOptions) =>
  <E>(answer: Effect.Effect<typeof ScreenshotResponse.Type, E>): Effect.Effect<Screenshot, E> =>
    Effect.map(answer, ({ cursorPosition, image }) =>
      showCursor && cursorPosition !== undefined ? { image, cursorPosition } : { image }
    )

export const make = (toolbox: Toolbox.Service): Screenshots => ({
  full: (query = {}) => pictureOf(query)(toolbox.call(operations.full, { query })),
  region: (query) => pictureOf(query)(toolbox.call(operations.region, { query })),
  compressed: (query = {}) => pictureOf(query)(toolbox.call(operations.compressed, { query })),
  compressedRegion: (query) => pictureOf(query)(toolbox.call(operations.compressedRegion, { query }))
})
