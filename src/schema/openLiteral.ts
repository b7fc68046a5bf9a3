/** Enumerations that servers extend without asking. */
import * as Schema from "effect/Schema"

/** Any string; editors suggest the ones that are known, and a value that a newer server knows is not refused. */
export const openLiteral = <const Known extends string>(
  ..._known: ReadonlyArray<Known>
): Schema.Schema<Known | (string & {}), string> => Schema.make<Known | (string & {}), string>(Schema.String.ast)
