/** The prompts of a conversation: lines that are typed on a terminal, or come from a pipe. */
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { Output } from "../../frame/Output.js"
import { canAsk } from "../../frame/stdin.js"
import { render, type Text } from "../../frame/text.js"

/** Reads one line, which can be edited, with those before it in the history. `undefined` is the end of the input. */
const typed = (prompt: string, history: Array<string>): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    const reader = createInterface({
      input: process.stdin,
      // Not stdout, which has the answers and nothing else.
      output: process.stderr,
      terminal: true,
      prompt,
      history
    })
    reader.on("history", (lines) => history.splice(0, history.length, ...lines))
    reader.once("line", (line) => {
      resume(Effect.succeed(line))
      reader.close()
    })
    reader.once("close", () => resume(Effect.succeed(undefined)))
    // While a line is edited, the terminal sends Ctrl-C as a key.
    reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
    reader.prompt()
    return Effect.sync(() => reader.close())
  })

/** The lines of a pipe, until the scope closes. */
const piped = Effect.gen(function* () {
  const lines = yield* Queue.unbounded<string | undefined>()
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const reader = createInterface({ input: process.stdin, terminal: false })
      reader.on("line", (line) => Queue.unsafeOffer(lines, line))
      reader.on("close", () => Queue.unsafeOffer(lines, undefined))
      return reader
    }),
    (reader) => Effect.sync(() => reader.close())
  )
  return Queue.take(lines)
})

/** Where prompts come from, until the scope closes. `next` waits for one; `undefined` is the end of the input. */
export const make = (prompt: Text) =>
  Effect.gen(function* () {
    const { stderr } = yield* Output
    const isTerminal = canAsk()
    if (!isTerminal) return { isTerminal, next: yield* piped }
    return { isTerminal, next: typed(render(prompt, stderr.colours), []) }
  })
