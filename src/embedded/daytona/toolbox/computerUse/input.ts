/** The endpoints for mouse and keyboard. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { flag, integer, text, texts } from "../jsonBody.js"
import type { Refusal } from "../Refusal.js"
import type { Handler, Route } from "../Route.js"
import { bodyReader, type ComputerUse, refusal, requireScreen } from "./ComputerUse.js"
import type { Button } from "./Desktop.js"
import { type Chord, chordOf, hotkeyOf, untypable } from "./keyNames.js"

const Move = Schema.Struct({ x: integer, y: integer })
const Click = Schema.Struct({ x: integer, y: integer, button: text, double: flag })
const Drag = Schema.Struct({ startX: integer, startY: integer, endX: integer, endY: integer, button: text })
const Scroll = Schema.Struct({ x: integer, y: integer, direction: text, amount: integer })
const Type = Schema.Struct({ text, delay: integer })
const Press = Schema.Struct({ key: text, modifiers: texts })
const Hotkey = Schema.Struct({ keys: text })

/** Mouse and keyboard. */
export const routes = (use: ComputerUse): ReadonlyArray<Route> => {
  const { desktop } = use

  const pointer = Effect.map(desktop.pointer, ({ x, y }) => responses.json(200, { x, y }))

  /** Reads and validates the body before anything happens on the screen. */
  const input = <A, I>(schema: Schema.Schema<A, I>, act: (wanted: A) => ReturnType<Handler>): Handler => {
    const read = bodyReader(schema)
    return (request) => Effect.flatMap(read(request), (wanted) => Effect.zipRight(requireScreen(use), act(wanted)))
  }

  // The older plugin does not survive a look at a display that is not there.
  const position: Handler = () =>
    requireScreen(use).pipe(
      Effect.tapError(() =>
        Effect.sync(() => {
          use.hasCrashed = use.machine.generation === "0.190"
        })
      ),
      Effect.zipRight(pointer)
    )

  const press = (chord: Chord | string) =>
    typeof chord === "string"
      ? Effect.fail(refusal(400, chord))
      : Effect.as(desktop.perform({ type: "key", ...chord }), responses.json(200, {}))

  const handlers: ReadonlyArray<readonly [string, Handler]> = [
    ["mouse/move", input(Move, (to) => Effect.zipRight(desktop.perform({ type: "move", to }), pointer))],
    [
      "mouse/click",
      input(Click, ({ button: name, double, x, y }) =>
        Effect.gen(function* () {
          const button = yield* buttonOf(name)
          yield* desktop.perform({ type: "click", at: { x, y }, button, double })
          return yield* pointer
        })
      )
    ],
    [
      "mouse/drag",
      input(Drag, ({ button: name, endX, endY, startX, startY }) =>
        Effect.gen(function* () {
          const button = yield* buttonOf(name)
          const from = { x: startX, y: startY }
          // The daemon clicks where the drag begins.
          yield* desktop.perform({ type: "click", at: from, button, double: false })
          yield* desktop.perform({ type: "drag", from, to: { x: endX, y: endY }, button })
          return yield* pointer
        })
      )
    ],
    [
      "mouse/scroll",
      input(Scroll, ({ amount, direction: given, x, y }) =>
        Effect.gen(function* () {
          const direction = given.trim().toLowerCase()
          if (direction !== "up" && direction !== "down") {
            return yield* refusal(400, `unsupported scroll direction ${JSON.stringify(given)}: expected up or down`)
          }
          if (amount < 0) return yield* refusal(400, "scroll amount must be greater than or equal to 0")
          yield* desktop.perform({ type: "scroll", at: { x, y }, direction, amount: amount === 0 ? 1 : amount })
          return responses.json(200, { success: true })
        })
      )
    ],
    [
      "keyboard/type",
      input(Type, ({ text }) => {
        const problem = untypable(text)
        return problem === undefined
          ? Effect.as(desktop.perform({ type: "text", text }), responses.json(200, {}))
          : Effect.fail(refusal(400, problem))
      })
    ],
    ["keyboard/key", input(Press, ({ key, modifiers }) => press(chordOf(key, modifiers)))],
    ["keyboard/hotkey", input(Hotkey, ({ keys }) => press(hotkeyOf(keys)))]
  ]

  return [
    { method: "GET", path: "/computeruse/mouse/position", handler: position },
    ...handlers.map(([path, handler]): Route => ({ method: "POST", path: `/computeruse/${path}`, handler }))
  ]
}

const buttonOf = (given: string): Effect.Effect<Button, Refusal> => {
  const name = given.trim().toLowerCase()
  switch (name) {
    case "":
      return Effect.succeed("left")
    case "left":
    case "right":
    case "middle":
      return Effect.succeed(name)
    default:
      return Effect.fail(
        refusal(400, `unsupported mouse button ${JSON.stringify(given)}: expected one of left, right, middle`)
      )
  }
}
