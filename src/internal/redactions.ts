/** Secrets that requests carry where no schema tells of them, in the text of a command for example: errors quote none of them. */
import * as Context from "effect/Context"
import type * as Redacted from "effect/Redacted"

export class Redactions extends Context.Reference<Redactions>()("effect-sandboxes/internal/Redactions", {
  defaultValue: (): ReadonlyArray<Redacted.Redacted> => []
}) {}
