/** What Claude may do, and who decides. */
import * as Effect from "effect/Effect"
import { ClaudeCode, Permission } from "effect-sandboxes/claude-code"
import { type Behaviour, expect, expectEqual, failureOf, processes } from "./Behaviour.js"

const prompt = "Run a command."

export const permissions: ReadonlyArray<Behaviour> = [
  {
    name: "without a permission, a tool is not used, and the result says so",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { permissionDenials } = yield* claude.run({ prompt })
      yield* expectEqual(
        "what was denied",
        permissionDenials.map(({ toolName }) => toolName),
        ["Bash"]
      )
    })
  },
  {
    name: "a tool that is allowed beforehand is used",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { permissionDenials, text } = yield* claude.run({ prompt, allowedTools: ["Bash"] })
      yield* expect(text.startsWith("Done"), `it said: ${text}`)
      yield* expectEqual("what was denied", permissionDenials, [])
    })
  },
  {
    name: "the callback is asked what the tool would do, and allows it",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const questions: Array<Permission.Question> = []
      const onPermission = (question: Permission.Question) =>
        Effect.sync(() => {
          questions.push(question)
          return Permission.allow()
        })
      const { permissionDenials, text } = yield* claude.run({ prompt, onPermission })
      yield* expect(text.startsWith("Done"), `it said: ${text}`)
      yield* expectEqual("what was denied", permissionDenials, [])
      yield* expectEqual(
        "the questions",
        questions.map(({ input, toolName }) => [toolName, input["command"]]),
        [["Bash", "touch touched"]]
      )
    })
  },
  {
    name: "the callback denies, and Claude goes on without the tool",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const onPermission = () => Effect.succeed(Permission.deny("Not on a Sunday."))
      const { permissionDenials } = yield* claude.run({ prompt, onPermission })
      yield* expectEqual("how often", permissionDenials.length, 1)
    })
  },
  {
    name: "the callback denies and ends the turn",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const onPermission = () => Effect.succeed(Permission.deny("Stop.", { interrupt: true }))
      const failure = yield* failureOf("ClaudeFailed", claude.run({ prompt, onPermission }))
      yield* expectEqual("whether it was interrupted", failure.interrupted, true)
    })
  },
  {
    name: "a callback that dies denies",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { permissionDenials } = yield* claude.run({ prompt, onPermission: () => Effect.die("a bug") })
      yield* expectEqual("how often", permissionDenials.length, 1)
    })
  },
  {
    name: "the callback changes what the tool is called with",
    places: processes,
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const onPermission = () => Effect.succeed(Permission.allow({ command: "true" }))
      yield* expectEqual("it", (yield* claude.run({ prompt, onPermission })).text, "Done: true")
    })
  },
  {
    name: "a callback is refused by its name where nobody can be asked",
    places: ["stromboli"],
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = claude.run({ prompt, onPermission: () => Effect.succeed(Permission.allow()) })
      yield* expectEqual("the field", (yield* failureOf("InvalidRequest", run)).field, "onPermission")
    })
  }
]
