/** A conversation that spans several runs. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type ApiError, Conflict, type InvalidRequest, type NotFound } from "../../../errors/ApiError.js"
import { isSessionKnown } from "../../../errors/stromboli/errorBody.js"
import type { RunFailed, StructuredOutputMismatch } from "../../../errors/stromboli/failures.js"
import * as Arguments from "../../../internal/arguments.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import { withMethodSpans } from "../../../internal/methodSpans.js"
import { unwatched } from "../../../internal/pendingReleases.js"
import { shownAs } from "../../../internal/shown.js"
import type { ClaudeOptions } from "../../../schema/stromboli/ClaudeOptions.js"
import type { SessionHandle } from "../../../schema/stromboli/Handles.js"
import { SessionId } from "../../../schema/stromboli/Identifiers.js"
import type { Message } from "../../../schema/stromboli/Message.js"
import type * as Run from "../../../schema/stromboli/Run.js"
import { Execution } from "../execution/Execution.js"
import { StromboliClient } from "../StromboliClient.js"
import { Sessions } from "./Sessions.js"

type ConversationClaudeOptions = Omit<
  ClaudeOptions,
  "sessionId" | "resume" | "continue" | "forkSession" | "noPersistence"
>

/** A prompt in a conversation, which sets the session options itself. */
export interface RunRequest extends Omit<Run.RunRequest, "claude"> {
  readonly claude?: ConversationClaudeOptions | undefined
}

/** A prompt in a conversation for a structured answer. */
export interface StructuredRunRequest extends Omit<Run.RunRequest, "claude"> {
  readonly claude?: Omit<ConversationClaudeOptions, "jsonSchema" | "outputFormat"> | undefined
}

/** The session of a conversation, and whether to delete it. */
export interface Options {
  /** A session to continue. Default: a new one, whose id is known before its first run. */
  readonly sessionId?: SessionId | undefined
  /** Deletes the session and its history when the scope closes; default `false`. */
  readonly destroyOnClose?: boolean | undefined
}

/**
 * A conversation. Its runs wait for each other: of two concurrent runs in one session, one would fail with a 500.
 */
export interface Session {
  readonly id: SessionId
  /** Finds it again from another process: see `connect`. */
  readonly handle: SessionHandle
  /**
   * Like `Execution.run`, in this conversation. Fails with `NotFound` when `Options.sessionId` is not known to the
   * server, or the conversation was deleted there, and with `Conflict` while someone else runs a prompt in it.
   */
  readonly run: (request: RunRequest) => Effect.Effect<Run.RunResult, ApiError | NotFound | Conflict | RunFailed>
  /** Like `Execution.runStructured`, in this conversation. */
  readonly runStructured: <A, I, R>(
    schema: Schema.Schema<A, I, R>,
    request: StructuredRunRequest
  ) => Effect.Effect<
    Execution.StructuredRun<A>,
    ApiError | NotFound | Conflict | RunFailed | StructuredOutputMismatch,
    R
  >
  /** What user and assistant said, as `Sessions.conversation`. Fails with `NotFound` while there is nothing. */
  readonly messages: Stream.Stream<Message, ApiError | NotFound>
}

/** What is known about the session on the server. */
type State = "absent" | "unknown" | "present"

const { effect } = Arguments.methodsOf("stromboli", "Session")

const request = Arguments.unnamed(Arguments.struct({ claude: Arguments.optional(Arguments.struct({})) }))

const isKnown = (error: unknown): boolean => error instanceof Conflict && isSessionKnown(error.detail ?? "")

/**
 * A conversation for a scope. Nothing is sent before its first run.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Session } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const session = yield* Session.make({ destroyOnClose: true })
 *   yield* session.run({ prompt: "My name is Alice." })
 *   const { output } = yield* session.run({ prompt: "What is my name?" })
 *   return output
 * }).pipe(Effect.scoped)
 * ```
 */
export const make: (options?: Options) => Effect.Effect<Session, InvalidRequest, Execution | Sessions | Scope.Scope> =
  effect(
    "make",
    { options: Arguments.options({ sessionId: Arguments.text, destroyOnClose: Arguments.flag }) },
    (options: Options = {}) => begin(options)
  )

const begin = (options: Options = {}): Effect.Effect<Session, never, Execution | Sessions | Scope.Scope> =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const sessions = yield* Sessions
    const id = options.sessionId ?? SessionId.make(globalThis.crypto.randomUUID())
    const state = yield* Ref.make<State>(options.sessionId === undefined ? "absent" : "present")
    const turns = yield* Effect.makeSemaphore(1)

    // After a run of unknown outcome, only the server knows whether the session exists. A wrong guess would fail the
    // next run.
    const exists = Effect.flatMap(Ref.get(state), (known) =>
      known === "unknown"
        ? sessions.messages(id, { limit: 1 }).pipe(
            Effect.as(true),
            Effect.catchTag("NotFound", () => Effect.succeed(false))
          )
        : Effect.succeed(known === "present")
    )

    const inTurn = <A extends { readonly _tag: string }, E extends { readonly _tag: string }, R>(
      run: (claude: { readonly sessionId: SessionId; readonly resume: boolean }) => Effect.Effect<A, E, R>
    ) =>
      Effect.gen(function* () {
        const resume = yield* exists
        const before = yield* Ref.get(state)
        yield* Ref.set(state, before === "present" ? before : "unknown")
        const result = yield* run({ sessionId: id, resume }).pipe(
          // The server does not see the conversations of compose projects, but Claude does. It was not asked anything.
          Effect.catchIf(
            (error) => before === "unknown" && !resume && isKnown(error),
            () => run({ sessionId: id, resume: true })
          ),
          Effect.tapError((error) =>
            // The request was not sent, so nothing has changed.
            error._tag === "InvalidRequest" ? Ref.set(state, before) : Effect.void
          )
        )
        // A container may have crashed before Claude saved anything.
        if (result._tag === "Completed") yield* Ref.set(state, "present")
        return result
      }).pipe(turns.withPermits(1))

    if (options.destroyOnClose === true) {
      // With sessions that are not those of a server, nobody waits.
      const { pendingReleases } = Option.getOrElse(yield* Effect.serviceOption(StromboliClient), () => ({
        pendingReleases: unwatched
      }))
      yield* pendingReleases.hold(
        { what: `session ${id}` },
        Effect.flatMap(Ref.get(state), (known) =>
          known === "absent"
            ? Effect.void
            : finalizerRequest(sessions.destroy(id)).pipe(
                Effect.catchTag("NotFound", () => Effect.void),
                Effect.catchAll((error) => Effect.logWarning(`Session ${id} was left behind: ${error.message}`))
              )
        )
      )
    }

    const session: Session = {
      id,
      handle: { id },
      run: effect("run", { request }, (given: RunRequest) =>
        inTurn((claude) => execution.run({ ...given, claude: { ...given.claude, ...claude } }))
      ),
      runStructured: effect("runStructured", { schema: Arguments.schema, request }, (schema, given) =>
        inTurn((claude) => execution.runStructured(schema, { ...given, claude: { ...given.claude, ...claude } }))
      ),
      messages: sessions.conversation(id)
    }
    return shownAs(
      withMethodSpans("Stromboli.Session", session, ["run", "runStructured", "messages"]),
      ({ handle }) => ({
        _id: "Session",
        ...handle
      })
    )
  })

/**
 * The conversation of a handle from another process. As `make` with its session id: nothing is sent before its first
 * run, which fails with `NotFound` if the server does not know the session.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Session, type SessionHandle } from "effect-sandboxes/stromboli"
 *
 * const program = (stored: SessionHandle) =>
 *   Effect.gen(function* () {
 *     const session = yield* Session.connect(stored)
 *     return yield* session.run({ prompt: "What is my name?" })
 *   }).pipe(Effect.scoped)
 * ```
 */
export const connect = (
  session: SessionHandle,
  options: Omit<Options, "sessionId"> = {}
): Effect.Effect<Session, InvalidRequest, Execution | Sessions | Scope.Scope> =>
  make({ ...options, sessionId: session.id })
