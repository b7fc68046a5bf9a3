/**
 * Sandboxes as tools of language models, and Stromboli servers as language models, on `@effect/ai`, which this entry
 * alone needs: `npm install @effect/ai`. `SandboxToolkit` has the tools, in groups of which an application takes those
 * that it grants; `StromboliLanguageModel` is the model.
 */

export * as StromboliLanguageModel from "./languageModel/StromboliLanguageModel.js"
export * from "./Picture.js"
export * as SandboxToolkit from "./SandboxToolkit.js"
export * from "./ToolFailure.js"
