/** Where `@effect/cli` writes: help on stdout, with colours only where they are wanted. */
import { stripVTControlCharacters } from "node:util"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { terminals } from "./Output.js"
import { type Terminal, write } from "./streams.js"

const line = (stream: NodeJS.WriteStream, { colours }: Terminal, parts: ReadonlyArray<unknown>) => {
  const text = parts.join(" ")
  return Effect.ignore(write(stream, `${colours ? text : stripVTControlCharacters(text)}\n`))
}

/** Replaces the console, whose own would colour help in pipes, and past `NO_COLOR`. */
export const layer = Layer.unwrapEffect(
  Effect.gen(function* () {
    const own = yield* Effect.console
    const { stdout } = yield* terminals
    return Console.setConsole({
      ...own,
      [Console.TypeId]: Console.TypeId,
      log: (...parts) => line(process.stdout, stdout, parts),
      // Only what is wrong with a command line, which is reported when it has failed.
      error: () => Effect.void
    })
  })
)
