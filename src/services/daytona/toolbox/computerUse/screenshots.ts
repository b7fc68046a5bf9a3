/** Screenshots of the desktop. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Arguments from "../../../../internal/arguments.js"
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
 * Screenshots of the first display. One larger than 7.5 MB is `InvalidResponse`: take a compressed one, or a region.

 */
export interface Screenshots {
  /** The whole screen, as PNG. `GET /computeruse/screenshot` */
  readonly full: (options?: ScreenshotOptions) => Effect.Effect<Screenshot, ApiError>
  /** A region, as PNG. `GET /computeruse/screenshot/region` */
  readonly region: (region: ScreenRegion & ScreenshotOptions) => Effect.Effect<Screenshot, ApiError>
  /** The whole screen, compressed. `GET /computeruse/screenshot/compressed` */
  readonly compressed: (options?: ScreenshotOptions & CompressionOptions) => Effect.Effect<Screenshot, ApiError>
  /** A region, compressed. `GET /computeruse/screenshot/region/compressed` */
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

/** Without `showCursor`, the position that daemons report is arbitrary. */
const screenshotOf =
  ({ showCursor = false }: ScreenshotOptions) =>
  <E>(answer: Effect.Effect<typeof ScreenshotResponse.Type, E>): Effect.Effect<Screenshot, E> =>
    Effect.map(answer, ({ cursorPosition, image }) =>
      showCursor && cursorPosition !== undefined ? { image, cursorPosition } : { image }
    )

const { effect } = Arguments.methodsOf("daytona", "ComputerUse.screenshot")

const checked = (methods: Screenshots): Screenshots => ({
  ...methods,
  full: effect("full", { options: Arguments.options({}) }, methods.full),
  region: effect("region", { region: Arguments.unnamed(Arguments.struct({})) }, methods.region),
  compressed: effect("compressed", { options: Arguments.options({}) }, methods.compressed),
  compressedRegion: effect(
    "compressedRegion",
    { region: Arguments.unnamed(Arguments.struct({})) },
    methods.compressedRegion
  )
})

export const make = (toolbox: Toolbox.Service): Screenshots =>
  checked({
    full: (query = {}) => screenshotOf(query)(toolbox.call(operations.full, { query })),
    region: (query) => screenshotOf(query)(toolbox.call(operations.region, { query })),
    compressed: (query = {}) => screenshotOf(query)(toolbox.call(operations.compressed, { query })),
    compressedRegion: (query) => screenshotOf(query)(toolbox.call(operations.compressedRegion, { query }))
  })
