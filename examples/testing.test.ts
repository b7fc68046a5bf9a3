/**
 * Tests of a program that uses Stromboli, without a network or a real clock: against the embedded server in memory, and
 * with a single service replaced.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Fault, ProcessFailed } from "effect-sandboxes/embedded/stromboli"
import { Execution, RunId, Stromboli } from "effect-sandboxes/stromboli"

// The program under test.
const summarize = (text: string) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const run = yield* execution.run({ prompt: `Summarize in one line:\n${text}` })
    return run._tag === "Completed" ? run.output : "(no summary: the run crashed)"
  }).pipe(Effect.catchTag("Unavailable", () => Effect.succeed("(no summary: Stromboli is down)")))

// A server in memory; a function answers as Claude.
const stromboli = (claude: Layer.Layer<Claude>) =>
  Stromboli.layer({ baseUrl: "http://stromboli.test", retry: false }).pipe(
    Layer.provideMerge(EmbeddedStromboli.layerHttpClient()),
    Layer.provide(claude)
  )

it.effect("sends the text to Claude", () =>
  Effect.map(summarize("Effect is a library."), (summary) => expect(summary).toBe("EFFECT IS A LIBRARY.")).pipe(
    Effect.provide(
      stromboli(Claude.layerFrom(({ prompt }) => Stream.make((prompt.split("\n")[1] ?? "").toUpperCase())))
    )
  )
)

it.effect("survives a container that dies", () =>
  Effect.map(summarize("…"), (summary) => expect(summary).toContain("crashed")).pipe(
    Effect.provide(stromboli(Claude.layerFrom(() => Stream.fail(ProcessFailed.killedBy("SIGKILL")))))
  )
)

it.effect("survives a server that is down", () =>
  Effect.gen(function* () {
    const server = yield* EmbeddedStromboli
    yield* server.faults.inject({ path: "/run", fault: Fault.status(503) })
    expect(yield* summarize("…")).toContain("down")
  }).pipe(Effect.provide(stromboli(Claude.layerDemo())))
)

// One service replaced. Methods that the program does not call can be omitted.
it.effect("returns the output unchanged", () =>
  Effect.map(summarize("…"), (summary) => expect(summary).toBe("short")).pipe(
    Effect.provide(
      Layer.mock(Execution, {
        run: () => Effect.succeed({ _tag: "Completed", id: RunId.make("run-1"), output: "short" })
      })
    )
  )
)
