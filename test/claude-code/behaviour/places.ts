/** The places that the behaviours are checked in. A `claude` has to be on the PATH. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type ClaudeCode, layerCommand, layerSandbox, layerStromboli } from "effect-sandboxes/claude-code"
import { Daytona, Sandbox } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { Stromboli } from "effect-sandboxes/stromboli"
import type { PlaceName } from "./Behaviour.js"

type Requirements = CommandExecutor.CommandExecutor | FileSystem.FileSystem

/** Claude Code in each place. Another place is another entry here. */
export const places: ReadonlyArray<
  readonly [PlaceName, Layer.Layer<ClaudeCode, { readonly message: string }, Requirements>]
> = [
  [
    "command",
    Layer.unwrapScoped(
      Effect.map(
        Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped({ prefix: "claude-work-" })),
        (workingDirectory) => layerCommand({ workingDirectory })
      )
    )
  ],
  [
    "sandbox",
    layerSandbox().pipe(
      Layer.provide(Sandbox.layerLazy()),
      Layer.provide(Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl: "http://daytona.test/api" })),
      Layer.provide(EmbeddedDaytona.layerHttpClient({ durations: 0 }))
    )
  ],
  [
    "stromboli",
    layerStromboli().pipe(
      Layer.provide(Stromboli.layer({ baseUrl: "http://stromboli.test" })),
      Layer.provide(EmbeddedStromboli.layerHttpClient().pipe(Layer.provide(Claude.layerCli)))
    )
  ]
]
