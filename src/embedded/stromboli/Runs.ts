/** Executes runs, one at a time for each session. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type CrashInfo, crashInfoOf, isCrash } from "./CrashInfo.js"
import type { ClaudeService } from "./claude/Claude.js"
import type { RunInput } from "./claude/ClaudeProcess.js"
import { killedBy, type ProcessFailed } from "./claude/ProcessFailed.js"
import * as StreamJson from "./claude/StreamJson.js"
import * as identifiers from "./identifiers.js"
import type { Settings } from "./Options.js"
import { readLines } from "./readLines.js"
import * as runValidation from "./runValidation.js"
import type { Sessions, Usage } from "./Sessions.js"
import type { RunRequest } from "./wire.js"

/** A run was refused, or its process failed without crashing. */
export class RunError extends Data.TaggedError("RunError")<{ readonly message: string }> {}

/** A run that completed or crashed. */
export interface RunOutcome {
  readonly id: string
  readonly sessionId: string
  readonly output: string
  readonly crash: CrashInfo | undefined
  readonly usage: Usage | undefined
}

/** The events of a streamed run: its lines, then how it ended. */
export type RunEvent = Data.TaggedEnum<{
  Line: { readonly text: string }
  Done: { readonly id: string; readonly sessionId: string }
  Failed: { readonly message: string }
}>
export const RunEvent = Data.taggedEnum<RunEvent>()

/** Executes run requests, one container per session at a time. */
export interface Runs {
  readonly run: (request: RunRequest) => Effect.Effect<RunOutcome, RunError>
  readonly stream: (request: RunRequest) => Stream.Stream<RunEvent>
}

interface Prepared {
  readonly input: RunInput
  readonly timeout: Duration.Duration
}

/** How much of a streamed answer is stored in the session. */
const rememberedAnswer = 1_048_576

/** How many lines a streamed run may be ahead of its reader. */
const channelSlots = 100

export const make = (dependencies: {
  readonly settings: Settings
  readonly claude: ClaudeService
  readonly sessions: Sessions
  readonly secretExists: (name: string) => boolean
}): Runs => {
  const { claude, secretExists, sessions, settings } = dependencies
  const containers = new Map<string, { readonly id: string; readonly initialising: boolean }>()

  const prepare = (request: RunRequest): Effect.Effect<Prepared, RunError, Scope.Scope> =>
    Effect.gen(function* () {
      const timeout = yield* orFail(runValidation.timeoutOf(request.podman, settings.runTimeout))
      yield* orFail(runValidation.sessionId(request.claude.session_id))
      const sessionId = request.claude.session_id === "" ? yield* identifiers.uuid : request.claude.session_id
      // From now on the session exists, even if the run is refused below.
      const { isNew, turns } = yield* sessions.open(sessionId)
      yield* orFail(runValidation.request(request, { allowedVolumes: settings.allowedVolumes, secretExists }))
      yield* claimContainer(sessionId, isNew && hasInitHooks(request))
      if (!request.claude.no_persistence) yield* sessions.recordPrompt(sessionId, request.prompt, request.workdir)
      return {
        timeout,
        input: {
          prompt: request.prompt,
          sessionId,
          history: turns,
          resume: request.claude.resume,
          workdir: request.workdir,
          claude: request.claude,
          podman: request.podman
        }
      }
    })

  // Podman names the container after the session, so a session cannot have two runs at once.
  const claimContainer = (sessionId: string, initialising: boolean) =>
    Effect.gen(function* () {
      const id = yield* identifiers.hex(32)
      const taken = containers.get(sessionId)
      if (taken !== undefined) return yield* new RunError({ message: collision(sessionId, taken) })
      containers.set(sessionId, { id, initialising })
      yield* Effect.addFinalizer(() => Effect.sync(() => containers.delete(sessionId)))
    })

  const remember = (input: RunInput, answer: string) =>
    input.claude.no_persistence
      ? Effect.void
      : sessions.recordAnswer(input.sessionId, input.prompt, StreamJson.answerText(answer), StreamJson.modelOf(input))

  const run = (request: RunRequest): Effect.Effect<RunOutcome, RunError> =>
    Effect.gen(function* () {
      const { input, timeout } = yield* prepare(request)
      const lines: Array<string> = []
      const ended = yield* Stream.runForEach(claude.run(input), (line) => Effect.sync(() => lines.push(line))).pipe(
        Effect.timeoutFail({ duration: timeout, onTimeout: () => killedBy("SIGKILL") }),
        Effect.either
      )
      const output = lines.map((line) => `${line}\n`).join("")
      const crash = Either.isLeft(ended) ? yield* crashOrFail(ended.left, output) : undefined
      if (crash === undefined) yield* remember(input, output.trim())
      return {
        id: yield* identifiers.shortId("run-"),
        sessionId: input.sessionId,
        output: output.trim(),
        crash,
        usage: settings.api === "0.4" ? undefined : yield* sessions.usage(input.sessionId)
      }
    }).pipe(Effect.scoped)

  const stream = (request: RunRequest): Stream.Stream<RunEvent> =>
    Stream.unwrapScoped(Effect.map(prepare(request), streamPrepared)).pipe(
      Stream.catchTag("RunError", ({ message }) => Stream.make(RunEvent.Failed({ message })))
    )

  const streamPrepared = ({ input, timeout }: Prepared): Stream.Stream<RunEvent> => {
    let answer = ""
    const note = (line: string) => {
      if (answer.length < rememberedAnswer) answer += `${line}\n`
    }
    const done = Effect.map(identifiers.shortId("run-"), (id) => RunEvent.Done({ id, sessionId: input.sessionId }))
    const lines = Stream.map(limited(readLines(claude.run(input)), timeout), (text): RunEvent => {
      note(text)
      return RunEvent.Line({ text })
    })
    return Stream.concat(
      lines,
      Stream.fromEffect(
        Effect.zipRight(
          Effect.suspend(() => remember(input, answer.trim())),
          done
        )
      )
    ).pipe(
      Stream.catchAll(
        (failed): Stream.Stream<RunEvent> =>
          // The server reports a crashed stream as completed.
          isCrash(failed)
            ? Stream.fromEffect(done)
            : Stream.make(RunEvent.Failed({ message: `execution failed: ${failed.message}` }))
      )
    )
  }

  return { run, stream }
}

/**
 * The process of a streamed run, killed when its time is up. It may be ahead of its reader by as many lines as the real
 * server's channel holds; checking the clock for every line would cost more than the line.
 */
const limited = (
  output: Stream.Stream<string, ProcessFailed>,
  timeout: Duration.Duration
): Stream.Stream<string, ProcessFailed> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const channel = yield* Mailbox.make<string, ProcessFailed>(channelSlots)
      yield* Stream.runForEachChunk(output, (lines) => channel.offerAll(lines)).pipe(
        Effect.timeoutFail({ duration: timeout, onTimeout: () => killedBy("SIGKILL") }),
        Effect.onExit((exit) => channel.done(Exit.asVoid(exit))),
        Effect.forkScoped
      )
      return Mailbox.toStream(channel)
    })
  )

const orFail = <A>(checked: Either.Either<A, string>): Effect.Effect<A, RunError> =>
  Either.isLeft(checked) ? new RunError({ message: checked.left }) : Effect.succeed(checked.right)

const crashOrFail = (failed: ProcessFailed, output: string): Effect.Effect<CrashInfo, RunError> =>
  isCrash(failed)
    ? Effect.succeed(crashInfoOf(failed, output))
    : new RunError({ message: `execution failed: ${failed.message}, output: ${output}` })

const hasInitHooks = ({ podman: { lifecycle } }: RunRequest): boolean =>
  lifecycle.on_create_command !== undefined || lifecycle.post_create !== undefined

const collision = (sessionId: string, taken: { readonly id: string; readonly initialising: boolean }): string => {
  if (taken.initialising) return `session initialization in progress: ${sessionId}`
  const name = `stromboli-agent-${sessionId}`
  return (
    `execution failed: exit status 125, output: Error: creating container storage: the container name "${name}" is ` +
    `already in use by ${taken.id}. You have to remove that container to be able to reuse that name: that name is already in use\n`
  )
}
