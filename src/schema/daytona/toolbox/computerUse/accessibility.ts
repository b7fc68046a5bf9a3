/** The desktop as assistive software sees it: a tree of programs, windows and controls. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

/** The id of a node, valid as long as the node exists. */
export const AccessibilityNodeId = Schema.String.pipe(Schema.brand("AccessibilityNodeId"))
export type AccessibilityNodeId = typeof AccessibilityNodeId.Type

const boundsFields = { x: Schema.Number, y: Schema.Number, width: Schema.Number, height: Schema.Number }

const nodeFields = {
  id: AccessibilityNodeId,
  /** Such as `push button`. */
  role: Schema.String,
  name: Schema.String,
  description: Schema.optional(Schema.String),
  /** On the screen, in pixels. */
  bounds: wireStruct(boundsFields),
  /** Such as `focused`. */
  states: Schema.Array(Schema.String),
  /** The actions that `invoke` accepts. */
  actions: Schema.Array(Schema.String)
}

/** A program, a window, a control. */
export interface AccessibilityNode extends Schema.Struct.Type<typeof nodeFields> {
  /** Empty where the tree was cut off. */
  readonly children: ReadonlyArray<AccessibilityNode>
}

const nothing = { name: "", states: [], actions: [], children: [], bounds: { x: 0, y: 0, width: 0, height: 0 } }

export const AccessibilityNode: Schema.Schema<AccessibilityNode, object> = wireStruct(
  { ...nodeFields, children: Schema.Array(Schema.suspend(() => AccessibilityNode)) },
  { absent: nothing }
)

/** Which part of the desktop: the focused program, one process (`pid`), or everything. */
const scopeFields = {
  /** Default `focused`. */
  scope: Schema.optional(openLiteral("focused", "pid", "all")),
  /** Required for the scope `pid`. */
  pid: Schema.optional(Schema.Int.pipe(Schema.positive()))
}

const treeQueryFields = {
  ...scopeFields,
  /** The maximum depth; default -1, for no limit. */
  maxDepth: Schema.optional(Schema.Int.pipe(Schema.greaterThanOrEqualTo(-1)))
}

/** Which part of the accessibility tree to read. */
export interface AccessibilityTreeOptions extends Schema.Struct.Type<typeof treeQueryFields> {}
export const AccessibilityTreeQuery = wireStruct(treeQueryFields)

const treeFields = {
  root: AccessibilityNode,
  /** Whether nodes are missing: the daemon visits at most 20,000. */
  truncated: Schema.Boolean
}

/** The accessibility tree of the desktop. */
export interface AccessibilityTree extends Schema.Struct.Type<typeof treeFields> {}
export const AccessibilityTree = wireStruct(treeFields, { absent: { truncated: false } })

const searchFields = {
  ...scopeFields,
  role: Schema.optional(Schema.NonEmptyString),
  name: Schema.optional(Schema.NonEmptyString),
  /** How to match `name`; default `substring`. */
  nameMatch: Schema.optional(Schema.Literal("substring", "exact", "regex")),
  /** The node must have all of these. */
  states: Schema.optional(Schema.Array(Schema.NonEmptyString)),
  /** 1 to 5000; default 500. */
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 5000)))
}

/** What to search for. All conditions must match. */
export interface AccessibilitySearch extends Schema.Struct.Type<typeof searchFields> {}
export const AccessibilitySearch = wireStruct(searchFields)

const matchesFields = {
  matches: Schema.Array(AccessibilityNode),
  /** Whether there may be more matches. */
  truncated: Schema.Boolean
}

/** The nodes that a search found. */
export interface AccessibilityMatches extends Schema.Struct.Type<typeof matchesFields> {}
export const AccessibilityMatches = wireStruct(matchesFields, { absent: { matches: [], truncated: false } })

const NodeRef = Schema.NonEmptyString

export const AccessibilityFocus = wireStruct({ id: NodeRef })
export const AccessibilityInvoke = wireStruct({ id: NodeRef, action: Schema.optional(Schema.NonEmptyString) })
export const AccessibilityValue = wireStruct({ id: NodeRef, value: Schema.String })
