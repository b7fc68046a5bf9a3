/** How Claude Code ends when it should not, and what becomes of whoever waits. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ClaudeCode } from "effect-sandboxes/claude-code"
import { type Behaviour, expect, expectEqual, failureOf, processes, soon } from "./Behaviour.js"

export const ends: ReadonlyArray<Behaviour> = [
  {
    name: "lines that are no messages, and messages from the future, end nothing",
    places: processes,
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      yield* expectEqual("the answer", (yield* conversation.ask("Print nonsense.")).text, "Sense.")
      yield* expectEqual("the next one", (yield* conversation.ask("Say hello.")).text, "Hello.")
    })
  },
  {
    name: "much on stderr holds nothing up",
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* expectEqual("the answer", (yield* soon(claude.run({ prompt: "Whisper." }))).text, "Whispered.")
    })
  },
  {
    name: "a crash before the result is a failure, with the exit code and the end of stderr",
    onlyStandIn: true,
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const failure = yield* failureOf("ClaudeExited", claude.run({ prompt: "Crash." }))
      yield* expectEqual("the exit code", failure.exitCode, 134)
      yield* expectEqual("stderr", failure.stderr, "TypeError: undefined is not a function\n")
      yield* expectEqual("whether Claude was asked", failure.admitted, "yes")
      yield* failureOf("ClaudeExited", Stream.runDrain(claude.stream({ prompt: "Crash." })))
    })
  },
  {
    name: "a run that crashes is a failure",
    onlyStandIn: true,
    places: ["stromboli"],
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const failure = yield* failureOf("ClaudeExited", claude.run({ prompt: "Crash." }))
      yield* expectEqual("whether Claude was asked", failure.admitted, "yes")
      yield* failureOf("ClaudeExited", Stream.runDrain(claude.stream({ prompt: "Crash." })))
    })
  },
  {
    name: "a process that is killed is a failure, of this turn and of all that follow",
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* failureOf("ClaudeExited", claude.run({ prompt: "Die." }))
      const conversation = yield* claude.converse()
      yield* failureOf("ClaudeExited", conversation.ask("Die."))
      yield* failureOf("ClaudeExited", conversation.ask("Say hello."))
      yield* soon(Effect.ignore(Stream.runDrain(conversation.messages)))
    })
  },
  {
    name: "an exit with code 0 is no success either, if there was no result",
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* failureOf("ClaudeExited", claude.run({ prompt: "Leave." }))
    })
  },
  {
    name: "a result without a line break at its end is a result",
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { text } = yield* claude.run({ prompt: "Break off." })
      yield* expect(text === "No line break." || text === "", `it said: ${text}`)
    }),
    places: processes
  },
  {
    name: "a process that hangs after its result, and ignores signals, does not hold its run up",
    onlyStandIn: true,
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* expectEqual("the answer", (yield* soon(claude.run({ prompt: "Hang." }))).text, "Answered.")
    })
  },
  {
    name: "what the CLI refuses is a failure that says why, and Claude was not asked",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = claude.run({ prompt: "Say hello.", permissionMode: "nonsense" })
      const failure = yield* failureOf("ClaudeExited", run)
      yield* expectEqual("whether Claude was asked", failure.admitted, "no")
      yield* expect(failure.message.includes("--permission-mode"), `the message is: ${failure.message}`)
    })
  }
]
