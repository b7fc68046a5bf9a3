/** Secrets that requests carry where no schema tells of them, in the text of a command for example: errors quote none of them. */
import * as Context from "effect/Context"
import type * as Redacted from "effect/Redacted"

export class SentSecrets extends Context.Reference<SentSecrets>()("effect-sandboxes/internal/SentSecrets", {
  defaultValue: (): ReadonlyArray<Redacted.Redacted> => []
}) {}
