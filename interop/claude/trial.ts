/** Drives one area against an embedded server of its own, and says what is wrong with it. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import type { Area } from "./areas/Area.js"
import { Recordings } from "./cli/Recordings.js"
import { Model } from "./model/Model.js"
import { type InspectedLine, inspect } from "./report/inspect.js"

export interface Trial {
  readonly area: Area
  readonly seconds: number
  readonly processes: number
  readonly lines: ReadonlyArray<InspectedLine>
  /** What is wrong; empty if nothing is. */
  readonly problems: ReadonlyArray<string>
}

/** The client of an embedded server, on a loopback port, whose prompts go to the CLI. */
const stromboli = Layer.unwrapEffect(
  Effect.map(EmbeddedStromboli, ({ url }) =>
    Stromboli.layer({ baseUrl: Option.getOrElse(url, () => "http://127.0.0.1") })
  )
).pipe(
  Layer.provide(EmbeddedStromboli.layerServer().pipe(Layer.provide(Claude.layerCli))),
  Layer.provide(NodeTransport.layer)
)

const limit = "45 seconds"

export const trialOf = (area: Area) =>
  Effect.gen(function* () {
    const recordings = yield* Recordings
    const model = yield* Model
    const began = performance.now()
    const exit = yield* area.drive.pipe(
      Effect.scoped,
      Effect.timeoutFail({ duration: limit, onTimeout: () => ({ message: `not over after ${limit}` }) }),
      Effect.provide(stromboli),
      Effect.exit
    )
    const taken = yield* recordings.take
    const lines = taken.flatMap(inspect)
    const printed = new Set(lines.map(({ kind }) => kind))
    const trial: Trial = {
      area,
      seconds: (performance.now() - began) / 1000,
      processes: taken.length,
      lines,
      problems: [
        ...(Exit.isFailure(exit) ? [messageOf(exit.cause), ...(yield* model.unscripted).map(unscripted)] : []),
        ...taken.filter(({ hasEnded }) => !hasEnded).map(({ pid }) => `process ${pid} did not end`),
        ...(area.prints ?? []).filter((kind) => !printed.has(kind)).map((kind) => `no line is ${kind}`),
        ...lines.flatMap(({ line, unknown }) => unknown.map((what) => `unknown ${what}: ${line.slice(0, 300)}`))
      ]
    }
    return trial
  })

/** An area whose turn came too late. */
export const notDriven = (area: Area): Effect.Effect<Trial> =>
  Effect.succeed({ area, seconds: 0, processes: 0, lines: [], problems: ["no time was left to drive it"] })

/** Often the reason of a failure: the CLI asked with other words than the script expects. */
const unscripted = (text: string) => `the script has no answer to: ${JSON.stringify(text)}`

const messageOf = (cause: Cause.Cause<{ readonly message: string }>): string =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.pretty(cause),
    onSome: ({ message }) => message
  })
