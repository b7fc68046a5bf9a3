/** Makes agents of runs. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as wire from "../wire.js"
import {
  type AgentLine,
  AgentWriteFailed,
  type Run,
  type RunInput,
  type StartAgent,
  type Turn
} from "./ClaudeProcess.js"
import { killedBy, type ProcessFailed } from "./ProcessFailed.js"
import * as StreamJson from "./StreamJson.js"

/** How many lines the process may be ahead of its reader, like a pipe. What it holds is read at once. */
const pipeCapacity = 64

/**
 * Makes an agent that answers each line on its stdin with a run. Lines that are not stream-json are wrapped in it, and
 * a result is added if the run prints none, so that a plain scripted run makes a working agent.
 */
export const agentFromRuns =
  (run: Run): StartAgent =>
  (agent) =>
    Effect.gen(function* () {
      const input = yield* Queue.unbounded<Option.Option<string>>()
      const output = yield* Mailbox.make<AgentLine>(pipeCapacity)
      const exit = yield* Deferred.make<void, ProcessFailed>()
      const history: Array<Turn> = []

      const printAll = (lines: ReadonlyArray<string>) =>
        output.offerAll(lines.map((line): AgentLine => ({ from: "stdout", line })))
      const turn = (line: string) => {
        const prompt = promptOf(line)
        const runInput: RunInput = {
          prompt,
          sessionId: agent.sessionId,
          history: history.slice(),
          resume: history.length > 0,
          workdir: agent.workdir,
          claude: agentOptions(agent.claude),
          podman: wire.podmanOptions.zero
        }
        const printed: Array<string> = []
        const wrap = (text: string): ReadonlyArray<string> => {
          printed.push(text)
          return StreamJson.typeOf(text) === undefined
            ? [StreamJson.assistant(agent.sessionId, StreamJson.modelOf(runInput), prompt, text)]
            : [text]
        }
        return Stream.runForEachChunk(run(runInput), (texts) =>
          printAll(Chunk.toReadonlyArray(texts).flatMap(wrap))
        ).pipe(
          Effect.zipRight(
            Effect.suspend(() => {
              const answer = StreamJson.answerText(printed.join("\n"))
              history.push({ role: "user", text: prompt }, { role: "assistant", text: answer })
              return printed.some((text) => StreamJson.typeOf(text) === "result")
                ? Effect.void
                : printAll([StreamJson.result(agent.sessionId, prompt, answer)])
            })
          )
        )
      }
      const work: Effect.Effect<void, ProcessFailed> = Effect.flatMap(
        Queue.take(input),
        Option.match({ onNone: () => Effect.void, onSome: (line) => Effect.zipRight(turn(line), work) })
      )
      const fiber = yield* work.pipe(
        Effect.onExit((ended) => Effect.zipRight(Deferred.done(exit, withoutInterruption(ended)), output.end)),
        Effect.interruptible,
        Effect.forkScoped
      )
      return {
        write: (line) =>
          Effect.flatMap(Deferred.isDone(exit), (done) =>
            done
              ? Effect.fail(new AgentWriteFailed({ message: "agent: write stdin: write |1: broken pipe" }))
              : Effect.asVoid(Queue.offer(input, Option.some(line)))
          ),
        output: Mailbox.toStream(output),
        exit: Deferred.await(exit),
        closeInput: Effect.asVoid(Queue.offer(input, Option.none())),
        kill: (signal) =>
          Effect.zipRight(
            Deferred.fail(exit, killedBy(signal)),
            Effect.sync(() => fiber.unsafeInterruptAsFork(fiber.id()))
          )
      }
    })

const withoutInterruption = (exit: Exit.Exit<void, ProcessFailed>): Exit.Exit<void, ProcessFailed> =>
  Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) ? Exit.fail(killedBy("SIGKILL")) : exit

// The options that the server sets for every agent.
const agentOptions = (claude: wire.ClaudeOptions): wire.ClaudeOptions => ({
  ...claude,
  input_format: "stream-json",
  output_format: "stream-json",
  include_partial_messages: true,
  verbose: true
})

const promptOf = (line: string): string => {
  const message = StreamJson.parse(line)?.["message"]
  const content = typeof message === "object" && message !== null && "content" in message ? message.content : undefined
  return typeof content === "string" ? content : JSON.stringify(content ?? line)
}
