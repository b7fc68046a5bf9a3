/** The desktop as assistive software sees it: programs, windows and controls by role and name. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type ApiError, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import type { AccessibilityActionUnsupported } from "../../../../errors/daytona/computerUse.js"
import * as Arguments from "../../../../internal/arguments.js"
import { invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  AccessibilityFocus,
  AccessibilityInvoke,
  AccessibilityMatches,
  type AccessibilityNodeId,
  AccessibilitySearch,
  AccessibilityTree,
  type AccessibilityTreeOptions,
  AccessibilityTreeQuery,
  AccessibilityValue
} from "../../../../schema/daytona/toolbox/computerUse/accessibility.js"
import type { Toolbox } from "../Toolbox.js"
import { classifyDesktopFailure } from "./failures.js"

/**
 * Fails with `Unavailable` when the desktop has no accessibility service (`atspi`), with `NotFound` when a node no
 * longer exists or nothing has the focus, and with `InvalidRequest` for the scope `pid` without a `pid`.
 */
export interface Accessibility {
  /** The tree of the focused program, of one process, or of everything. `GET /computeruse/a11y/tree` */
  readonly tree: (options?: AccessibilityTreeOptions) => Effect.Effect<AccessibilityTree, ApiError | NotFound>
  /** The nodes that match all conditions. `POST /computeruse/a11y/find` */
  readonly find: (search: AccessibilitySearch) => Effect.Effect<AccessibilityMatches, ApiError | NotFound>
  /** Focuses a node. `POST /computeruse/a11y/node/focus` */
  readonly focus: (node: AccessibilityNodeId) => Effect.Effect<void, NodeError>
  /** Invokes an action of a node, such as pressing a button. `POST /computeruse/a11y/node/invoke` */
  readonly invoke: (
    node: AccessibilityNodeId,
    options?: {
      /** One of its `actions`; default: the first. */
      readonly action?: string | undefined
    }
  ) => Effect.Effect<void, NodeError>
  /** Sets the value of a node, such as the text of a field. `POST /computeruse/a11y/node/value` */
  readonly setValue: (node: AccessibilityNodeId, options: { readonly value: string }) => Effect.Effect<void, NodeError>
}

type NodeError = ApiError | NotFound | AccessibilityActionUnsupported

const fails = [NotFound] as const
const success = Schema.Void

export const operations = {
  tree: Operation.make("ComputerUse.accessibility.tree", "GET", "/computeruse/a11y/tree", {
    query: AccessibilityTreeQuery,
    success: AccessibilityTree,
    fails
  }),
  find: Operation.make("ComputerUse.accessibility.find", "POST", "/computeruse/a11y/find", {
    body: AccessibilitySearch,
    success: AccessibilityMatches,
    fails,
    retry: "always"
  }),
  focus: Operation.make("ComputerUse.accessibility.focus", "POST", "/computeruse/a11y/node/focus", {
    body: AccessibilityFocus,
    success,
    fails,
    retry: "always"
  }),
  invoke: Operation.make("ComputerUse.accessibility.invoke", "POST", "/computeruse/a11y/node/invoke", {
    body: AccessibilityInvoke,
    success,
    fails
  }),
  setValue: Operation.make("ComputerUse.accessibility.setValue", "POST", "/computeruse/a11y/node/value", {
    body: AccessibilityValue,
    success,
    fails,
    retry: "always"
  })
}

const withPid = (
  { method, name }: Pick<Operation.Any, "method" | "name">,
  { pid, scope }: AccessibilityTreeOptions
): Effect.Effect<void, InvalidRequest> =>
  scope === "pid" && pid === undefined
    ? Effect.fail(
        invalidRequest({ system: "daytona", operation: name, method }, "pid", "is required for the scope `pid`")
      )
    : Effect.void

const unsupported = classifyDesktopFailure("AccessibilityActionUnsupported")

const { effect } = Arguments.methodsOf("daytona", "ComputerUse.accessibility")

const checked = (methods: Accessibility): Accessibility => ({
  ...methods,
  tree: effect("tree", { options: Arguments.options({}) }, methods.tree),
  find: effect("find", { search: Arguments.unnamed(Arguments.struct({})) }, methods.find),
  invoke: effect(
    "invoke",
    { id: Arguments.text, options: Arguments.options({ action: Arguments.text }) },
    methods.invoke
  ),
  setValue: effect(
    "setValue",
    { id: Arguments.text, options: Arguments.unnamed(Arguments.struct({})) },
    methods.setValue
  )
})

export const make = (toolbox: Toolbox.Service): Accessibility =>
  checked({
    tree: (query = {}) => Effect.zipRight(withPid(operations.tree, query), toolbox.call(operations.tree, { query })),
    find: (body) => Effect.zipRight(withPid(operations.find, body), toolbox.call(operations.find, { body })),
    focus: (id) => unsupported(toolbox.call(operations.focus, { body: { id }, subject: id })),
    invoke: (id, { action } = {}) =>
      unsupported(toolbox.call(operations.invoke, { body: { id, action }, subject: id })),
    setValue: (id, { value }) => unsupported(toolbox.call(operations.setValue, { body: { id, value }, subject: id }))
  })
