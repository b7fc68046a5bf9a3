/** Answers of the demo agent to certain prompts, from a file, so that slow, failing and endless runs can be tried. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Claude, type Run, Script } from "../../embedded/stromboli/index.js"
import { UsageError } from "../frame/failures.js"
import { parseDuration } from "../frame/options.js"

const Time = Schema.String.pipe(
  Schema.filter((text) => parseDuration(text) !== undefined || "must be a time such as 90s, 10m or 1h30m")
)

const Answer = Schema.Struct({
  /** A part of the prompt, in any case; absent: any prompt. */
  when: Schema.optional(Schema.String),
  /** How long it takes before the first line. */
  after: Schema.optional(Time),
  /** The answer; absent: that of the demo agent. */
  say: Schema.optional(Schema.String),
  /** The time between two lines of `say`. */
  every: Schema.optional(Time),
  /** Never ends. */
  hang: Schema.optional(Schema.Boolean),
  /** Ends with this exit code; from 129 on, it has crashed. */
  exit: Schema.optional(Schema.Int.pipe(Schema.between(0, 255)))
})
type Answer = typeof Answer.Type

const AgentScript = Schema.Struct({ answer: Schema.Array(Answer) })
const decode = Schema.decodeUnknown(AgentScript, { onExcessProperty: "error" })

const timeOf = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text))

const applies = ({ when }: Answer, prompt: string): boolean =>
  when === undefined || prompt.toLowerCase().includes(when.toLowerCase())

const given = (answer: Answer, demo: Run): Run => {
  const { after, every, exit, hang, say } = answer
  const [before, between] = [timeOf(after), timeOf(every)]
  return (input) => {
    const lines = say === undefined ? demo(input) : Script.replies(input, say)
    const spaced = between === undefined ? lines : Stream.tap(lines, () => Effect.sleep(between))
    const ended =
      hang === true
        ? Stream.concat(spaced, Script.hangs())
        : exit === undefined
          ? spaced
          : Stream.concat(spaced, Script.exits(exit))
    return before === undefined ? ended : Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep(before))), ended)
  }
}

const read = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { parse } = yield* Effect.promise(() => import("smol-toml"))
    const text = yield* fs.readFileString(path)
    const parsed = yield* Effect.try(() => parse(text))
    return yield* decode(parsed)
  }).pipe(
    Effect.mapError(
      (problem) => new UsageError({ message: `--script: ${path} cannot be used: ${String(problem.message)}` })
    )
  )

/** The demo agent with the answers of a script. The first that applies to a prompt counts. */
export const scripted = (
  path: string,
  demo: Layer.Layer<Claude>
): Layer.Layer<Claude, UsageError, FileSystem.FileSystem> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { answer: answers } = yield* read(path)
      const { run } = yield* Effect.provide(Claude, demo)
      const scriptedRun: Run = (input) => {
        const answer = answers.find((each) => applies(each, input.prompt))
        return answer === undefined ? run(input) : given(answer, run)(input)
      }
      const service = yield* Effect.provide(Claude, Claude.layerFrom(scriptedRun))
      return Layer.succeed(Claude, { ...service, description: `the answers in ${path} (no model is called)` })
    })
  )
