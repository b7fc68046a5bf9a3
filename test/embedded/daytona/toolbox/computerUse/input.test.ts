import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at } from "../../support.js"
import { withRunningDesktop } from "./support.js"

describe("the mouse", () => {
  it.live("moves to a position and stays on the screen", () =>
    Effect.gen(function* () {
      const { desktop, get, post } = yield* withRunningDesktop()
      expect((yield* post("/computeruse/mouse/move", { x: 12, y: 34 })).json).toEqual({ x: 12, y: 34 })
      expect((yield* post("/computeruse/mouse/move", { x: 9999, y: -5 })).json).toEqual({ x: 319, y: 0 })
      const click = yield* post("/computeruse/mouse/click", { x: 5, y: 6, button: "right", double: true })
      expect(click.json).toEqual({ x: 5, y: 6 })
      const drag = yield* post("/computeruse/mouse/drag", { startX: 1, startY: 2, endX: 30, endY: 40 })
      expect(drag.json).toEqual({ x: 30, y: 40 })
      const scroll = yield* post("/computeruse/mouse/scroll", { x: 7, y: 8, direction: "down", amount: 0 })
      expect(scroll.json).toEqual({ success: true })
      expect((yield* get("/computeruse/mouse/position")).json).toEqual({ x: 7, y: 8 })
      expect((yield* desktop.performed).slice(2)).toEqual([
        { type: "click", at: { x: 5, y: 6 }, button: "right", double: true },
        { type: "click", at: { x: 1, y: 2 }, button: "left", double: false },
        { type: "drag", from: { x: 1, y: 2 }, to: { x: 30, y: 40 }, button: "left" },
        { type: "scroll", at: { x: 7, y: 8 }, direction: "down", amount: 1 }
      ])
    }).pipe(Effect.scoped)
  )

  it.live("refuses invalid buttons, directions and amounts", () =>
    Effect.gen(function* () {
      const { desktop, post } = yield* withRunningDesktop()
      for (const [path, body] of [
        ["click", { x: 1, y: 1, button: "fourth" }],
        ["click", { x: 1.5, y: 1 }],
        ["scroll", { x: 1, y: 1, direction: "left" }],
        ["scroll", { x: 1, y: 1, direction: "up", amount: -1 }],
        ["move", "{"]
      ] as const) {
        const answer = yield* post(`/computeruse/mouse/${path}`, body)
        expect([answer.status, typeof at(answer.json, "error")]).toEqual([400, "string"])
      }
      expect(yield* desktop.performed).toEqual([])
    }).pipe(Effect.scoped)
  )
})

describe("the keyboard", () => {
  it.live("types text, keys and chords", () =>
    Effect.gen(function* () {
      const { desktop, post } = yield* withRunningDesktop()
      for (const [path, body] of [
        ["type", { text: "héllo\r\nworld", delay: 5 }],
        ["key", { key: "Return" }],
        ["key", { key: "A", modifiers: ["Control", "option"] }],
        ["key", { key: "left_shift" }],
        ["hotkey", { keys: "ctrl + Shift+page-up" }]
      ] as const) {
        const answer = yield* post(`/computeruse/keyboard/${path}`, body)
        expect([answer.status, answer.json]).toEqual([200, {}])
      }
      expect(yield* desktop.performed).toEqual([
        { type: "text", text: "héllo\r\nworld" },
        { type: "key", key: "enter", modifiers: [] },
        { type: "key", key: "a", modifiers: ["ctrl", "alt"] },
        { type: "key", key: "lshift", modifiers: [] },
        { type: "key", key: "pageup", modifiers: ["ctrl", "shift"] }
      ])
    }).pipe(Effect.scoped)
  )

  it.live("refuses invalid keys, and more than one of them", () =>
    Effect.gen(function* () {
      const { desktop, post } = yield* withRunningDesktop()
      for (const [path, body] of [
        ["type", { text: "a\tb" }],
        ["type", { text: "a\u0007" }],
        ["key", { key: "" }],
        ["key", { key: "F25" }],
        ["key", { key: "!" }],
        ["key", { key: "a", modifiers: ["hyper"] }],
        ["key", { key: "a", modifiers: ["ctrl", "control"] }],
        ["key", { key: "ctrl", modifiers: ["ctrl"] }],
        ["hotkey", { keys: "" }],
        ["hotkey", { keys: "ctrl+" }],
        ["hotkey", { keys: "a+b" }],
        ["hotkey", { keys: "ctrl+x ctrl+s" }],
        ["hotkey", { keys: "ctrl+nothing" }]
      ] as const) {
        const answer = yield* post(`/computeruse/keyboard/${path}`, body)
        expect([body, answer.status, typeof at(answer.json, "error")]).toEqual([body, 400, "string"])
      }
      expect(yield* desktop.performed).toEqual([])
    }).pipe(Effect.scoped)
  )
})

describe("the display", () => {
  it.live("has windows, whose positions the old generation does not know", () =>
    Effect.gen(function* () {
      const old = yield* withRunningDesktop()
      expect((yield* old.get("/computeruse/display/info")).json).toEqual({
        displays: [{ id: 0, x: 0, y: 0, width: 320, height: 200, isActive: true }]
      })
      const title = "Untitled - Text Editor"
      expect(at((yield* old.get("/computeruse/display/windows")).json, "windows", 0)).toEqual({
        id: 1001,
        title,
        x: 0,
        y: 0,
        width: 0,
        height: 0,
        isActive: false
      })
      const newer = yield* withRunningDesktop("current")
      expect(at((yield* newer.get("/computeruse/display/windows")).json, "windows", 0)).toEqual({
        id: 1001,
        title,
        x: 8,
        y: 8,
        width: 304,
        height: 184,
        isActive: true
      })
    }).pipe(Effect.scoped)
  )
})

describe("accessibility", () => {
  const button = ":1.10:/org/a11y/atspi/accessible/2"
  const document = ":1.10:/org/a11y/atspi/accessible/3"

  it.live("shows the tree of a scope to the requested depth", () =>
    Effect.gen(function* () {
      const { get } = yield* withRunningDesktop()
      const tree = (query: Readonly<Record<string, string>>) => get("/computeruse/a11y/tree", query)
      const focused = yield* tree({})
      expect(at(focused.json, "root", "name")).toBe("Text Editor")
      expect(at(focused.json, "truncated")).toBe(false)
      expect(at(focused.json, "root", "children", 0, "children", 0)).toMatchObject({ id: button, actions: ["click"] })
      expect(at((yield* tree({ maxDepth: "0" })).json, "root", "children")).toBeUndefined()
      const all = yield* tree({ scope: "all", maxDepth: "1" })
      expect(at(all.json, "root", "children", 1, "name")).toBe("Files")
      expect(at(all.json, "root", "children", 1, "children")).toBeUndefined()
      expect(at((yield* tree({ scope: "pid", pid: "1002" })).json, "root", "name")).toBe("Files")
    }).pipe(Effect.scoped)
  )

  it.live("finds nodes by their properties", () =>
    Effect.gen(function* () {
      const { post } = yield* withRunningDesktop()
      const find = (body: unknown) =>
        Effect.map(post("/computeruse/a11y/find", body), ({ json }) => {
          const matches = at(json, "matches")
          return {
            names: Array.isArray(matches) ? matches.map((node: unknown) => at(node, "name")) : [],
            truncated: at(json, "truncated")
          }
        })
      expect(yield* find({ role: "PUSH BUTTON", scope: "all" })).toEqual({ names: ["Save", "Open"], truncated: false })
      expect(yield* find({ role: "push button", scope: "all", limit: 1 })).toEqual({ names: ["Save"], truncated: true })
      expect((yield* find({ name: "Editor" })).names).toEqual(["Text Editor", "Untitled - Text Editor"])
      expect((yield* find({ name: "Save", nameMatch: "exact" })).names).toEqual(["Save"])
      expect((yield* find({ name: "^(Save|Document)$", nameMatch: "regex" })).names).toEqual(["Save", "Document"])
      expect((yield* find({ states: ["focused", "editable"] })).names).toEqual(["Document"])
    }).pipe(Effect.scoped)
  )

  it.live("acts on nodes that support it", () =>
    Effect.gen(function* () {
      const { desktop, post } = yield* withRunningDesktop()
      for (const [path, body] of [
        ["focus", { id: button }],
        ["invoke", { id: button }],
        ["invoke", { id: ":1.11:/org/a11y/atspi/accessible/2", action: "press" }],
        ["value", { id: document, value: "" }]
      ] as const) {
        const answer = yield* post(`/computeruse/a11y/node/${path}`, body)
        expect([answer.status, answer.json]).toEqual([200, {}])
      }
      expect(yield* desktop.performed).toEqual([
        { type: "focus", node: button },
        { type: "invoke", node: button, action: "click" },
        { type: "invoke", node: ":1.11:/org/a11y/atspi/accessible/2", action: "press" },
        { type: "value", node: document, value: "" }
      ])
      const focused = yield* post("/computeruse/a11y/find", { states: ["focused"] })
      expect(at(focused.json, "matches", 0, "id")).toBe(button)
    }).pipe(Effect.scoped)
  )

  it.live("has a code for each kind of refusal in the old generation", () =>
    Effect.gen(function* () {
      const { get, post } = yield* withRunningDesktop()
      const answers = [
        yield* post("/computeruse/a11y/node/focus", {}),
        yield* get("/computeruse/a11y/tree", { scope: "pid", pid: "1" }),
        yield* post("/computeruse/a11y/node/invoke", { id: button, action: "fly" }),
        yield* post("/computeruse/a11y/node/value", { id: button, value: "x" }),
        yield* get("/computeruse/a11y/tree", { scope: "screen" }),
        yield* get("/computeruse/a11y/tree", { maxDepth: "deep" }),
        yield* post("/computeruse/a11y/find", { name: "(", nameMatch: "regex" }),
        yield* post("/computeruse/a11y/find", { name: "x", nameMatch: "glob" })
      ]
      expect(answers.map(({ json, status }) => [status, at(json, "code")])).toEqual([
        [404, "A11Y_NODE_NOT_FOUND"],
        [404, "A11Y_NO_ACCESSIBLE_ROOT"],
        [400, "A11Y_ACTION_NOT_SUPPORTED"],
        [400, "A11Y_ACTION_NOT_SUPPORTED"],
        [400, "A11Y_INVALID_SCOPE"],
        [400, "A11Y_INVALID_REQUEST"],
        [400, "A11Y_INVALID_REQUEST"],
        [400, "A11Y_INVALID_REQUEST"]
      ])
    }).pipe(Effect.scoped)
  )
})
