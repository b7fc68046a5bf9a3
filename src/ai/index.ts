/**
 * Sandboxes as tools of language models, on `@effect/ai`, which this entry alone needs: `npm install @effect/ai`.
 * `SandboxToolkit` has the tools, in groups of which an application takes those that it grants.
 */
export * from "./Picture.js"
export * as SandboxToolkit from "./SandboxToolkit.js"
export * from "./ToolFailure.js"
