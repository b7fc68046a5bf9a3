/** What assistive software sees of the desktop: its programs, windows and controls, as a tree. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

/** One node, for as long as what it stands for is there. */
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
  /** What `invoke` can do with it. */
  actions: Schema.Array(Schema.String)
}

/** A program, a window, a control. */
export interface AccessibilityNode extends Schema.Struct.Type<typeof nodeFields> {
  /** None where the tree was cut off. */
  readonly children: ReadonlyArray<AccessibilityNode>
}

const nothing = { name: "", states: [], actions: [], children: [], bounds: { x: 0, y: 0, width: 0, height: 0 } }

const Node: Schema.Schema<AccessibilityNode, object> = wireStruct(
  { ...nodeFields, children: Schema.Array(Schema.suspend(() => Node)) },
  { absent: nothing }
)

/** Which part of the desktop: what has the focus, one process (`pid`), or everything. */
const scopeFields = {
  /** Default `focused`. */
  scope: Schema.optional(openLiteral("focused", "pid", "all")),
  /** For the scope `pid`. */
  pid: Schema.optional(Schema.Int.pipe(Schema.positive()))
}

const treeQueryFields = {
  ...scopeFields,
  /** How far down; -1, the default, is all the way. */
  maxDepth: Schema.optional(Schema.Int.pipe(Schema.greaterThanOrEqualTo(-1)))
}

/** Which tree. */
export interface AccessibilityTreeOptions extends Schema.Struct.Type<typeof treeQueryFields> {}
export const AccessibilityTreeQuery = wireStruct(treeQueryFields)

const treeFields = {
  root: Node,
  /** There is more: the daemon looks at 20,000 nodes at most. */
  truncated: Schema.Boolean
}

/** What the programs of the desktop say that they show, as a tree. */
export interface AccessibilityTree extends Schema.Struct.Type<typeof treeFields> {}
export const AccessibilityTree = wireStruct(treeFields, { absent: { truncated: false } })

const searchFields = {
  ...scopeFields,
  role: Schema.optional(Schema.NonEmptyString),
  name: Schema.optional(Schema.NonEmptyString),
  /** How `name` is meant; default `substring`. */
  nameMatch: Schema.optional(Schema.Literal("substring", "exact", "regex")),
  /** All of them. */
  states: Schema.optional(Schema.Array(Schema.NonEmptyString)),
  /** 1 to 5000; default 500. */
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 5000)))
}

/** What to look for; every condition must be met. */
export interface AccessibilitySearch extends Schema.Struct.Type<typeof searchFields> {}
export const AccessibilitySearch = wireStruct(searchFields)

const matchesFields = {
  matches: Schema.Array(Node),
  /** There may be more. */
  truncated: Schema.Boolean
}

/** The controls that a search found. */
export interface AccessibilityMatches extends Schema.Struct.Type<typeof matchesFields> {}
export const AccessibilityMatches = wireStruct(matchesFields, { absent: { matches: [], truncated: false } })

const NodeRef = Schema.NonEmptyString

export const AccessibilityFocus = wireStruct({ id: NodeRef })
export const AccessibilityInvoke = wireStruct({ id: NodeRef, action: Schema.optional(Schema.NonEmptyString) })
export const AccessibilityValue = wireStruct({ id: NodeRef, value: Schema.String })
