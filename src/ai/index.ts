/**
 * Sandboxes as tools of language models, and Stromboli servers as language models, on `@effect/ai`, which this entry
 * alone needs: `npm install @effect/ai`. `SandboxToolkit` has the tools, in groups of which an application takes those
 * that it grants; `StromboliLanguageModel` is the model.
 *
 * @example
 * ```ts
 * import { LanguageModel, Toolkit } from "@effect/ai"
 * import { Effect } from "effect"
 * import { SandboxToolkit } from "effect-sandboxes/ai"
 * import { Sandbox } from "effect-sandboxes/daytona"
 *
 * const toolkit = Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files)
 *
 * const program = LanguageModel.generateText({ prompt: "Which version of Node is this?", toolkit }).pipe(
 *   Effect.provide(SandboxToolkit.layer()),
 *   Effect.provide(Sandbox.layerLazy({ image: "node:22" }))
 * )
 * ```
 */
export * as StromboliLanguageModel from "./languageModel/StromboliLanguageModel.js"
export * from "./Picture.js"
export * as SandboxToolkit from "./SandboxToolkit.js"
export * from "./ToolFailure.js"
