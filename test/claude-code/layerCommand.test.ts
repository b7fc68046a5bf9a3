import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { ClaudeCode, type ClaudeMessage, type CommandOptions, layerCommand } from "effect-sandboxes/claude-code"
import { standInOnPath } from "../support/claude/onPath.js"
import { describeWithLayer } from "../support/sharedLayer.js"
import { until } from "../support/until.js"

const withOptions =
  (options: CommandOptions) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.provide(program, layerCommand(options))

const run = (prompt = "Say hello.") => Effect.flatMap(ClaudeCode, (claude) => claude.run({ prompt }))

describe("a program that cannot be started", () => {
  it.live("is told apart if there is none: the failure says how to install it", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(run())
      expect(failure).toMatchObject({ _tag: "ClaudeNotInstalled", command: "no-such-claude", admitted: "no" })
      expect(failure.message).toContain("npm install -g @anthropic-ai/claude-code")
    }).pipe(withOptions({ command: "no-such-claude" }), Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is a failure of the place if it may not be executed", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const command = yield* files.makeTempFileScoped()
      const failure = yield* run().pipe(withOptions({ command }), Effect.flip)
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "no", retryable: true })
      expect(failure.message).toContain("could not be started")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live("is a failure of the place, not a defect, if its environment is too large", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(run())
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "no" })
      expect(failure.message).not.toContain("xxxx")
    }).pipe(
      withOptions({ command: "true", environment: { LARGE: "x".repeat(3_000_000) } }),
      Effect.provide(NodeContext.layer)
    )
  )

  it.live("is the caller's fault if the working directory does not exist, also that of the layer", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(run())
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "workingDirectory" })
      expect(failure.message).toContain("/does/not/exist")
    }).pipe(withOptions({ command: "true", workingDirectory: "/does/not/exist" }), Effect.provide(NodeContext.layer))
  )

  it.live("is not an answer if it is another one, which prints nothing and succeeds", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(run())).toMatchObject({ _tag: "ClaudeExited", exitCode: 0, admitted: "no" })
    }).pipe(withOptions({ command: "true" }), Effect.provide(NodeContext.layer))
  )
})

describe("options of the layer", () => {
  const executor = Layer.succeed(
    CommandExecutor.CommandExecutor,
    CommandExecutor.makeExecutor(() => Effect.dieMessage("nothing may be started"))
  )
  it.effect.each([
    ["command", { command: 42 }],
    ["command", { command: "" }],
    ["command", { command: [] }],
    ["command", { command: "claude\0" }],
    ["apiKey", { apiKey: "plain" }],
    ["environment.A", { environment: { A: 1 } }],
    ["environment.A=B", { environment: { "A=B": "1" } }],
    ["environment.A", { environment: { A: "\0" } }],
    ["workingDirectory", { workingDirectory: true }],
    ["workingDirectory", { workingDirectory: "" }]
  ])("are refused by name: %s in %o", ([field, options]) =>
    Effect.gen(function* () {
      const layer: ReturnType<typeof layerCommand> = Reflect.apply(layerCommand, undefined, [options])
      const failure = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(layer, executor))))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field })
    })
  )
})

const StandIn = Layer.provideMerge(standInOnPath, NodeContext.layer)

/** What the CLI was started with. */
const seen = (options: CommandOptions, more: object = {}) =>
  Effect.gen(function* () {
    const claude = yield* ClaudeCode
    const { text } = yield* claude.run({ prompt: "Show what you were started with.", ...more })
    const started: {
      readonly args: ReadonlyArray<string>
      readonly environment: Readonly<Record<string, string>>
      readonly directory: string
    } = JSON.parse(text)
    return started
  }).pipe(withOptions(options))

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe("a program that ends or prints as no CLI does", () => {
  it.live("is ended by the signal that ended it, whatever its arguments speak of", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const failure = yield* Effect.flip(claude.run({ prompt: "hi", systemPrompt: "Explain SIGUSR1 and SIGHUP" }))
      expect(failure).toMatchObject({ _tag: "ClaudeExited", signal: "SIGSEGV" })
      expect(failure.message).toContain("was ended by SIGSEGV")
    }).pipe(withOptions({ command: ["sh", "-c", "read -r line; kill -s SEGV $$"] }), Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is stopped when it prints a line that does not end, which is a failure and not a defect", () =>
    Effect.gen(function* () {
      const node = yield* CommandExecutor.CommandExecutor
      const mebibyte = new TextEncoder().encode("x".repeat(1024 * 1024))
      const started: Array<CommandExecutor.Process> = []
      const flooding = CommandExecutor.makeExecutor((command) =>
        Effect.map(node.start(command), (process) => {
          started.push(process)
          const stdout = Stream.concat(Stream.take(Stream.repeatValue(mebibyte), 129), Stream.never)
          return Object.assign(Object.create(process), { stdout })
        })
      )
      const failure = yield* Effect.flip(run()).pipe(
        withOptions({ command: ["sh", "-c", "sleep 600"] }),
        Effect.provideService(CommandExecutor.CommandExecutor, flooding)
      )
      expect(failure).toMatchObject({ _tag: "ClaudePlaceFailed", admitted: "unknown", retryable: false })
      expect(failure.message).toContain("a line of more than 134217728 characters")
      expect(yield* Effect.forEach(started, ({ isRunning }) => isRunning)).toEqual([false])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

/** The ids of processes that the stand-in names. */
const pidsIn = (message: ClaudeMessage.ClaudeMessage): Option.Option<ReadonlyArray<number>> =>
  message._tag === "Assistant" && message.content[0]?._tag === "Text"
    ? Option.some(JSON.parse(message.content[0].text))
    : Option.none()

const begun = Effect.gen(function* () {
  const claude = yield* ClaudeCode
  const pids = yield* claude
    .stream({ prompt: "Start a child." })
    .pipe(Stream.filterMap(pidsIn), Stream.runHead, Effect.flatten)
  expect(pids).toHaveLength(2)
  return pids
})

describeWithLayer(
  "the CLI on this machine",
  StandIn,
  "20 seconds"
)((it) => {
  it.effect("gets the key and the variables in its environment, and no secret on its command line", () =>
    Effect.gen(function* () {
      const options = {
        apiKey: Redacted.make("secret-key"),
        environment: { GREETING: Redacted.make("secret-greeting") }
      }
      const mcpServers = { tickets: { command: "tickets", env: { TOKEN: Redacted.make("secret-token"), PLAIN: "no" } } }
      const { args, environment } = yield* seen(options, { mcpServers })
      expect(environment).toMatchObject({
        ANTHROPIC_API_KEY: "secret-key",
        GREETING: "secret-greeting",
        EFFECT_SANDBOXES_MCP_1: "secret-token"
      })
      expect(args.join(" ")).not.toContain("secret")
      const configuration = JSON.stringify({
        mcpServers: { tickets: { command: "tickets", env: { TOKEN: "$" + "{EFFECT_SANDBOXES_MCP_1}", PLAIN: "no" } } }
      })
      expect(args).toContain(`--mcp-config=${configuration}`)
    })
  )

  it.effect("works in the background in a conversation, or where it is told to", () =>
    Effect.gen(function* () {
      const name = "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"
      expect((yield* seen({})).environment[name]).toBe("1")
      expect((yield* seen({}, { backgroundTasks: true })).environment[name]).toBeUndefined()
      const claude = yield* Effect.provide(ClaudeCode, layerCommand())
      const conversation = yield* claude.converse()
      const { text } = yield* conversation.ask("Show what you were started with.")
      expect(text).not.toContain(name)
    }).pipe(Effect.scoped)
  )

  it.effect("shows no secret in failures, or when it is printed", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const outcome = yield* Effect.either(claude.run({ prompt: "Crash." }))
      expect(Either.isLeft(outcome)).toBe(true)
      const shown = [claude, outcome].map((value) => Inspectable.format(value) + Inspectable.toStringUnknown(value))
      expect(shown.join("")).not.toContain("secret")
    }).pipe(withOptions({ apiKey: Redacted.make("secret-key"), environment: { GREETING: "secret-greeting" } }))
  )

  it.effect("works in the directory of the method, or else in that of the layer", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const [first, second] = yield* Effect.all([
        Effect.flatMap(files.makeTempDirectoryScoped(), files.realPath),
        Effect.flatMap(files.makeTempDirectoryScoped(), files.realPath)
      ])
      expect((yield* seen({ workingDirectory: first })).directory).toBe(first)
      expect((yield* seen({ workingDirectory: first }, { workingDirectory: second })).directory).toBe(second)
    }).pipe(Effect.scoped)
  )

  it.effect("is told every option in its own words", () =>
    Effect.gen(function* () {
      const { args } = yield* seen(
        {},
        {
          model: "opus",
          fallbackModel: "sonnet",
          systemPrompt: "-s",
          appendSystemPrompt: "a",
          tools: ["Bash", "Read"],
          allowedTools: ["Bash(git:*)", "Read"],
          disallowedTools: ["Write"],
          permissionMode: "plan",
          maxTurns: 3,
          maxBudgetUsd: 0.5,
          strictMcpConfig: true,
          agent: "reviewer",
          agents: { reviewer: { description: "d", prompt: "p" } },
          addDirs: ["/a", "/b"],
          pluginDirs: ["/c", "/d"],
          settings: "{}",
          settingSources: ["user", "local"],
          betas: ["one"],
          effort: "high",
          disableSlashCommands: true
        }
      )
      const line = args.filter((arg) => !arg.startsWith("--session-id=")).join(" ")
      expect(line).toBe(
        "-p --input-format=stream-json --output-format=stream-json --verbose --model=opus --fallback-model=sonnet " +
          "--effort=high --system-prompt=-s --append-system-prompt=a --tools=Bash --tools=Read " +
          "--allowedTools=Bash(git:*),Read --disallowedTools=Write --permission-mode=plan --max-budget-usd=0.5 " +
          '--max-turns=3 --strict-mcp-config --agent=reviewer --agents={"reviewer":{"description":"d","prompt":"p"}} ' +
          "--add-dir=/a --add-dir=/b --plugin-dir=/c --plugin-dir=/d --settings={} --setting-sources=user,local " +
          "--betas=one --disable-slash-commands"
      )
    })
  )

  it.effect("takes no value for an option, whatever it begins with, and no list of tools for all of them", () =>
    Effect.gen(function* () {
      const evil = ["Read", "--dangerously-skip-permissions"]
      const lists = { tools: evil, addDirs: evil, betas: evil, pluginDirs: evil, allowedTools: ["--", ...evil] }
      const { args } = yield* seen({}, { ...lists, systemPrompt: "--settings", model: "--resume" })
      const options = args.filter((arg) => arg.startsWith("-")).map((arg) => arg.split("=")[0])
      expect(options).toEqual(expect.not.arrayContaining(["--dangerously-skip-permissions", "--settings", "--resume"]))
      expect(args.filter((arg) => !arg.startsWith("-"))).toEqual([])
      expect((yield* seen({}, { tools: [] })).args).toContain("--tools=")
    })
  )

  it.effect("is stopped with all that it started when a stream is left early", () =>
    Effect.gen(function* () {
      const pids = yield* begun
      yield* until(() => !pids.some(isAlive))
    }).pipe(withOptions({}))
  )

  it.effect("is stopped with all that it started when the fiber is interrupted", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const pids: Array<number> = []
      const conversation = Effect.scoped(
        Effect.flatMap(claude.converse(), ({ askStream }) =>
          Stream.runForEach(askStream("Start a child."), (message) =>
            Effect.sync(() => pids.push(...Option.getOrElse(pidsIn(message), () => [])))
          )
        )
      )
      const fiber = yield* Effect.fork(conversation)
      yield* until(() => pids.length === 2)
      expect(pids.every(isAlive)).toBe(true)
      yield* Fiber.interrupt(fiber)
      yield* until(() => !pids.some(isAlive))
    }).pipe(withOptions({}))
  )

  it.effect("leaves nothing behind after a run that ended well", () =>
    Effect.gen(function* () {
      const pids: ReadonlyArray<number> = JSON.parse((yield* run("Leave a child.")).text)
      expect(pids).toHaveLength(2)
      yield* until(() => !pids.some(isAlive))
    }).pipe(withOptions({}))
  )

  it.effect("has ended when it has exited, even if something that it started keeps its stdout open", () =>
    Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const pids: Array<number> = []
      const stream = Stream.runForEach(claude.stream({ prompt: "Leave a child that holds stdout." }), (message) =>
        Effect.sync(() => pids.push(...Option.getOrElse(pidsIn(message), () => [])))
      )
      const failure = yield* Effect.flip(Effect.timeout(stream, "15 seconds"))
      expect(failure).toMatchObject({ _tag: "ClaudeExited", exitCode: 3, admitted: "yes" })
      for (const pid of pids) process.kill(pid, "SIGKILL")
    }).pipe(withOptions({}))
  )
})
