/** A terminal with one connection. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ApiError, Gone, InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import type { PtyDetached, PtyEnded } from "../../../../errors/daytona/pty.js"
import { shownAs } from "../../../../internal/shown.js"
import type { TerminalHandle } from "../../../../schema/daytona/Handles.js"
import type { PtyExit, PtyId, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"
import { makeUtf8Decoder } from "../../../../stream/Utf8.js"
import type { Toolbox } from "../Toolbox.js"
import * as PtyAttachment from "./attachment.js"
import * as TerminalOutput from "./terminalOutput.js"

/** What every attached terminal has. */
export interface TerminalControls {
  readonly id: PtyId
  /** Finds it again from another process: see `Pty.attach`. */
  readonly handle: TerminalHandle
  /** Resizes the terminal. Fails with `Gone` when the shell has ended. `POST /process/pty/{sessionId}/resize` */
  readonly resize: (size: PtySize) => Effect.Effect<PtySession, ApiError | NotFound | Gone>
  /**
   * Kills the shell and what runs below it; succeeds if it has ended already. What has left the terminal (`setsid`, a
   * daemon) survives. `DELETE /process/pty/{sessionId}`
   */
  readonly kill: Effect.Effect<void, ApiError>
}

/** A terminal with one connection. When it is lost, `Pty.attach` can attach to the same shell again. */
export interface Terminal extends TerminalControls {
  /**
   * The output since the attachment, as bytes; an element may end inside a character. Ends when the shell has ended,
   * and fails with `PtyDetached` when the connection is lost before.
   *
   * **The end does not prove that the last output has arrived**: older daemons close the connection as soon as the
   * shell has ended, before what they still have to send, and nothing tells whether there was something. Keep the shell
   * for a moment after the last output (`make; sleep 1; exit`), or use `Process.stream`, which loses nothing.
   *
   * Backpressure reaches the socket, and a consumer that pauses for too long loses the connection (`slowConsumer`). The
   * stream can be run again and continues where it stopped. Concurrent consumers share the elements.
   */
  readonly output: Stream.Stream<Uint8Array, PtyDetached>
  /** Like `output`, as text in whole characters; invalid UTF-8 becomes U+FFFD. */
  readonly outputText: Stream.Stream<string, PtyDetached>
  /**
   * Sends input unchanged: a line ends with `\n`, Ctrl+C is `\x03`. Waits while the connection cannot take more. Fails
   * with `PtyEnded` when the shell has ended, and with `PtyDetached` when the connection is lost: part of the input may
   * have arrived.
   */
  readonly send: (input: string | Uint8Array) => Effect.Effect<void, InvalidRequest | PtyDetached | PtyEnded>
  /** Sends every input, like `send`. */
  readonly input: Sink.Sink<void, string | Uint8Array, never, InvalidRequest | PtyDetached | PtyEnded>
  /**
   * Waits until the shell has ended. A non-zero exit code is not a failure: it is a value. Fails with `PtyDetached`
   * when the connection is lost before.
   *
   * Works without a consumer of `output`: meanwhile the last 128 messages of the daemon (at most 32 KiB each) are kept
   * for one, and older output is discarded.
   */
  readonly exit: Effect.Effect<PtyExit, PtyDetached>
}

/** Prints as its handle. */
export const shown = <A extends TerminalControls>(terminal: A): A =>
  shownAs(terminal, ({ handle }) => ({ _id: "Terminal", ...handle }))

/** One decoder for all runs of the stream: a run that stops inside a character leaves it to the next one. */
const asText = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<string, E> =>
  Stream.map(bytes, makeUtf8Decoder())

/** Attaches to a terminal. */
export const attach = (
  toolbox: Toolbox.Service,
  controls: TerminalControls
): Effect.Effect<Terminal, PtyAttachment.AttachError, Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* TerminalOutput.make<Uint8Array, PtyDetached>()
    const attachment = yield* PtyAttachment.attach(toolbox, controls.id, {
      output: output.offer,
      exited: output.exited,
      ended: output.ended
    })
    return shown({
      ...controls,
      output: output.stream,
      outputText: asText(output.stream),
      send: attachment.send,
      input: Sink.forEach(attachment.send),
      exit: output.exit
    })
  })
