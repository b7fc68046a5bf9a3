/** Standard input of the process. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import type * as Effect from "effect/Effect"
import { UsageError } from "./failures.js"

/** Whether someone can be asked something: input and questions are on a terminal. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** All of standard input as text. */
export const readAll: Effect.Effect<string, UsageError> = NodeStream.toString(() => process.stdin, {
  onFailure: (problem) => new UsageError({ message: `Standard input cannot be read: ${String(problem)}` })
})
