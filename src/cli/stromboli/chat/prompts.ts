/** The prompts of a conversation: lines that are typed on a terminal, or come from a pipe. */
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { Output } from "../../frame/Output.js"
import { canAsk } from "../../frame/stdin.js"
import { render, type Text } from "../../frame/text.js"

/**
 * Where prompts come from, until the scope closes. `next` waits for one; `undefined` is the end of the input.
 *
 * The terminal is read all the time, also during a turn: what is typed ahead is the next prompt, and no Ctrl-C or
 * Ctrl-D is lost between two of them.
 */
export const make = (prompt: Text) =>
  Effect.gen(function* () {
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
          prompt: render(prompt, stderr.colours)
        })
        reader.on("line", (line) => Queue.unsafeOffer(lines, line))
        reader.on("close", () => Queue.unsafeOffer(lines, undefined))
        // While a line is edited, the terminal sends Ctrl-C as a key.
        reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
        return reader
      }),
      (reader) => Effect.sync(() => reader.close())
    )
    const ask = Effect.sync(() => {
      if (isTerminal) input.prompt()
    })
    return { isTerminal, next: Effect.zipRight(ask, Queue.take(lines)) }
  })
