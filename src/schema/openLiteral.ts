/** Enumerations that servers may extend. */
import * as Schema from "effect/Schema"

/** Any string. Editors suggest the known ones; unknown values of newer servers are accepted. */
export const openLiteral = <const Known extends string>(
  ..._known: ReadonlyArray<Known>
): Schema.Schema<Known | (string & {}), string> => Schema.make<Known | (string & {}), string>(Schema.String.ast)
