/** `shell`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Pty, PtyExit } from "../../../daytona.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { write } from "../../frame/streams.js"
import { dim, render } from "../../frame/text.js"
import { connectOrCreate } from "../connect.js"
import { endedWith } from "../ended.js"
import { environmentOf, variable } from "../environment.js"
import type { InSandboxValues } from "../newSandbox.js"
import { escapes } from "./escape.js"
import * as Local from "./localTerminal.js"
import { modes } from "./modes.js"
import { advised } from "./nativeModule.js"

/** What the options are read as. */
export interface Values extends InSandboxValues {
  readonly name: Option.Option<string>
  readonly cwd: Option.Option<string>
  readonly env: ReadonlyArray<string>
}

/** What is said on a line of its own, while the terminal does not end lines by itself. */
const remark = (text: string) =>
  Effect.flatMap(Output.Output, ({ draw, stderr }) => draw(`\r\n${render(dim(`[${text}]`), stderr.colours)}\r\n`))

const show = (terminal: Pty.PersistentTerminal, see: (bytes: Uint8Array) => void) =>
  Stream.runForEach(terminal.output, (event) => {
    if (event._tag === "Reattached") {
      return remark("The connection was lost and is open again. Some output may be missing here.")
    }
    see(event.bytes)
    return write(process.stdout, event.bytes)
  })

/** What cannot be sent any more is not a failure of its own: the output says why. */
const send = (terminal: Pty.PersistentTerminal, bytes: Uint8Array) =>
  Effect.catchAll(terminal.send(bytes), ({ _tag }) =>
    _tag === "PtyDetached" ? remark("What was typed last may have been lost.") : Effect.void
  )

/** Sends what is typed, and returns when the way out is taken, which works while nothing can be sent. */
const type = (terminal: Pty.PersistentTerminal, keys: Stream.Stream<Uint8Array>) =>
  Effect.gen(function* () {
    const escaped = escapes()
    const typed = yield* Queue.unbounded<Uint8Array>()
    yield* Effect.forkScoped(Stream.runForEach(Stream.fromQueue(typed), (bytes) => send(terminal, bytes)))
    yield* keys.pipe(
      Stream.map(escaped),
      Stream.tap(({ send: bytes }) => (bytes.length === 0 ? Effect.void : Queue.offer(typed, bytes))),
      Stream.takeUntil(({ leave }) => leave),
      Stream.runDrain
    )
  })

/** Follows the size of the window. A shell that has ended needs none. */
const resize = (terminal: Pty.PersistentTerminal) =>
  Stream.runForEach(Local.sizes, (size) => Effect.ignore(terminal.resize(size)))

/** Everything between the terminal of this process and that in the sandbox, until one of them has enough. */
const connected = (terminal: Pty.PersistentTerminal) =>
  Effect.gen(function* () {
    const { see, undone } = modes()
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.suspend(() => write(process.stdout, undone()))))
    const keys = yield* Local.keys
    yield* Effect.forkScoped(resize(terminal))
    const shell = Effect.zipRight(show(terminal, see), terminal.exit)
    return yield* Effect.raceFirst(Effect.asSome(shell), Effect.as(type(terminal, keys), Option.none<PtyExit>()))
  }).pipe(Effect.scoped)

export const run = (values: Values) =>
  Effect.gen(function* () {
    if (!process.stdin.isTTY || !process.stdout.isTTY) {
      return yield* new UsageError({
        message: "shell needs a terminal. To run a command without one: exec NAME -- COMMAND"
      })
    }
    const env = yield* environmentOf(values.env)
    const term = yield* variable("TERM")
    const box = yield* connectOrCreate(values.name, values)
    const ended = yield* Effect.gen(function* () {
      const terminal = yield* during(`Opening a terminal in ${box.name}`)(
        Effect.flatMap(
          box.pty.createScoped({
            size: Local.size(),
            cwd: Option.getOrUndefined(values.cwd),
            env: { ...(Option.isSome(term) ? { TERM: term.value } : {}), ...env }
          }),
          (id) => box.pty.attachPersistently(id)
        )
      )
      return yield* connected(terminal)
    }).pipe(Effect.scoped, advised)
    if (Option.isNone(ended)) return yield* Output.note(dim(`Left; killed the shell in ${box.name}.`))
    return yield* endedWith("The shell", ended.value.exitCode)
  }).pipe(Effect.scoped)
