/** A terminal that somebody is attached to. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ApiError, Gone, NotFound } from "../../../../errors/ApiError.js"
import type { PtyDetached, PtyEnded } from "../../../../errors/daytona/pty.js"
import type { PtyExit, PtyId, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"
import { makeUtf8Decoder } from "../../../../stream/Utf8.js"
import type { Toolbox } from "../Toolbox.js"
import * as PtyAttachment from "./attachment.js"
import * as TerminalOutput from "./terminalOutput.js"

/** What can be done with any terminal that somebody is attached to. */
export interface TerminalControls {
  readonly id: PtyId
  /** Changes the size. Fails with `Gone` when the shell has ended. `POST /process/pty/{sessionId}/resize` */
  readonly resize: (size: PtySize) => Effect.Effect<PtySession, ApiError | NotFound | Gone>
  /** Kills the shell and all in it; that it has ended is fine. `DELETE /process/pty/{sessionId}` */
  readonly kill: Effect.Effect<void, ApiError>
}

/** A terminal, attached to once. When the connection is lost, `Pty.attach` may go on with the same shell. */
export interface Terminal extends TerminalControls {
  /**
   * What is printed from the attachment on, as bytes: mind that characters may be cut. It ends when the shell has ended, and fails
   * with `PtyDetached` when the connection is lost before.
   *
   * Reading pulls: a reader that stops stops the socket, and one that stops for long loses the connection (`slowConsumer`). It can
   * be run again and goes on where it was. Two readers at the same time share what comes.
   */
  readonly output: Stream.Stream<Uint8Array, PtyDetached>
  /** As `output`, as text: characters are whole, and what is not UTF-8 becomes U+FFFD. */
  readonly outputText: Stream.Stream<string, PtyDetached>
  /**
   * Types something. Nothing is added: a line ends with `\n`, Ctrl+C is `\x03`. Waits while the connection cannot take more. Fails
   * with `PtyEnded` when the shell has ended, and with `PtyDetached` when the connection is lost: part of the input may have
   * arrived.
   */
  readonly send: (input: string | Uint8Array) => Effect.Effect<void, PtyDetached | PtyEnded>
  /** Types everything that it is given, as `send` does. */
  readonly input: Sink.Sink<void, string | Uint8Array, never, PtyDetached | PtyEnded>
  /**
   * Waits until the shell ends, and returns how; any exit code is a success. Fails with `PtyDetached` when the connection is lost
   * before.
   *
   * It does not depend on a reader of `output`: while there is none, the last 128 messages of the daemon (of at most 32 KiB each)
   * are kept for one, and what came before them is discarded.
   */
  readonly exit: Effect.Effect<PtyExit, PtyDetached>
}

/** One decoder for all readers: who stops in the middle of a character leaves it to the next one. */
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
    return {
      ...controls,
      output: output.stream,
      outputText: asText(output.stream),
      send: attachment.send,
      input: Sink.forEach(attachment.send),
      exit: output.exit
    }
  })
