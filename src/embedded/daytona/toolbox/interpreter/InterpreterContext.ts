/** A context of the code interpreter: a worker and the queue of its runs. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { RunMessage } from "./RunMessage.js"
import * as Worker from "./Worker.js"

/** The close frame that ends a run. */
export interface RunEnd {
  readonly code: number
  readonly reason: string
}

/** A run as the client requested it. */
export interface Run {
  readonly code: string
  readonly envs: Readonly<Record<string, string>>
  /** In seconds; 0 for no limit. */
  readonly timeout: number
}

/** Python state that is shared by successive runs. */
export interface InterpreterContext {
  readonly info: {
    readonly id: string
    readonly cwd: string
    readonly createdAt: string
    readonly active: boolean
    readonly language: "python"
  }
  /**
   * Queues a run, with a new worker if the last one has ended. The run continues even if nothing waits for its
   * completion.
   */
  readonly run: (run: Run, onMessage: (message: RunMessage) => void) => Effect.Effect<Effect.Effect<RunEnd>, RunEnd>
  /** Ends the worker, and the runs with it. */
  readonly shutdown: Effect.Effect<void>
}

const completed: RunEnd = { code: 1000, reason: "" }
const timedOut: RunEnd = { code: 4008, reason: "" }
const workerEnded: RunEnd = { code: 1001, reason: "worker process ended" }
const contextShutdown: RunEnd = { code: 1001, reason: "context shutdown" }

/** How long a run may take to react to an interrupt. */
const grace = "2 seconds"

/** Makes a context and starts its worker. */
export const make = (
  machine: Machine,
  about: { readonly id: string; readonly cwd: string; readonly createdAt: string; readonly parentScope: Scope.Scope }
): Effect.Effect<InterpreterContext, Worker.WorkerFailed> =>
  Effect.gen(function* () {
    const { parentScope, ...info } = about
    const scope = yield* Scope.fork(parentScope, ExecutionStrategy.sequential)
    const shutDown = yield* Deferred.make<void>()
    yield* Scope.addFinalizer(scope, Deferred.succeed(shutDown, undefined))
    const mutex = yield* Effect.makeSemaphore(1)
    const startWorker = Scope.extend(Worker.start(machine, info.cwd), scope)
    let worker = yield* Effect.onError(startWorker, () => Scope.close(scope, Exit.void))
    /** The worker that the queue has killed last. */
    let killed: Worker.Worker | undefined
    const starting = yield* Effect.makeSemaphore(1)
    const startedWorker = Effect.suspend(() =>
      worker.hasEnded()
        ? Effect.map(startWorker, (started) => {
            worker = started
          })
        : Effect.void
    ).pipe(
      starting.withPermits(1),
      Effect.mapError(({ message }): RunEnd => ({ code: 1011, reason: `failed to restart context: ${message}` }))
    )

    const perform = (run: Run, onMessage: (message: RunMessage) => void, tell: (end: RunEnd) => Effect.Effect<void>) =>
      Effect.gen(function* () {
        const current = worker
        const control = yield* Deferred.make<RunEnd>()
        const begun = current.begin({ code: run.code, envs: run.envs }, (message) => {
          onMessage(message)
          if (message.type === "control") {
            Deferred.unsafeDone(control, Effect.succeed(message.text === "interrupted" ? timedOut : completed))
          }
        })
        // What is written to a worker in the moment of its death is lost.
        yield* current === killed ? Effect.ignore(begun) : begun
        const end = Effect.raceFirst(Deferred.await(control), Effect.as(current.ended, workerEnded))
        // When the worker of a run dies, the queue proceeds only after the run's time limit, but the client is told
        // immediately.
        const heldUp = Effect.flatMap(end, (how) =>
          how === workerEnded ? Effect.zipRight(tell(how), Effect.never) : Effect.succeed(how)
        )
        const inTime = yield* run.timeout === 0
          ? Effect.asSome(heldUp)
          : Effect.timeoutOption(heldUp, `${run.timeout} seconds`)
        if (Option.isSome(inTime)) return inTime.value
        // The worker of now: if the one of this run is dead and another run has been queued, that run loses its own.
        yield* worker.interrupt
        const late = yield* Effect.timeoutOption(Deferred.await(control), grace)
        if (Option.isSome(late)) return late.value
        killed = worker
        yield* killed.kill
        if (killed === current) yield* killed.ended
        return timedOut
      }).pipe(
        // The worker could not be written to: the daemon reports such a run as completed.
        Effect.orElseSucceed(() => completed),
        Effect.flatMap(tell)
      )

    return {
      info: { ...info, active: true, language: "python" },
      run: (run, onMessage) =>
        Effect.gen(function* () {
          yield* startedWorker
          const ended = yield* Deferred.make<RunEnd>()
          yield* perform(run, onMessage, (end) => Effect.asVoid(Deferred.succeed(ended, end))).pipe(
            mutex.withPermits(1),
            Effect.interruptible,
            Effect.forkIn(scope)
          )
          // The run has begun; the result waits for its end.
          // @effect-diagnostics-next-line returnEffectInGen:off
          return Effect.raceFirst(
            Deferred.await(ended),
            Effect.as(Deferred.await(shutDown), machine.generation === "0.190" ? workerEnded : contextShutdown)
          )
        }),
      shutdown: Deferred.succeed(shutDown, undefined).pipe(
        Effect.zipRight(Effect.suspend(() => worker.stop)),
        Effect.zipRight(Scope.close(scope, Exit.void)),
        // The client that requested it may disconnect.
        Effect.interruptible,
        Effect.forkIn(parentScope),
        Effect.flatMap((fiber) => fiber.await),
        Effect.asVoid
      )
    }
  })
