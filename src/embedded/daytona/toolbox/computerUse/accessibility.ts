/** The accessibility endpoints: trees of what applications show, to search and to act on. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import * as jsonBody from "../jsonBody.js"
import { type DomainCode, Refusal } from "../Refusal.js"
import type { Handler, Route } from "../Route.js"
import { compile } from "./boundedPattern.js"
import { type ComputerUse, isRunning } from "./ComputerUse.js"
import type { AccessibilityNode, Application } from "./Desktop.js"

const Find = Schema.Struct({
  scope: jsonBody.text,
  pid: jsonBody.integer,
  role: jsonBody.text,
  name: jsonBody.text,
  nameMatch: jsonBody.text,
  states: jsonBody.texts,
  limit: jsonBody.integer
})

// A missing id is not validated: it is one that no node has.
const Focus = Schema.Struct({ id: jsonBody.text })
const Invoke = Schema.Struct({ id: jsonBody.text, action: jsonBody.text })
const SetValue = Schema.Struct({ id: jsonBody.text, value: jsonBody.text })

/** Serves the accessibility trees of applications. */
export const routes = (use: ComputerUse): ReadonlyArray<Route> => {
  const { desktop } = use

  const apps = Effect.flatMap(isRunning(desktop), (running) =>
    running
      ? desktop.applications
      : Effect.fail(failure(503, "A11Y_UNAVAILABLE", "accessibility bus not reachable", "A11Y_UNAVAILABLE"))
  )

  const tree: Handler = ({ query }) =>
    Effect.gen(function* () {
      const pid = yield* integerIn(query, "pid", 0)
      const depth = yield* integerIn(query, "maxDepth", -1)
      const root = yield* rootOf(yield* apps, query.get("scope") ?? "", pid)
      return responses.json(200, { root: truncate(root, depth), truncated: false })
    })

  const find = input(Find, (wanted) =>
    Effect.gen(function* () {
      const { limit, pid, scope } = wanted
      const matches = yield* matcher(wanted)
      const found = flatten(yield* rootOf(yield* apps, scope, pid)).filter(matches)
      const most = limit <= 0 ? 500 : Math.min(limit, 5000)
      return responses.json(200, {
        matches: found.slice(0, most).map((node) => truncate(node, 0)),
        truncated: found.length > most
      })
    })
  )

  const node = (id: string) =>
    Effect.flatMap(apps, (all) =>
      Option.match(Option.fromNullable(all.flatMap(({ root }) => flatten(root)).find((each) => each.id === id)), {
        onNone: () => Effect.fail(failure(404, "A11Y_NODE_NOT_FOUND", `accessibility node not found: ${id}`)),
        onSome: Effect.succeed
      })
    )

  const focus = input(Focus, ({ id }) =>
    Effect.gen(function* () {
      const { states } = yield* node(id)
      yield* states.includes("focusable") ? desktop.perform({ type: "focus", node: id }) : unsupported("focus")
      return responses.json(200, {})
    })
  )

  const invoke = input(Invoke, ({ action: given, id }) =>
    Effect.gen(function* () {
      const { actions = [] } = yield* node(id)
      const action = given === "" ? (actions[0] ?? "") : given
      yield* actions.includes(action) ? desktop.perform({ type: "invoke", node: id, action }) : unsupported(action)
      return responses.json(200, {})
    })
  )

  const setValue = input(SetValue, ({ id, value }) =>
    Effect.gen(function* () {
      const { states } = yield* node(id)
      yield* states.includes("editable") ? desktop.perform({ type: "value", node: id, value }) : unsupported("value")
      return responses.json(200, {})
    })
  )

  return [
    { method: "GET", path: "/computeruse/a11y/tree", handler: tree },
    { method: "POST", path: "/computeruse/a11y/find", handler: find },
    { method: "POST", path: "/computeruse/a11y/node/focus", handler: focus },
    { method: "POST", path: "/computeruse/a11y/node/invoke", handler: invoke },
    { method: "POST", path: "/computeruse/a11y/node/value", handler: setValue }
  ]
}

const input = <A, I>(schema: Schema.Schema<A, I>, act: (wanted: A) => ReturnType<Handler>): Handler => {
  const read = jsonBody.reader(schema, (problem) => failure(400, "A11Y_INVALID_REQUEST", problem))
  return (request) => Effect.flatMap(read(request), act)
}

/** The older daemon has more codes than the newer one. */
const failure = (status: number, oldCode: string, message: string, code?: DomainCode): Refusal =>
  new Refusal({ status, message, old: { body: { error: message, code: oldCode } }, code })

const unsupported = (action: string) =>
  Effect.fail(failure(400, "A11Y_ACTION_NOT_SUPPORTED", `action not supported by node: ${JSON.stringify(action)}`))

const integerIn = (query: URLSearchParams, name: string, otherwise: number): Effect.Effect<number, Refusal> => {
  const text = query.get(name) ?? ""
  if (text === "") return Effect.succeed(otherwise)
  return /^[+-]?\d+$/.test(text)
    ? Effect.succeed(Number(text))
    : Effect.fail(failure(400, "A11Y_INVALID_REQUEST", `${name} is no integer: ${JSON.stringify(text)}`))
}

const rootOf = (
  apps: ReadonlyArray<Application>,
  scope: string,
  pid: number
): Effect.Effect<AccessibilityNode, Refusal> => {
  const one = (app: Application | undefined) =>
    app === undefined
      ? Effect.fail(failure(404, "A11Y_NO_ACCESSIBLE_ROOT", "no accessible root for focused window"))
      : Effect.succeed(app.root)
  switch (scope.trim().toLowerCase()) {
    case "":
    case "focused":
      return one(apps.find(({ isFocused }) => isFocused))
    case "pid":
      return one(apps.find((app) => app.pid === pid))
    case "all":
      return Effect.succeed({
        id: ":1.0:/org/a11y/atspi/accessible/root",
        role: "desktop frame",
        name: "main",
        bounds: { x: 0, y: 0, width: 0, height: 0 },
        states: [],
        children: apps.map(({ root }) => root)
      })
    default:
      return Effect.fail(
        failure(
          400,
          "A11Y_INVALID_SCOPE",
          `invalid accessibility scope: got ${JSON.stringify(scope)}, expected focused|pid|all`
        )
      )
  }
}

/** A node with this many levels of descendants; negative for all. */
const truncate = ({ children, ...node }: AccessibilityNode, depth: number): AccessibilityNode =>
  children === undefined || depth === 0
    ? node
    : { ...node, children: children.map((child) => truncate(child, depth - 1)) }

const flatten = (node: AccessibilityNode): ReadonlyArray<AccessibilityNode> => [
  node,
  ...(node.children ?? []).flatMap(flatten)
]

/** All conditions must hold; empty ones always do. Roles are compared without regard to case, names are not. */
const matcher = ({
  name,
  nameMatch,
  role,
  states
}: typeof Find.Type): Effect.Effect<(node: AccessibilityNode) => boolean, Refusal> =>
  Effect.map(
    nameMatcher(name, nameMatch === "" ? "substring" : nameMatch),
    (matchesName) => (node: AccessibilityNode) =>
      (role === "" || node.role.toLowerCase() === role.toLowerCase()) &&
      (name === "" || matchesName(node.name)) &&
      states.every((state) => node.states.includes(state))
  )

const nameMatcher = (wanted: string, mode: string): Effect.Effect<(name: string) => boolean, Refusal> => {
  const invalid = (problem: string) => failure(400, "A11Y_INVALID_REQUEST", `invalid accessibility request: ${problem}`)
  switch (mode) {
    case "exact":
      return Effect.succeed((name) => name === wanted)
    case "substring":
      return Effect.succeed((name) => name.includes(wanted))
    case "regex":
      return Either.match(compile(wanted), {
        onLeft: () => Effect.fail(invalid("invalid regex for name filter")),
        onRight: Effect.succeed
      })
    default:
      return Effect.fail(invalid(`unknown nameMatch mode ${JSON.stringify(mode)}, want exact|substring|regex`))
  }
}
