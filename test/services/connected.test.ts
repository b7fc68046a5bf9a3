/** Values that are connected to something print small, hold no secret, and are found again by their handles. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  CommandHandle,
  DaytonaClient,
  Sandbox,
  Sandboxes,
  SandboxHandle,
  SandboxId,
  TerminalHandle
} from "../../src/daytona.js"
import { localRuntime } from "../../src/embedded/daytona/index.js"
import { Script } from "../../src/embedded/stromboli/index.js"
import { AgentHandle, Agents, Session, SessionHandle, StromboliClient } from "../../src/stromboli.js"
import { apiKey, daytona } from "../support/daytonaOver.js"
import { lines, services, within } from "../support/embedded.js"

const secret = "canary-4f1c"
const secrets = [secret, Redacted.value(apiKey)]

const sandboxes = Effect.provide(
  daytona({ server: { durations: 0, generation: "current", runtime: localRuntime() }, client: { target: "eu" } })
)
const agents = Effect.provide(
  Agents.layer.pipe(Layer.provideMerge(services({ client: { token: Redacted.make(secret) } })))
)

/** Every answer takes half a minute. */
const slowly = Effect.provide(
  Agents.layer.pipe(
    Layer.provideMerge(
      services({
        run: (input) =>
          Stream.unwrap(Effect.as(Effect.sleep("30 seconds"), Script.replies(input, `You said: ${input.prompt}`)))
      })
    )
  )
)

/** Everything that a value is printed by. */
const printed = (value: object): ReadonlyArray<string> => [
  inspect(value),
  inspect({ nested: [value] }, { depth: 10 }),
  JSON.stringify(value, undefined, 2),
  // What a test runner shows of a program that failed with the value.
  Cause.pretty(Cause.fail(value)),
  inspect(Cause.fail(value), { depth: 10 })
]

/** Sends a handle to another process. */
const sent = <A, I>(schema: Schema.Schema<A, I>, handle: A): A =>
  Schema.decodeUnknownSync(schema)(JSON.parse(JSON.stringify(Schema.encodeSync(schema)(handle))))

const expectSmall = (value: object, shown: object) => {
  expect(JSON.parse(JSON.stringify(value))).toEqual(shown)
  for (const text of printed(value)) {
    expect(text.length, text).toBeLessThan(1024)
    expect(text.split("\n").length, text).toBeLessThan(20)
    for (const each of secrets) expect(text).not.toContain(each)
  }
}

const aSandbox = Effect.flatMap(Sandboxes, (all) => all.scoped({ env: { TOKEN: Redacted.make(secret) } }))

describe("what is connected to Daytona", () => {
  it.scopedLive("prints small", () =>
    Effect.gen(function* () {
      const sandbox = yield* aSandbox
      const { id, name } = sandbox
      expectSmall(sandbox, { _id: "Sandbox", id, name, state: "started" })
      expectSmall(sandbox.toolbox, { _id: "Toolbox", sandboxId: id })
      expectSmall(yield* DaytonaClient, {
        _id: "DaytonaClient",
        apiUrl: "http://daytona.test/api",
        target: "eu",
        application: "default"
      })
      const command = yield* sandbox.process.start("sleep 60", { env: { TOKEN: Redacted.make(secret) } })
      const { commandId, sessionId } = command
      expectSmall(command, { _id: "RunningProcess", sandboxId: id, sessionId, commandId })
      const terminal = yield* sandbox.pty.scoped({ env: { TOKEN: Redacted.make(secret) } })
      expectSmall(terminal, { _id: "Terminal", sandboxId: id, id: terminal.id })
      const persistent = yield* sandbox.pty.attachPersistently(terminal.id)
      expectSmall(persistent, { _id: "Terminal", sandboxId: id, id: terminal.id })
    }).pipe(sandboxes)
  )

  it.scopedLive("prints small when it is copied, with what the copy has", () =>
    Effect.gen(function* () {
      const sandbox = yield* aSandbox
      const { id, name } = sandbox
      expectSmall({ ...sandbox, state: "stopped" }, { _id: "Sandbox", id, name, state: "stopped" })
    }).pipe(sandboxes)
  )

  it.scopedLive("has JSON that decodes as its handle", () =>
    Effect.gen(function* () {
      const sandbox = yield* aSandbox
      const read: unknown = JSON.parse(JSON.stringify(sandbox))
      expect(yield* Schema.decodeUnknown(SandboxHandle)(read)).toEqual(sandbox.handle)
    }).pipe(sandboxes)
  )

  it.scopedLive("is found again by a handle from another process", () =>
    Effect.gen(function* () {
      const all = yield* Sandboxes
      const { handle, process, pty } = yield* aSandbox
      const command = yield* process.start("echo ready; sleep 60")
      const terminal = yield* pty.scoped()

      const there = yield* all.connect(sent(SandboxHandle, handle))
      expect(there.id).toBe(handle.id)
      const inside = yield* Effect.provide(
        Effect.map(Sandbox.connect(sent(SandboxHandle, handle)).pipe(Layer.build), () => true),
        Layer.succeed(Sandboxes, all)
      )
      expect(inside).toBe(true)
      const { commandId, sessionId } = sent(CommandHandle, command.handle)
      expect(yield* there.processSessions.awaitLog(sessionId, commandId, "ready")).toBe("ready")
      const attached = yield* there.pty.attach(sent(TerminalHandle, terminal.handle))
      yield* attached.send("exit 3\n")
      expect((yield* attached.exit).exitCode).toBe(3)
    }).pipe(sandboxes)
  )

  it.scopedLive("is not looked for in another sandbox", () =>
    Effect.gen(function* () {
      const { pty } = yield* aSandbox
      const elsewhere = { ...(yield* pty.scoped()).handle, sandboxId: SandboxId.make("another") }
      const errors = [yield* Effect.flip(pty.attach(elsewhere)), yield* Effect.flip(pty.attachPersistently(elsewhere))]
      for (const error of errors) {
        expect(error).toMatchObject({ _tag: "InvalidRequest", field: "terminal.sandboxId" })
        expect(error.message).toContain("connect to another first")
      }
    }).pipe(sandboxes)
  )
})

describe("what is connected to Stromboli", () => {
  it.scoped("prints small", () =>
    Effect.gen(function* () {
      const { id, sessionId } = (yield* (yield* Agents).converse()).handle
      const conversation = yield* (yield* Agents).connect(id)
      expectSmall(conversation, { _id: "Conversation", id, sessionId })
      const session = yield* Session.make()
      expectSmall(session, { _id: "Session", id: session.id })
      expectSmall(yield* StromboliClient, { _id: "StromboliClient", baseUrl: "http://stromboli.test" })
    }).pipe(agents)
  )

  it.scoped("continues a conversation by a handle from another process", () =>
    Effect.gen(function* () {
      const first = yield* Session.make()
      yield* first.run({ prompt: "I am Ann" })
      const again = yield* Session.connect(sent(SessionHandle, first.handle))
      expect(again.id).toBe(first.id)
      yield* again.run({ prompt: "Who am I?" })
      expect(yield* Stream.runCollect(again.messages)).toHaveLength(4)
    }).pipe(agents)
  )

  it.scoped("talks to an agent by a handle from another process, and lets it live", () =>
    Effect.gen(function* () {
      const all = yield* Agents
      const { handle } = yield* all.converse()
      const { text } = yield* Effect.scoped(
        Effect.flatMap(all.connect(sent(AgentHandle, handle)), (there) => there.askResult("hi"))
      )
      expect(text).toBe("You said: hi")
      expect(yield* lines).not.toContain(`DELETE /agents/${handle.id}`)
      expect((yield* all.get(handle.id)).status).toBe("idle")
    }).pipe(agents)
  )

  it.scoped("waits for no turn that somebody else began, and answers the next prompt", () =>
    Effect.gen(function* () {
      const all = yield* Agents
      const { id } = yield* all.create()
      yield* all.send(id, "slow")
      const there = yield* all.connect(id)
      const refused = yield* within("10 seconds")(Effect.flip(there.askResult("too early")))
      expect(refused).toMatchObject({ _tag: "Conflict" })
      yield* TestClock.adjust("1 minute")
      const { text } = yield* within("1 minute")(there.askResult("quick"))
      expect(text).toBe("You said: quick")
    }).pipe(slowly)
  )

  it.scoped("does not find an agent that was stopped", () =>
    Effect.gen(function* () {
      const all = yield* Agents
      const { handle } = yield* all.converse()
      yield* all.stop(handle.id)
      expect(yield* Effect.flip(all.connect(handle))).toMatchObject({ _tag: "NotFound" })
    }).pipe(agents)
  )
})
