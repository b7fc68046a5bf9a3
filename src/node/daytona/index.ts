/**
 * Files between Daytona sandboxes and the disk of this machine.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Files } from "effect-sandboxes/daytona"
 * import { NodeFiles } from "effect-sandboxes/node/daytona"
 *
 * const program: Effect.Effect<void, unknown, Files> = Effect.zipRight(
 *   NodeFiles.uploadFromFile("./data.csv", "data.csv"),
 *   NodeFiles.downloadToFile("results/model.bin", "./model.bin")
 * )
 * ```
 */
export * as NodeFiles from "./NodeFiles.js"
