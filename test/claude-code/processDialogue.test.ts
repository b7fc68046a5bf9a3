import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Permission } from "effect-sandboxes/claude-code"
import { ClaudePlaceFailed } from "../../src/claude-code/errors.js"
import { assistant, promptIn, result, scripted } from "../support/claude/scriptedProcess.js"

const lost = new ClaudePlaceFailed({
  place: "memory",
  operation: "ClaudeCode.run",
  message: "the connection was lost",
  retryable: false,
  admitted: "unknown"
})

const news = [assistant("news"), result("news", { origin: { kind: "task-notification" } })]

/** Answers each prompt with itself. */
const echo = scripted((line, { print }) => {
  const prompt = promptIn(line)
  return prompt === undefined ? Effect.void : print(assistant(prompt), result(prompt))
})

describe("turns", () => {
  it.effect("each prompt gets its own answer, wherever Claude takes turns of its own", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(
            FastCheck.record({ before: FastCheck.nat(2), within: FastCheck.nat(2), after: FastCheck.nat(2) }),
            {
              maxLength: 6
            }
          ),
          (plan) =>
            Effect.runPromise(
              Effect.gen(function* () {
                let asked = 0
                const { claude } = scripted((line, { print }) => {
                  const prompt = promptIn(line)
                  const counts = plan[asked]
                  if (prompt === undefined || counts === undefined) return Effect.void
                  asked += 1
                  const several = (count: number) => Array.from({ length: count }, () => news).flat()
                  return print(
                    ...several(counts.before),
                    assistant(prompt),
                    ...several(counts.within),
                    result(prompt),
                    ...several(counts.after)
                  )
                })
                const conversation = yield* claude.converse()
                for (const index of plan.keys()) {
                  expect((yield* conversation.ask(`prompt ${index}`)).text).toBe(`prompt ${index}`)
                }
              }).pipe(Effect.scoped)
            )
        ),
        { numRuns: 50 }
      )
    )
  )

  it.scoped("a prompt waits while Claude takes a turn of its own", () =>
    Effect.gen(function* () {
      const newsOver = yield* Deferred.make<void>()
      const { claude, written } = scripted((line, { print }) => {
        const prompt = promptIn(line)
        if (prompt !== "first") return print(result(String(prompt)))
        return Effect.zipRight(
          print(result("first"), assistant("news")),
          Effect.asVoid(
            Effect.forkDaemon(
              Effect.zipRight(
                Deferred.await(newsOver),
                print(result("news", { origin: { kind: "task-notification" } }))
              )
            )
          )
        )
      })
      const conversation = yield* claude.converse()
      const begun = yield* Effect.fork(
        Stream.runHead(Stream.filter(conversation.messages, (m) => m._tag === "Assistant"))
      )
      yield* Effect.yieldNow()
      yield* conversation.ask("first")
      yield* Fiber.join(begun)
      const second = yield* Effect.fork(conversation.ask("second"))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      expect(written.map(promptIn)).toEqual(["first"])
      yield* Deferred.succeed(newsOver, undefined)
      expect((yield* Fiber.join(second)).text).toBe("second")
    })
  )

  it.effect("a blank prompt is refused by its name, in a conversation as well", () =>
    Effect.gen(function* () {
      const { claude } = echo
      expect(yield* Effect.flip(claude.run({ prompt: " \n" }))).toMatchObject({
        _tag: "InvalidRequest",
        field: "prompt"
      })
      const conversation = yield* claude.converse()
      for (const prompt of ["", " \n", "\ud800"]) {
        const refused = { _tag: "InvalidRequest", field: "prompt" }
        expect(yield* Effect.flip(conversation.ask(prompt))).toMatchObject(refused)
        expect(yield* Effect.flip(Stream.runDrain(conversation.askStream(prompt)))).toMatchObject(refused)
      }
      expect((yield* conversation.ask("still there")).text).toBe("still there")
    }).pipe(Effect.scoped)
  )
})

describe("a result that cannot be read", () => {
  it.scoped("ends its turn as a failure, and not the conversation", () =>
    Effect.gen(function* () {
      const { claude } = scripted((line, { print }) => {
        const prompt = promptIn(line)
        return prompt === "one" ? print(assistant("one"), { type: "result" }) : print(result(String(prompt)))
      })
      const conversation = yield* claude.converse()
      const failure = yield* Effect.flip(conversation.ask("one"))
      expect(failure).toMatchObject({ _tag: "ClaudeExited", admitted: "yes" })
      expect((yield* conversation.ask("two")).text).toBe("two")
    })
  )
})

describe("a lost connection", () => {
  it.scoped("is the failure of the turn and of all that follow, never a success", () =>
    Effect.gen(function* () {
      const { claude, killed } = scripted((_, { lose, print }) => Effect.zipRight(print(assistant("I am")), lose(lost)))
      const conversation = yield* claude.converse()
      const all = yield* Effect.fork(Stream.runDrain(conversation.messages))
      yield* Effect.yieldNow()
      expect(yield* Effect.flip(conversation.ask("one"))).toBe(lost)
      expect(yield* Effect.flip(conversation.ask("two"))).toBe(lost)
      expect(yield* Effect.flip(Fiber.join(all))).toBe(lost)
      yield* conversation.interrupt
      expect(yield* Effect.flip(claude.run({ prompt: "three" }))).toBe(lost)
      expect(killed()).toBe(1)
    })
  )
})

describe("the end of a run", () => {
  it.effect("comes by itself: the process is not killed", () =>
    Effect.gen(function* () {
      expect((yield* echo.claude.run({ prompt: "one" })).text).toBe("one")
      expect(echo.killed()).toBe(0)
    })
  )

  it.effect("is waited for five seconds, and then the process is killed", () =>
    Effect.gen(function* () {
      const { claude, killed } = scripted((line, { print }) => print(result(String(promptIn(line)))), { hangs: true })
      const run = yield* Effect.fork(claude.run({ prompt: "one" }))
      yield* TestClock.adjust("4 seconds")
      expect(run.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(run)).text).toBe("one")
      expect(killed()).toBe(1)
    })
  )
})

describe("an interruption", () => {
  it.scoped("that is not confirmed fails after ten seconds, and says what to do", () =>
    Effect.gen(function* () {
      const { claude } = scripted(() => Effect.void)
      const conversation = yield* claude.converse()
      yield* Effect.fork(conversation.ask("think"))
      yield* Effect.repeatN(Effect.yieldNow(), 5)
      const interruption = yield* Effect.fork(Effect.flip(conversation.interrupt))
      yield* TestClock.adjust("10 seconds")
      const failure = yield* Fiber.join(interruption)
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", operation: "Conversation.interrupt" })
      expect(failure.message).toContain("Close the scope")
    })
  )

  it.scoped("ends with the process", () =>
    Effect.gen(function* () {
      const { claude } = scripted((line, { exit }) =>
        promptIn(line) === undefined ? exit({ exitCode: 1 }) : Effect.void
      )
      const conversation = yield* claude.converse()
      const turn = yield* Effect.fork(Effect.flip(conversation.ask("think")))
      yield* Effect.repeatN(Effect.yieldNow(), 5)
      yield* conversation.interrupt
      expect(yield* Fiber.join(turn)).toMatchObject({ _tag: "ClaudeExited", exitCode: 1 })
    })
  )
})

describe("a question for a permission", () => {
  const question = (id: string) => ({
    type: "control_request",
    request_id: id,
    request: { subtype: "can_use_tool", tool_name: "Bash", input: { command: "true" } }
  })

  it.scoped("that is withdrawn interrupts whoever answers it", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const { claude } = scripted((line, { print }) =>
        promptIn(line) === undefined
          ? Effect.void
          : Effect.zipRight(
              print(question("q")),
              Effect.asVoid(
                Effect.forkDaemon(
                  Effect.zipRight(
                    Deferred.await(asked),
                    print({ type: "control_cancel_request", request_id: "q" }, result("done"))
                  )
                )
              )
            )
      )
      const onPermission = () =>
        Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      const conversation = yield* claude.converse({ onPermission })
      expect((yield* conversation.ask("work")).text).toBe("done")
      // While the conversation goes on.
      yield* Deferred.await(interrupted)
    })
  )

  it.scoped.each([
    ["nothing", undefined],
    ["text", "yes"],
    ["what is not JSON", Permission.allow({ big: 1n })]
  ])("is answered with no if the callback returns %s", ([, given]) =>
    Effect.gen(function* () {
      const { claude, written } = scripted((line, { print }) =>
        promptIn(line) === undefined ? print(result("done")) : print(question("q"))
      )
      const options = { prompt: "work", onPermission: () => Effect.succeed(given) }
      const answered: ReturnType<typeof claude.run> = Reflect.apply(claude.run, claude, [options])
      expect((yield* answered).text).toBe("done")
      expect(written.at(-1)).toMatchObject({
        type: "control_response",
        response: { request_id: "q", response: { behavior: "deny" } }
      })
    })
  )
})

describe("a process that ends by itself before it has answered", () => {
  const init = { type: "system", subtype: "init", model: "m" }
  it.effect.each([
    ["a CLI that prints nothing has not asked Claude", [], "no"],
    ["hooks that run before the turn have not asked Claude", [{ type: "system", subtype: "hook_started" }], "no"],
    ["a turn that was begun may have asked Claude", [init], "unknown"],
    ["a message of Claude means that it was asked", [init, assistant("I"), init], "yes"]
  ] as const)("%s", ([, printed, admitted]) =>
    Effect.gen(function* () {
      const { claude } = scripted((_, { exit, print }) => Effect.zipRight(print(...printed), exit({ exitCode: 1 })))
      expect(yield* Effect.flip(claude.run({ prompt: "work" }))).toMatchObject({ _tag: "ClaudeExited", admitted })
    })
  )
})

describe("a reader of a turn", () => {
  const burst = Array.from({ length: 5_000 }, (_, index) => assistant(`${index}`))
  const { claude } = scripted((line, { print }) => {
    if (promptIn(line) !== undefined) return print(...burst)
    const aborted = { subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_streaming" }
    const id: unknown = Reflect.get(Object(line), "request_id")
    return print({ type: "control_response", response: { subtype: "success", request_id: id } }, result("", aborted))
  })

  it.scoped("may interrupt it from within, however far it is behind", () =>
    Effect.gen(function* () {
      const conversation = yield* claude.converse()
      let seen = 0
      const reading = conversation
        .askStream("work")
        .pipe(Stream.runForEach(() => (++seen === 1 ? Effect.orDie(conversation.interrupt) : Effect.void)))
      expect(yield* Effect.flip(reading)).toMatchObject({ _tag: "ClaudeFailed", interrupted: true })
      expect(seen).toBe(5_001)
    })
  )
})

describe("a reader of all messages", () => {
  it.scoped("that falls 10,000 messages behind fails; the conversation goes on", () =>
    Effect.gen(function* () {
      const burst = Array.from({ length: 25_000 }, (_, index) => ({ type: "system", subtype: "status", index }))
      const { claude } = scripted((line, { print }) => print(...burst, result(String(promptIn(line)))))
      const conversation = yield* claude.converse()
      const reading = yield* Deferred.make<void>()
      const slow = yield* Effect.fork(
        Effect.exit(Stream.runForEach(conversation.messages, () => Deferred.await(reading)))
      )
      yield* Effect.repeatN(Effect.yieldNow(), 5)
      expect((yield* conversation.ask("one")).text).toBe("one")
      yield* Deferred.succeed(reading, undefined)
      const exit = yield* Fiber.join(slow)
      expect(Exit.isFailure(exit)).toBe(true)
      expect(JSON.stringify(exit)).toContain("messages behind")
    })
  )
})
