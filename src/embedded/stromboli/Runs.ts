/** Executes runs, one at a time for each session. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type CrashInfo, crashInfoOf, isCrash } from "./CrashInfo.js"
import type { ClaudeService } from "./claude/Claude.js"
import type { RunInput, Turn } from "./claude/ClaudeProcess.js"
import { refusalOf } from "./claude/cliRefusal.js"
import { killedBy, type ProcessFailed } from "./claude/ProcessFailed.js"
import * as StreamJson from "./claude/StreamJson.js"
import * as transcriptOfRun from "./claude/transcriptOfRun.js"
import { spawnFailure } from "./commandLimits.js"
import * as GoTime from "./go/time.js"
import * as identifiers from "./identifiers.js"
import type { Settings } from "./Options.js"
import { readLines } from "./readLines.js"
import * as runValidation from "./runValidation.js"
import type { Sessions } from "./Sessions.js"
import type { Usage } from "./transcript.js"
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
  Done: {
    readonly id: string
    readonly sessionId: string
    readonly output: string
    readonly crash: CrashInfo | undefined
  }
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
  readonly output: Stream.Stream<string, ProcessFailed>
  /** Writes what was said into the transcript, and that the hooks for the first run have run. */
  readonly complete: (printed: ReadonlyArray<string>) => Effect.Effect<void>
  /** In a compose project, which hides from the server how the process ended, and its transcript. */
  readonly isInProject: boolean
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
  const containers = new Map<string, string>()
  const initialising = new Set<string>()

  const prepare = (request: RunRequest): Effect.Effect<Prepared, RunError, Scope.Scope> =>
    Effect.gen(function* () {
      const isInProject = runValidation.isInProject(request)
      const timeout = isInProject
        ? Duration.infinity
        : yield* orFail(runValidation.timeoutOf(request.podman, settings.runTimeout))
      yield* orFail(runValidation.sessionId(request.claude.session_id))
      const sessionId = request.claude.session_id === "" ? yield* identifiers.uuid : request.claude.session_id
      // From now on the session exists, even if the run is refused below.
      const session = yield* sessions.open(sessionId, {
        place: isInProject ? "project" : "container",
        workdir: request.workdir,
        resume: request.claude.resume
      })
      const host = { allowedVolumes: settings.allowedVolumes, secretExists }
      yield* orFail(isInProject ? runValidation.inProject(request) : runValidation.request(request, host))
      const isFirst = hasInitHooks(request) && !session.isInitialised
      if (isFirst) yield* lockForHooks(sessionId)
      const input: RunInput = {
        prompt: request.prompt,
        sessionId,
        history: session.turns,
        resume: request.claude.resume,
        workdir: request.workdir,
        claude: request.claude,
        podman: request.podman
      }
      if (runValidation.isOver(timeout)) return yield* notStarted("context deadline exceeded")
      const hooks = hooksOf(request, isFirst)
      const failure = spawnFailure(input, hooks)
      if (failure !== undefined) return yield* notStarted(isInProject ? `${composeFailed}${failure}` : failure)
      if (!isInProject) {
        yield* orFail(runValidation.container(request, host))
        yield* claimContainer(sessionId)
      }
      const printedBefore = hooks.flatMap(settings.hookOutput)
      const initialised = Effect.sync(() => isFirst && sessions.markInitialised(sessionId))
      const prepared = (output: Stream.Stream<string, ProcessFailed>, remember: Prepared["complete"]): Prepared => ({
        input,
        timeout,
        output: printedBefore.length === 0 ? output : Stream.concat(Stream.fromIterable(printedBefore), output),
        complete: (printed) => Effect.zipRight(initialised, remember(printed.slice(printedBefore.length))),
        isInProject
      })
      const refusal = claude.transcripts === undefined ? refusalOf(input, session) : undefined
      if (refusal !== undefined) return prepared(refusal, () => Effect.void)
      const output = claude.run(input)
      if (claude.transcripts !== undefined || request.claude.no_persistence) return prepared(output, () => Effect.void)
      const said = (role: Turn["role"], text: string, lines: Parameters<typeof write>[3]) =>
        isInProject
          ? Effect.sync(() => sessions.recordInProject(sessionId, { role, text }))
          : write(input, session.folder, { role, text }, lines)
      yield* said("user", input.prompt, transcriptOfRun.beginning)
      return prepared(output, (printed) =>
        said("assistant", StreamJson.answerText(printed.join("\n").trim()), (writer) =>
          transcriptOfRun.end(writer, printed)
        )
      )
    })

  const write = (
    input: RunInput,
    folder: string,
    turn: Turn,
    lines: (writer: transcriptOfRun.Writer) => ReadonlyArray<StreamJson.Line>
  ) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      sessions.record(input.sessionId, folder, turn, now, (parent) =>
        lines({ input, now: GoTime.toNanos(now), parent, withRequests: settings.api !== "0.4" })
      )
    )

  // Until its hooks for the first run have succeeded once, a session has one run with such hooks at a time.
  const lockForHooks = (sessionId: string) =>
    Effect.gen(function* () {
      if (initialising.has(sessionId)) {
        return yield* new RunError({
          message: `session initialization in progress: session ${sessionId}; please retry`
        })
      }
      initialising.add(sessionId)
      yield* Effect.addFinalizer(() => Effect.sync(() => initialising.delete(sessionId)))
    })

  // Podman names the container after the session, so a session cannot have two runs at once.
  const claimContainer = (sessionId: string) =>
    Effect.gen(function* () {
      const id = yield* identifiers.hex(32)
      const taken = containers.get(sessionId)
      if (taken !== undefined) return yield* new RunError({ message: collision(sessionId, taken) })
      containers.set(sessionId, id)
      yield* Effect.addFinalizer(() => Effect.sync(() => containers.delete(sessionId)))
    })

  const run = (request: RunRequest): Effect.Effect<RunOutcome, RunError> =>
    Effect.gen(function* () {
      const { complete, input, isInProject, output, timeout } = yield* prepare(request)
      const lines: Array<string> = []
      const ended = yield* Stream.runForEach(output, (line) => Effect.sync(() => lines.push(line))).pipe(
        Effect.timeoutFail({ duration: timeout, onTimeout: () => killedBy("SIGKILL") }),
        Effect.either
      )
      const printed = lines.map((line) => `${line}\n`).join("")
      const crash = Either.isLeft(ended) ? yield* crashOrFail(ended.left, printed, isInProject) : undefined
      if (crash === undefined) yield* complete(lines)
      return {
        id: yield* identifiers.shortId("run-"),
        sessionId: input.sessionId,
        output: printed.trim(),
        crash,
        usage: settings.api === "0.4" || isInProject ? undefined : yield* sessions.usage(input.sessionId)
      }
    }).pipe(Effect.scoped)

  const stream = (request: RunRequest): Stream.Stream<RunEvent> =>
    Stream.unwrapScoped(Effect.map(prepare(request), streamPrepared)).pipe(
      Stream.catchTag("RunError", ({ message }) => Stream.make(RunEvent.Failed({ message: withoutOutput(message) })))
    )

  const streamPrepared = ({ complete, input, output, timeout }: Prepared): Stream.Stream<RunEvent> => {
    const printed: Array<string> = []
    let kept = 0
    const note = (line: string) => {
      kept += line.length
      if (kept < rememberedAnswer) printed.push(line)
    }
    const done = (crash: CrashInfo | undefined) =>
      Effect.map(identifiers.shortId("run-"), (id) =>
        RunEvent.Done({ id, sessionId: input.sessionId, output: printed.join("\n").trim(), crash })
      )
    const lines = Stream.map(limited(readLines(output), timeout), (text): RunEvent => {
      note(text)
      return RunEvent.Line({ text })
    })
    return Stream.concat(
      lines,
      Stream.fromEffect(
        Effect.zipRight(
          Effect.suspend(() => complete(printed)),
          done(undefined)
        )
      )
    ).pipe(
      Stream.catchAll(
        (failed): Stream.Stream<RunEvent> =>
          isCrash(failed)
            ? Stream.fromEffect(
                Effect.suspend(() => done(crashInfoOf(failed, printed.map((line) => `${line}\n`).join(""))))
              )
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

/** A run without a process has printed nothing. */
const notStarted = (reason: string) => new RunError({ message: `execution failed: ${reason}${noOutput}` })
const noOutput = ", output: "

/** A stream sends its output as lines, and does not repeat it in the error. */
const withoutOutput = (message: string): string =>
  message.endsWith(noOutput) ? message.slice(0, -noOutput.length) : message

/** What a compose project puts before the end of its process. The server does not see a crash behind it. */
const composeFailed = "compose exec failed: "

const crashOrFail = (
  failed: ProcessFailed,
  output: string,
  isInProject: boolean
): Effect.Effect<CrashInfo, RunError> => {
  if (isInProject) {
    return new RunError({
      message: `execution failed: ${composeFailed}exit status ${failed.exitCode}, output: ${output}`
    })
  }
  return isCrash(failed)
    ? Effect.succeed(crashInfoOf(failed, output))
    : new RunError({ message: `execution failed: ${failed.message}, output: ${output}` })
}

const hasInitHooks = ({ podman: { lifecycle } }: RunRequest): boolean =>
  lifecycle.on_create_command !== undefined || lifecycle.post_create !== undefined

const hooksOf = ({ podman: { lifecycle } }: RunRequest, isFirst: boolean): ReadonlyArray<string> => [
  ...(isFirst ? [...(lifecycle.on_create_command ?? []), ...(lifecycle.post_create ?? [])] : []),
  ...(lifecycle.post_start ?? [])
]

const collision = (sessionId: string, taken: string): string =>
  `execution failed: exit status 125, output: Error: creating container storage: the container name "stromboli-agent-${sessionId}" is ` +
  `already in use by ${taken}. You have to remove that container to be able to reuse that name: that name is already in use\n`
