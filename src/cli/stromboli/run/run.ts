/** `run`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  type AsyncRunRequest,
  type CrashInfo,
  Execution,
  KeyedJob,
  RunResult,
  SecretName,
  SessionId,
  StartedJob
} from "../../../stromboli.js"
import { Unsuccessful, UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim, type Text } from "../../frame/text.js"
import { count, dollars } from "../../frame/words.js"
import { claudeOptionsOf } from "../claudeOptions.js"
import { endingWithLine } from "../endingWithLine.js"
import type { HtmlValues } from "../htmlOption.js"
import * as Page from "../page.js"
import { promptOf } from "../prompt.js"
import type { RunValues } from "./options.js"
import { withText } from "./printed.js"

/** `VARIABLE=NAME`, as the library takes it. */
const secretsOf = (given: ReadonlyArray<string>) =>
  Effect.forEach(given, (pair) => {
    const [, variable, name] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
    return variable === undefined || name === undefined
      ? Effect.fail(new UsageError({ message: `--secret: expected VARIABLE=NAME, got ${JSON.stringify(pair)}` }))
      : Effect.succeed([variable, SecretName.make(name)] as const)
  }).pipe(Effect.map((pairs) => Object.fromEntries(pairs)))

const requestOf = (values: RunValues): Effect.Effect<AsyncRunRequest, UsageError> =>
  Effect.gen(function* () {
    const prompt = yield* promptOf(values.prompt)
    const secrets = yield* secretsOf(values.secret)
    return {
      prompt,
      workdir: Option.getOrUndefined(values.workdir),
      claude: {
        ...claudeOptionsOf(values),
        sessionId: Option.getOrUndefined(Option.map(values.session, (id) => SessionId.make(id))),
        resume: values.resume || undefined,
        outputFormat: Option.isSome(values.html) ? "stream-json" : undefined
      },
      podman: {
        timeout: Option.getOrUndefined(values.timeout),
        image: Option.getOrUndefined(values.image),
        secretsEnv: values.secret.length === 0 ? undefined : secrets
      }
    }
  })

const crashed = ({ exitCode, reason, signal }: CrashInfo): string => {
  const how = signal === undefined ? `exit code ${exitCode ?? "unknown"}` : `signal ${signal}`
  return `The container of the run died: ${reason ?? how}. What it had printed is above`
}

/** What is known about a run besides its output: tokens and cost are of the whole session. */
const summary = ({ sessionId, usage }: RunResult): Text => {
  const tokens = usage?.totalTokens === undefined ? [] : [count(usage.totalTokens, "token")]
  // Zero is what the server says of a model whose price it does not know.
  const cost =
    usage?.estimatedCostUsd === undefined || usage.estimatedCostUsd === 0 ? [] : [dollars(usage.estimatedCostUsd)]
  const session = sessionId === undefined ? [] : [`session ${sessionId}`]
  return dim([...session, ...tokens, ...cost].join(" · "))
}

const inForeground = (request: AsyncRunRequest, values: HtmlValues) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const { json, stderr } = yield* Output.Output
    const page = yield* Page.prepare(values)
    const shown = Effect.gen(function* () {
      yield* Page.addPrompt(page, request.prompt)
      const printed = yield* Page.recordEffect(page)(execution.run(request)).pipe(
        during("Running the prompt"),
        Output.noteOnInterrupt("Interrupted: the run was stopped.")
      )
      const result = Option.isSome(page) ? withText(printed) : printed
      yield* Output.show(RunResult, result, ({ output }) => endingWithLine(output))
      if (stderr.isTerminal && !json) yield* Output.note(summary(result))
      if (result._tag === "Crashed") return yield* new Unsuccessful({ message: crashed(result.crash) })
    })
    yield* Page.written(page)(shown)
  })

const goesOn = "Interrupted: if the run has begun, it goes on; see effect-sandboxes jobs ls."

const inBackground = (request: AsyncRunRequest) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const started = yield* execution.runAsync(request).pipe(during("Starting the run"), Output.noteOnInterrupt(goesOn))
    yield* Output.show(Schema.typeSchema(StartedJob), started, ({ jobId }) => `${jobId}\n`)
  })

/** The key is the name of the conversation, so that the request has no other. */
const withKey = (
  { claude: _claude, ...request }: AsyncRunRequest,
  claude: ReturnType<typeof claudeOptionsOf>,
  key: string
) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const started = yield* execution
      .runAsync({ ...request, claude, key })
      .pipe(during("Starting the run"), Output.noteOnInterrupt(goesOn))
    yield* Output.show(KeyedJob, started, ({ jobId }) => `${jobId}\n`)
  })

export const run = (values: RunValues) =>
  Effect.gen(function* () {
    if (values.resume && Option.isNone(values.session)) {
      return yield* new UsageError({ message: "--resume needs the conversation to continue: --session ID" })
    }
    if (Option.isSome(values.key) && (!values.background || Option.isSome(values.session))) {
      return yield* new UsageError({
        message:
          "--key is for runs in the background, and names their conversation: add --background, leave out --session"
      })
    }
    if (Option.isSome(values.html) && values.background) {
      return yield* new UsageError({ message: "--html is for a run that is waited for: leave out --background" })
    }
    const request = yield* requestOf(values)
    if (Option.isSome(values.key)) return yield* withKey(request, claudeOptionsOf(values), values.key.value)
    return yield* values.background ? inBackground(request) : inForeground(request, values)
  })
