/** Sub-agents: one that is waited for, and one that takes the main agent's time when it has news. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type AgentEvent, Agents, Execution } from "effect-sandboxes/stromboli"
import { expect, expectEqual } from "../expect.js"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import { type Turn, taskNotification } from "../model/Turn.js"
import type { Area } from "./Area.js"

export const task = "Read the newspaper."

const background = "run_in_background"

/** Starts a sub-agent. Where the tool offers it, sub-agents run in the background unless they are told not to. */
export const delegate = ({ tools }: Turn, inBackground: boolean) => {
  const tool = tools.find(({ name }) => name === "Agent" || name === "Task")
  const input = { description: "Newspaper", prompt: task, subagent_type: "general-purpose" }
  const offers = tool?.parameters.includes(background) === true
  return uses(tool?.name ?? "Task", offers ? { ...input, [background]: inBackground } : input)
}

export const subAgent: Area = {
  name: "sub-agent",
  prints: ["system/init", "assistant", "user", "result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      "What is in the newspaper?": (turn) =>
        Effect.succeed(turn.toolResults === 0 ? delegate(turn, false) : says("Nothing new.")),
      [task]: ({ toolResults }) =>
        Effect.succeed(
          toolResults === 0 ? uses("Bash", { command: "echo rain", description: "Read" }) : says("It rains.")
        )
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({ claude: { dangerouslySkipPermissions: true } })
    const parents = yield* conversation
      .ask("What is in the newspaper?")
      .pipe(
        Stream.runFold(new Set<string>(), (seen, event) =>
          event._tag === "Output" && event.message._tag === "Assistant"
            ? seen.add(event.message.parentToolUseId === undefined ? "main" : "sub")
            : seen
        )
      )
    yield* expectEqual("who spoke", [...parents].sort(), ["main", "sub"])
  })
}

const isTurnStarted = ({ _tag }: AgentEvent) => _tag === "TurnStarted"

/** The CLI takes a turn of its own while a question waits; the question must get the answer to itself. */
export const backgroundAgent: Area = {
  name: "background sub-agent",
  since: "2.1.0",
  prints: ["system/task_started", "system/task_notification", "result/success, task-notification"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    const reading = yield* Gate.make("what the sub-agent has read")
    const news = yield* Gate.make("words about the news")
    yield* model.follow({
      "First question": (turn) => Effect.succeed(turn.toolResults === 0 ? delegate(turn, true) : says("First answer")),
      [task]: () => Effect.as(reading.pass, says("It rains.")),
      [taskNotification]: () => Effect.as(news.pass, says("The sub-agent says that it rains.")),
      "Second question": () => Effect.succeed(says("Second answer")),
      "Third question": () => Effect.succeed(says("Third answer"))
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    const first = yield* conversation.askResult("First question")
    yield* reading.reached
    yield* reading.open
    yield* news.reached
    const sent = yield* Effect.fork(Stream.runHead(Stream.filter(conversation.events, isTurnStarted)))
    const second = yield* Effect.fork(conversation.askResult("Second question"))
    // The client may also keep the question until the CLI is ready for it.
    yield* Effect.timeoutOption(Fiber.join(sent), "1 second")
    yield* news.open
    const answers = [first, yield* Fiber.join(second), yield* conversation.askResult("Third question")]
    yield* expectEqual(
      "the answers",
      answers.map(({ text }) => text),
      ["First answer", "Second answer", "Third answer"]
    )
  })
}

/** `--output-format json` prints one result, which must be that of the prompt. */
export const backgroundRun: Area = {
  name: "background sub-agent, run",
  since: "2.1.0",
  drive: Effect.gen(function* () {
    const model = yield* Model
    const Weather = Schema.Struct({ weather: Schema.String })
    yield* model.follow({
      "What is the weather?": (turn) =>
        Effect.succeed(
          [delegate(turn, true), uses("StructuredOutput", { weather: "sun" })][turn.toolResults] ?? says("Done.")
        ),
      [task]: () => Effect.succeed(says("It rains.")),
      [taskNotification]: ({ toolResults }) =>
        Effect.succeed(toolResults === 0 ? uses("StructuredOutput", { weather: "rain" }) : says("It rains."))
    })
    const execution = yield* Execution
    const run = yield* execution.runStructured(Weather, { prompt: "What is the weather?" })
    yield* expectEqual("the value", run.value, { weather: "sun" })
    yield* expect(!run.output.includes("task-notification"), "the printed result is that of a notification")
  })
}
