/**
 * Decodes the messages of a terminal: output is binary, control messages are text, and the close reason holds the exit.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PtyControl, PtyExit } from "../../../../schema/daytona/toolbox/Pty.js"
import { parsedJson } from "../../../../schema/jsonFields.js"
import type { Message } from "../../../../stream/WebSocket.js"

export type Frame =
  | { readonly _tag: "Output"; readonly bytes: Uint8Array }
  | { readonly _tag: "Connected" }
  | { readonly _tag: "Exited"; readonly exit: PtyExit }
  | { readonly _tag: "Refused"; readonly problem: string }
  /** A message of a newer daemon. */
  | { readonly _tag: "Unknown" }

const encoder = new TextEncoder()

export const frameOf = (message: Message): Frame => {
  if (typeof message !== "string") return { _tag: "Output", bytes: message }
  const control = Schema.decodeUnknownEither(PtyControl)(parsedJson(message))
  // No daemon sends output as text yet; if one did, it would be output.
  if (Either.isLeft(control)) return { _tag: "Output", bytes: encoder.encode(message) }
  const { error, exitCode, exitReason, status, type } = control.right
  if (type !== "control") return { _tag: "Unknown" }
  switch (status) {
    case "connected":
      return { _tag: "Connected" }
    case "error":
      return { _tag: "Refused", problem: error ?? "the daemon did not say why" }
    case "exited":
      return exitCode === undefined
        ? { _tag: "Unknown" }
        : { _tag: "Exited", exit: { exitCode, ...(exitReason === undefined ? {} : { reason: exitReason }) } }
    default:
      return { _tag: "Unknown" }
  }
}

/** The exit in a close reason, if there is one; the close code does not matter. */
export const exitOf = (closeReason: string): PtyExit | undefined =>
  Option.getOrUndefined(Schema.decodeUnknownOption(PtyExit)(parsedJson(closeReason)))
