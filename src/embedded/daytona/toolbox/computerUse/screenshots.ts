/** The endpoints of screenshots. */
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { Refusal } from "../Refusal.js"
import type { Handler, Route } from "../Route.js"
import { type ComputerUse, refusal, requireScreen } from "./ComputerUse.js"
import type { Rectangle } from "./Desktop.js"
import { jpeg } from "./jpeg.js"
import * as picture from "./picture.js"

/** Screenshots, as base64 in JSON. */
export const routes = (use: ComputerUse): ReadonlyArray<Route> => [
  { method: "GET", path: "/computeruse/screenshot", handler: plain(use, whole(use)) },
  { method: "GET", path: "/computeruse/screenshot/region", handler: plain(use, region(use)) },
  { method: "GET", path: "/computeruse/screenshot/compressed", handler: compressed(use, whole(use)) },
  { method: "GET", path: "/computeruse/screenshot/region/compressed", handler: compressed(use, region(use)) }
]

type AreaOf = (query: URLSearchParams) => Effect.Effect<Rectangle, Refusal>

const whole =
  ({ desktop: { height, width } }: ComputerUse): AreaOf =>
  () =>
    Effect.succeed({ x: 0, y: 0, width, height })

/** The part of a region that is on the screen: a picture of any size would take memory and time without a limit. */
const region =
  ({ desktop }: ComputerUse): AreaOf =>
  (query) => {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => {
      const text = query.get(name) ?? ""
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
    })
    if (x === undefined || y === undefined || width === undefined || height === undefined) {
      return Effect.fail(refusal(400, "Invalid parameters"))
    }
    if (width <= 0 || height <= 0) {
      return Effect.fail(refusal(400, "invalid screenshot region: width and height must be greater than zero"))
    }
    const [left, top] = [Math.max(x, 0), Math.max(y, 0)]
    const shown = {
      x: left,
      y: top,
      width: Math.min(x + width, desktop.width) - left,
      height: Math.min(y + height, desktop.height) - top
    }
    return shown.width > 0 && shown.height > 0
      ? Effect.succeed(shown)
      : Effect.fail(refusal(400, "invalid screenshot region: it is not on the screen"))
  }

const captureArea = ({ desktop }: ComputerUse, area: Rectangle, withPointer: boolean) =>
  Effect.gen(function* () {
    const screen = yield* desktop.capture
    const pointer = yield* desktop.pointer
    const image = picture.crop(withPointer ? picture.withPointer(screen, pointer) : screen, area)
    return { image, cursorPosition: withPointer ? pointer : { x: area.x, y: area.y } }
  })

const plain =
  (use: ComputerUse, areaOf: AreaOf): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const area = yield* areaOf(query)
      yield* requireScreen(use)
      const { cursorPosition, image } = yield* captureArea(use, area, showsCursor(query))
      return responses.json(200, { screenshot: picture.png(image).toString("base64"), cursorPosition })
    })

const compressed =
  (use: ComputerUse, areaOf: AreaOf): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const area = yield* areaOf(query)
      yield* requireScreen(use)
      const { cursorPosition, image } = yield* captureArea(use, area, showsCursor(query))
      const format = query.get("format") ?? "png"
      const scaled = picture.scale(image, scaleIn(query))
      // Any other format is a PNG at full size.
      const bytes = format === "jpeg" ? jpeg(scaled) : picture.png(format === "png" ? scaled : image)
      return responses.json(200, {
        screenshot: bytes.toString("base64"),
        ...(showsCursor(query) ? { cursorPosition } : {}),
        sizeBytes: bytes.length
      })
    })

const showsCursor = (query: URLSearchParams): boolean =>
  query.get("showCursor") === "true" || query.get("show_cursor") === "true"

/** An invalid scale is ignored. */
const scaleIn = (query: URLSearchParams): number => {
  const scale = Number(query.get("scale") ?? 1)
  return scale >= 0.1 && scale <= 1 ? scale : 1
}
