/** Several sandboxes, as the server lists them. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { Sandbox, SandboxListItem } from "./Sandbox.js"

/** Sandboxes as a plain list. */
export const SandboxList = Schema.Array(Sandbox)

/** A page of the list of sandboxes. */
export const SandboxPageResponse = wireStruct({
  items: Schema.Array(SandboxListItem),
  nextCursor: Schema.optional(Schema.String)
})
