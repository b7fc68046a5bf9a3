/** The `LanguageModel` of `@effect/ai` on a Stromboli server. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as AiModel from "@effect/ai/Model"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import * as Arguments from "../../internal/arguments.js"
import { withoutBackgroundTasks } from "../../schema/stromboli/backgroundTasks.js"
import type { Model } from "../../schema/stromboli/ClaudeOptions.js"
import { Agents } from "../../services/stromboli/agents/Agents.js"
import { Execution } from "../../services/stromboli/execution/Execution.js"
import { printable, valueOf } from "../../services/stromboli/execution/structuredOutput.js"
import type { ClaudeOptions, RunRequest } from "../../stromboli.js"
import { answerOf } from "./answer.js"
import { fromRunError, type Method, refused } from "./failures.js"
import { partsOfTurn } from "./messages.js"
import { promptText } from "./promptText.js"
import { annotateRequest, annotateResponse } from "./telemetry.js"

export { type RunReport, reportOf } from "./report.js"

/**
 * Options of the runs behind a model. In the context of a call, they take the place of those that the model was made
 * with.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { StromboliLanguageModel } from "effect-sandboxes/ai"
 *
 * const review = LanguageModel.generateText({ prompt: "Review the last commit" }).pipe(
 *   StromboliLanguageModel.withConfigOverride({ workdir: "/workspace", claude: { allowedTools: ["Bash(git:*)"] } })
 * )
 * ```
 */
export class Config extends Context.Tag("effect-sandboxes/ai/StromboliLanguageModel/Config")<
  Config,
  Config.Service
>() {}

export declare namespace Config {
  interface Service {
    /** The directory in the container to work in. The server creates it if it does not exist. */
    readonly workdir?: RunRequest["workdir"]
    /** The container: its image, limits, volumes and secrets. `streamText`, whose agents have none, refuses it. */
    readonly podman?: RunRequest["podman"]
    /**
     * How Claude Code is started. Its tools are its own: choose them with `tools` and `allowedTools`, and offer others
     * with `mcpConfigs`. The system prompt is that of the `Prompt`; without one, Claude Code's own, which
     * `appendSystemPrompt` extends.
     */
    readonly claude?: RunOptions | undefined
  }

  /** The options of Claude Code, without those that follow from the call, and without those of a longer session. */
  interface RunOptions
    extends Omit<
      ClaudeOptions,
      | "continue"
      | "forkSession"
      | "includePartialMessages"
      | "inputFormat"
      | "jsonSchema"
      | "outputFormat"
      | "replayUserMessages"
      | "resume"
      | "sessionId"
      | "systemPrompt"
    > {}
}

/** Which model answers, and how its runs are started. */
export interface Options {
  /** Default: the server's. */
  readonly model?: Model | undefined
  /** How runs are started. Default: as the server does. */
  readonly config?: Config.Service | undefined
}

/**
 * A model whose answers are runs of Claude Code on a Stromboli server: each works with the tools of Claude Code, in a
 * container of its own, until it has an answer.
 *
 * - `generateText` answers with the result of a run, `generateObject` with its structured output, which the schema
 *   decodes. An interruption stops the run. The texts of a prompt are limited to 131,071 bytes.
 * - `streamText` starts an agent, which needs server 0.5.2 or newer and has no `podman` options. It emits every message
 *   as a whole, since the server drops pieces of messages under load; the last text is the answer. Leaving the stream
 *   stops the agent. The prompt is limited to 1 MiB, its system messages to 131,071 bytes.
 * - Earlier messages of a conversation are part of the text that Claude is asked. Files, images, tools of the caller
 *   and a prompt that does not end with a message of the user are `MalformedInput`, before anything is sent.
 * - `finish` and `response-metadata` have the cost and the session in their metadata: see `reportOf`.
 *
 * A run is never repeated. One that fails is an `AiError` whose description has the cost and whose `cause` is the
 * failure: `RunFailed`, for example. `HttpRequestError` and `HttpResponseError` are only for runs that provably did not
 * start, so a program that repeats those does not pay twice. `MalformedOutput` and `UnknownError` may have cost money.
 */
export const make = (options: Options = {}): Effect.Effect<LanguageModel.Service, never, Agents | Execution> =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const execution = yield* Execution

    const requestOf = (method: Method, call: LanguageModel.ProviderOptions) =>
      Effect.gen(function* () {
        const overrides = yield* Effect.serviceOption(Config)
        const config = { ...options.config, ...Option.getOrUndefined(overrides) }
        const problem = problemOf(config, call)
        if (problem !== undefined) return yield* refused(method, problem)
        const { prompt, systemPrompt } = yield* Either.mapLeft(promptText(call.prompt), (each) => refused(method, each))
        const claude: ClaudeOptions = { model: options.model, ...config.claude, systemPrompt }
        annotateRequest(call, claude.model)
        return { ...config, prompt, claude }
      })

    const generateText = (call: LanguageModel.ProviderOptions) =>
      Effect.flatMap(requestOf("generateText", call), (request) =>
        execution.run({ ...request, claude: { ...request.claude, outputFormat: "json" } }).pipe(
          Effect.flatMap((run) => answerOf(run)),
          Effect.mapError(fromRunError("generateText"))
        )
      )

    const generateObject = (call: LanguageModel.ProviderOptions, ast: AST.AST) =>
      Effect.flatMap(requestOf("generateObject", call), (request) =>
        // `LanguageModel` decodes the text again. Here, a mismatch still has the run and what it cost. The services
        // that decoding may need are those of the caller, in whose fiber this runs.
        execution.runStructured(Schema.make<unknown>(ast), request).pipe(
          Effect.flatMap((run) => answerOf(run, (completed) => JSON.stringify(printable(valueOf(completed))))),
          Effect.mapError(fromRunError("generateObject"))
        )
      )

    const streamText = (call: LanguageModel.ProviderOptions) =>
      Effect.gen(function* () {
        const { claude, podman, prompt, workdir } = yield* requestOf("streamText", call)
        if (podman !== undefined) return yield* refused("streamText", noPodman)
        const settings = yield* Either.mapLeft(withoutBackgroundTasks(claude.settings), (problem) =>
          refused("streamText", `\`claude.settings\` ${problem}`)
        )
        const conversation = yield* agents
          .converse({ workdir, claude: { ...claude, settings } })
          .pipe(Effect.mapError(fromRunError("streamText")))
        const turn = partsOfTurn(conversation.agent)
        return conversation.ask(prompt).pipe(
          Stream.mapEffect(turn.read),
          Stream.mapConcat((parts) => parts),
          Stream.concat(Stream.execute(turn.end)),
          Stream.mapError(fromRunError("streamText"))
        )
      }).pipe(Stream.unwrapScoped)

    return yield* LanguageModel.make({
      generateText: (call) =>
        (call.responseFormat.type === "text"
          ? generateText(call)
          : generateObject(call, call.responseFormat.schema.ast)
        ).pipe(Effect.tap((parts) => Effect.sync(() => parts.forEach((part) => annotateResponse(call, part))))),
      streamText: (call) => Stream.tap(streamText(call), (part) => Effect.sync(() => annotateResponse(call, part)))
    })
  })

const noPodman =
  "`podman` options cannot be used by `streamText`, whose agents have none: use `generateText`, or leave them out"

const configShape = Arguments.options({ claude: Arguments.struct({}), podman: Arguments.struct({}) })

/** What is wrong with the options, or cannot be done by a run. */
const problemOf = (
  config: Config.Service,
  { toolChoice, tools }: LanguageModel.ProviderOptions
): string | undefined => {
  const found = configShape(config, "config")
  if (found !== undefined) return `\`${found.field}\` ${found.problem}`
  // Tools that the model must not call need not be known to it.
  const offersTools = tools.length > 0 || (typeof toolChoice === "object" && "oneOf" in toolChoice)
  return offersTools && toolChoice !== "none"
    ? "a run works with the tools of Claude Code, not with a `toolkit` of the caller: leave out `toolkit` and `toolChoice`," +
        " and offer your tools as an MCP server with `mcpConfigs` of `claude`"
    : undefined
}

/**
 * A layer of the model: programs on `LanguageModel` do not know where it runs.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 * import { StromboliLanguageModel } from "effect-sandboxes/ai"
 * import { Stromboli } from "effect-sandboxes/stromboli"
 *
 * const program = LanguageModel.generateText({ prompt: "Write a haiku about types" })
 *
 * const Claude = StromboliLanguageModel.layer({ model: "sonnet" }).pipe(
 *   Layer.provide(Stromboli.layer({ baseUrl: "http://localhost:8585" })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const runnable = Effect.provide(program, Claude)
 * ```
 */
export const layer = (options?: Options): Layer.Layer<LanguageModel.LanguageModel, never, Agents | Execution> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/** The same as a `Model` of `@effect/ai`, for programs that choose between models. */
export const model = (
  model?: Model,
  config?: Config.Service
): AiModel.Model<"stromboli", LanguageModel.LanguageModel, Agents | Execution> =>
  AiModel.make("stromboli", layer({ model, config }))

/**
 * Runs an effect with other options, which take the place of those that the model was made with, one by one. For a
 * stream, use `Stream.provideService` with `Config`.
 */
export const withConfigOverride: {
  (overrides: Config.Service): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Config.Service): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Config.Service): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.serviceOption(Config), (outer) =>
      Effect.provideService(self, Config, { ...Option.getOrUndefined(outer), ...overrides })
    )
)
