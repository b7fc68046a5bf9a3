/** An MCP server for the process that started this one. */
import type * as Tool from "@effect/ai/Tool"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { type Answer, code, errorAnswer, isRequestOf } from "./jsonRpc.js"
import { load, type McpOptions } from "./options.js"

/** The options of `mcpStdio`. */
export interface McpStdioOptions<Tools extends Record<string, Tool.Any>, E, R, EIn, RIn, EOut, ROut>
  extends McpOptions<Tools, E, R> {
  /** `NodeStream.stdin` of `@effect/platform-node`, for example. */
  readonly stdin: Stream.Stream<Uint8Array, EIn, RIn>
  /** `NodeSink.stdout`, for example. */
  readonly stdout: Sink.Sink<unknown, Uint8Array | string, unknown, EOut, ROut>
}

/**
 * Clients read all of stdout as messages. Loggers write with this console, whichever they are, so each line of the log
 * comes once, in the format that the program chose.
 */
const onStderr = (own: Console.Console): Console.Console => ({
  ...own,
  log: own.error,
  info: own.error,
  debug: own.error,
  unsafe: { ...own.unsafe, log: own.unsafe.error, info: own.unsafe.error, debug: own.unsafe.error }
})

const parse = (line: string): Either.Either<unknown, Answer> =>
  Either.try({
    try: (): unknown => JSON.parse(line),
    catch: () => errorAnswer(null, code.parse, "not JSON: a message is one line of JSON")
  })

/** Answers that wait until the client reads. */
const capacity = 16

/**
 * Serves tools to the process that started this one, over stdin and stdout, until that closes either: then calls are
 * interrupted, and the handlers released. Nothing but messages of the protocol is written to stdout: what loggers of
 * Effect and its `Console` write meanwhile goes to stderr. Fails only if the handlers cannot be built, or with
 * `InvalidRequest` if `@effect/rpc` cannot be loaded.
 *
 * @example
 * ```ts
 * import { Toolkit } from "@effect/ai"
 * import { NodeSink, NodeStream } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { SandboxToolkit } from "effect-sandboxes/ai"
 * import { Sandbox } from "effect-sandboxes/daytona"
 *
 * const server = SandboxToolkit.mcpStdio({
 *   toolkit: Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files),
 *   handlers: Layer.provide(SandboxToolkit.layer(), Sandbox.layerLazy({ image: "node:22" })),
 *   stdin: NodeStream.stdin,
 *   stdout: NodeSink.stdout
 * })
 * ```
 */
export const mcpStdio = <Tools extends Record<string, Tool.Any>, E, R, EIn, RIn, EOut, ROut>(
  options: McpStdioOptions<Tools, E, R, EIn, RIn, EOut, ROut>
): Effect.Effect<void, E | InvalidRequest, R | RIn | ROut> =>
  Effect.gen(function* () {
    const beginSession = yield* load("mcpStdio")
    const session = yield* beginSession(options)
    const answers = yield* Mailbox.make<string>(capacity)
    const calls = yield* FiberSet.make()

    const answer = (message: unknown) =>
      Effect.flatMap(
        session.handle(message),
        Option.match({
          onNone: () => Effect.void,
          onSome: (sent) => answers.offer(`${JSON.stringify(sent)}\n`)
        })
      )
    // A call may take long, and be cancelled by a later message. Everything else is answered in its turn, also before
    // the end of the input.
    const receive = (line: string) =>
      Either.match(parse(line), {
        onLeft: (refused) => answers.offer(`${JSON.stringify(refused)}\n`),
        onRight: (message) =>
          isRequestOf(message, "tools/call") ? FiberSet.run(calls, answer(message)) : answer(message)
      })

    const read = options.stdin.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.trim() !== ""),
      Stream.runForEach(receive),
      Effect.ensuring(Effect.zipRight(FiberSet.clear(calls), answers.end))
    )
    const write = Stream.run(Mailbox.toStream(answers), options.stdout)
    // Whoever closes a pipe has gone, in whatever way; the answers to what was read before are still written.
    const gone = (why: unknown) => Effect.logDebug("the client of the MCP server has gone", why)
    const reading = yield* Effect.fork(Effect.catchAllCause(read, gone))
    yield* Effect.catchAllCause(write, gone)
    yield* reading.interruptAsFork(reading.id())
  }).pipe(Effect.scoped, (serving) => Effect.consoleWith((own) => Effect.withConsole(serving, onStderr(own))))
