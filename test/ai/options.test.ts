/** Options of the application that cannot be meant are refused, by name, before a tool is there. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Process } from "../../src/daytona.js"

const refused: ReadonlyArray<readonly [options: unknown, field: string]> = [
  [{ maxAnswer: 1999 }, "maxAnswer"],
  [{ maxAnswer: 2000.5 }, "maxAnswer"],
  [{ maxAnswer: Number.NaN }, "maxAnswer"],
  [{ keptOutputs: -1 }, "keptOutputs"],
  [{ timeout: "soon" }, "timeout"],
  [{ timeout: "0 seconds" }, "timeout"],
  [{ timeout: "20 minutes", maxTimeout: "10 minutes" }, "timeout"],
  [{ maxTimeout: "2 days" }, "maxTimeout"],
  [{ env: { TOKEN: 1 } }, "env.TOKEN"],
  [{ secrets: ["plain"] }, "secrets.0"],
  [{ gitAuthor: { name: "Bot" } }, "gitAuthor.email"],
  [{ gitCredentials: { "git.test": { username: "me", password: "plain" } } }, "gitCredentials.git.test.password"],
  [
    { gitCredentials: { "https://git.test": { username: "me", password: Redacted.make("p") } } },
    "gitCredentials.https://git.test"
  ],
  ["none", "options"]
]

describe("SandboxToolkit.layer", () => {
  it.effect.each(refused)("refuses %o", ([options, field]) =>
    Effect.gen(function* () {
      const make: (given: never) => ReturnType<typeof SandboxToolkit.layerCommands> = SandboxToolkit.layerCommands
      const error = yield* Effect.flip(Layer.build(make(options as never)))
      expect(error).toMatchObject({ _tag: "InvalidRequest", operation: "SandboxToolkit.layer", field })
    }).pipe(Effect.scoped, Effect.provide(Layer.mock(Process, {})))
  )

  it.effect("takes a longer time limit than the usual maximum, which follows it", () =>
    Layer.build(SandboxToolkit.layerCommands({ timeout: "1 hour" })).pipe(
      Effect.asVoid,
      Effect.scoped,
      Effect.provide(Layer.mock(Process, {}))
    )
  )
})
