/** Questions before something is destroyed. */
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import { UsageError } from "./failures.js"
import { Output } from "./Output.js"
import { canAsk } from "./stdin.js"
import { bold, dim, render } from "./text.js"

/** Reads a line of the terminal, which edits it. `undefined`: the input has ended. */
const readLine: Effect.Effect<string | undefined> = Effect.async((resume) => {
  const lines = createInterface({ input: process.stdin, terminal: false })
  lines.once("line", (line) => {
    resume(Effect.succeed(line))
    lines.close()
  })
  lines.once("close", () => resume(Effect.succeed(undefined)))
  return Effect.sync(() => lines.close())
})

/**
 * Asks whether to go on, unless `--yes` was given. Fails when the answer is not `y` or `yes`, and when there is no
 * terminal to ask on.
 */
export const confirm = (
  question: string,
  { yes }: { readonly yes: boolean }
): Effect.Effect<void, UsageError, Output> =>
  Effect.gen(function* () {
    if (yes) return
    if (!canAsk()) {
      return yield* new UsageError({ message: `${question} There is no terminal to ask on: add --yes to confirm` })
    }
    const { draw, stderr } = yield* Output
    yield* draw(render([bold(question), dim(" [y/N] ")], stderr.colours))
    const answer = yield* readLine
    if (!/^\s*y(es)?\s*$/i.test(answer ?? "")) {
      return yield* new UsageError({ message: "Nothing was changed, because the answer was not yes" })
    }
  })
