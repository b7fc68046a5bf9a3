/** The prompts of a conversation: lines that are typed on a terminal, or come from a pipe. */
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { Output } from "../../frame/Output.js"
import { canAsk } from "../../frame/stdin.js"
import { bold, cyan, render } from "../../frame/text.js"

/** Where prompts come from, until the scope closes. `undefined` is the end of the input. */
export const make = Effect.gen(function* () {
  const { stderr } = yield* Output
  const isTerminal = canAsk()
  const lines = yield* Queue.unbounded<string | undefined>()
  const input = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const reader = createInterface({
        input: process.stdin,
        // Not stdout, which has the answers and nothing else.
        output: isTerminal ? process.stderr : undefined,
        terminal: isTerminal,
        prompt: render(bold(cyan("> ")), stderr.colours),
        historySize: 1_000
      })
      reader.on("line", (line) => Queue.unsafeOffer(lines, line))
      reader.on("close", () => Queue.unsafeOffer(lines, undefined))
      // While a line is edited, the terminal sends Ctrl-C as a key.
      reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
      return reader
    }),
    (reader) => Effect.sync(() => reader.close())
  )
  const next = Effect.zipRight(
    Effect.sync(() => {
      if (isTerminal) input.prompt()
    }),
    Queue.take(lines)
  )
  return { isTerminal, next }
})
