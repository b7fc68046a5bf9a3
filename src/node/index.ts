/**
 * The transport for Node.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { NodeTransport } from "effect-sandboxes/node"
 * import { Execution, Stromboli } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Hello" })).pipe(
 *   Effect.provide(Stromboli.layerConfig()),
 *   Effect.provide(NodeTransport.layer)
 * )
 * ```
 */
export * as NodeTransport from "./NodeTransport.js"
