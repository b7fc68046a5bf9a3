/** The keyboard of the desktop. */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Arguments from "../../../../internal/arguments.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  KeyboardHotkey,
  KeyboardPress,
  KeyboardType,
  type KeyModifier
} from "../../../../schema/daytona/toolbox/computerUse/input.js"
import type { Toolbox } from "../Toolbox.js"
import { isValid, type StartedDesktop } from "./started.js"

/**
 * Key names: letters, digits and punctuation as they are; `enter`, `escape`, `tab`, `space`, `backspace`, `delete`,
 * `insert`, `home`, `end`, `pageup`, `pagedown`, `up`, `down`, `left`, `right`, `f1` to `f24`, `num0` to `num9`,
 * `menu`, `capslock`.
 */
export interface Keyboard {
  /**
   * Types a text; `\n` is the Enter key. Other control characters, including tabs, are `BadRequest`: use `press`. The
   * deadline is 10 minutes, because the daemon responds when everything is typed. `POST /computeruse/keyboard/type`
   */
  readonly type: (
    text: string,
    options?: {
      /** The pause between characters, in whole milliseconds; default none. */
      readonly delay?: Duration.DurationInput | undefined
    }
  ) => Effect.Effect<void, ApiError>
  /** Presses a key while holding modifiers. `POST /computeruse/keyboard/key` */
  readonly press: (
    key: string,
    options?: { readonly modifiers?: ReadonlyArray<KeyModifier> | undefined }
  ) => Effect.Effect<void, ApiError>
  /** Presses a key combination such as `ctrl+shift+t`: modifiers, then one key. `POST /computeruse/keyboard/hotkey` */
  readonly hotkey: (keys: string) => Effect.Effect<void, ApiError>
}

const success = Schema.Void

export const operations = {
  type: Operation.make("ComputerUse.keyboard.type", "POST", "/computeruse/keyboard/type", {
    body: KeyboardType,
    success,
    timeout: "10 minutes"
  }),
  press: Operation.make("ComputerUse.keyboard.press", "POST", "/computeruse/keyboard/key", {
    body: KeyboardPress,
    success
  }),
  hotkey: Operation.make("ComputerUse.keyboard.hotkey", "POST", "/computeruse/keyboard/hotkey", {
    body: KeyboardHotkey,
    success
  })
}

const { effect } = Arguments.methodsOf("daytona", "ComputerUse.keyboard")

const checked = (methods: Keyboard): Keyboard => ({
  ...methods,
  type: effect(
    "type",
    { text: Arguments.text, options: Arguments.options({ delay: Arguments.duration }) },
    methods.type
  ),
  press: effect("press", { key: Arguments.text, options: Arguments.options({}) }, methods.press)
})

export const make = (toolbox: Toolbox.Service, { needed }: StartedDesktop): Keyboard =>
  checked({
    type: (text, { delay } = {}) => {
      const body = { text, delay: delay === undefined ? undefined : Math.round(Duration.toMillis(delay)) }
      return needed(operations.type, isValid(operations.type, body), toolbox.call(operations.type, { body }))
    },
    press: (key, { modifiers } = {}) => {
      const body = { key, modifiers }
      return needed(operations.press, isValid(operations.press, body), toolbox.call(operations.press, { body }))
    },
    hotkey: (keys) =>
      needed(
        operations.hotkey,
        isValid(operations.hotkey, { keys }),
        toolbox.call(operations.hotkey, { body: { keys } })
      )
  })
