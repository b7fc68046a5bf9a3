/**
 * Waiting for something that takes long, in a workflow: looking after it again and again, each time in a step of its
 * own, with a durable pause in between that something else may end sooner.
 *
 * A workflow that goes on repeats all steps before, so the cost of a wait would grow with the square of its rounds.
 * Here it begins with the round that was noted last.
 */
import * as DurableClock from "@effect/workflow/DurableClock"
import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { isUndefined } from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { DurableStore } from "./DurableStore.js"
import type { EngineFailed, StepMismatch } from "./failures.js"
import { step } from "./step.js"
import type { Waiter } from "./waitToken.js"

/** What came of a round. */
export type Looked<A, S> =
  | { readonly _tag: "Over"; readonly value: A }
  /** With a pause of `0`, the next round follows at once. */
  | { readonly _tag: "Waiting"; readonly state: S; readonly pause: Duration.Duration }

/** What a round is told. */
export interface Round<S> {
  /** From 1. */
  readonly number: number
  /** What the round before has left. */
  readonly state: S
  /** Whether somebody asked for the end. */
  readonly asksToEnd: boolean
}

export interface RoundsOptions<A, AI, E, EI, S, SI, R> {
  /** Unique in its workflow. */
  readonly name: string
  readonly success: Schema.Schema<A, AI>
  readonly failure: Schema.Schema<E, EI>
  readonly state: Schema.Schema<S, SI>
  /** What the first round is told. It has to be the same each time the workflow goes on. */
  readonly initial: S
  /** Looks after it, and must do nothing twice: after a lost process, a round is repeated. */
  readonly look: (round: Round<S>) => Effect.Effect<Looked<A, S>, E, R>
}

/** The id under which a wait is noted. */
export const idOf = (executionId: string, name: string): string => `${executionId}/${name}`

const nameOf = (name: string, round: number): string => `${name}/${round}`

/** What is noted of a round: what it was told, from which it can be repeated, and what it has left. */
export const noteOf = <S, SI>(state: Schema.Schema<S, SI>) =>
  Schema.parseJson(Schema.Struct({ state, left: Schema.optional(state) }))

/** A database that is restarted is back soon; the engine waits no longer, either. */
const hurried = Schedule.intersect(Schedule.exponential("250 millis"), Schedule.recurs(3))

const isZero = Duration.equals(Duration.zero)

export const inRounds = <A, AI, E, EI, S, SI, R>(
  options: RoundsOptions<A, AI, E, EI, S, SI, R>
): Effect.Effect<
  A,
  E | StepMismatch,
  Exclude<R, Scope.Scope | WorkflowInstance | WorkflowEngine> | DurableStore | WorkflowInstance | WorkflowEngine
> =>
  Effect.gen(function* () {
    const { failure, initial, look, name, success } = options
    const store = yield* DurableStore
    const { executionId } = yield* WorkflowInstance
    const id = idOf(executionId, name)
    const Note = noteOf(options.state)
    const noted = yield* Effect.orElseSucceed(Effect.retry(store.look(id), hurried), Option.none)
    const known = Option.flatMap(noted, ({ progress, round }) =>
      Option.map(Schema.decodeOption(Note)(progress ?? ""), ({ state }) => ({ round, state }))
    )
    // What is noted may be missing, or of another version. Then all rounds are repeated, from what is stored.
    let { round, state } = Option.getOrElse(known, () => ({ round: 1, state: initial }))

    const Looked = Schema.Union(
      Schema.TaggedStruct("Over", { value: success }),
      Schema.TaggedStruct("Waiting", { state: options.state, pause: Schema.DurationFromMillis })
    )
    while (true) {
      const current = { number: round, state }
      const note = (left?: S) =>
        Schema.encode(Note)({ state: current.state, ...(left === undefined ? {} : { left }) }).pipe(
          // A state that cannot be written is not noted: that costs only time.
          Effect.orElseSucceed(() => "{}"),
          Effect.flatMap((progress) => Effect.retry(store.note(id, current.number, progress), hurried)),
          // Then this round is not seen from outside. A step that fails is never repeated, so it goes on.
          Effect.catchAll((error) => Effect.as(Effect.logWarning(error.message), false))
        )
      const looked: Looked<A, S> = yield* step({
        name: nameOf(name, round),
        success: Looked,
        failure,
        execute: Effect.gen(function* () {
          const result = yield* look({ ...current, asksToEnd: yield* note() })
          if (result._tag === "Over") return result
          return (yield* note(result.state)) ? { ...result, pause: Duration.zero } : result
        })
      })
      if (looked._tag === "Over") return looked.value
      if (!isZero(looked.pause)) yield* pause(nameOf(name, round), looked.pause)
      state = looked.state
      round++
    }
  })

/** A durable pause, however short. Unlike `DurableClock.sleep`, it is scheduled once. */
const pause = (name: string, duration: Duration.Duration) =>
  Effect.gen(function* () {
    const engine = yield* WorkflowEngine
    const instance = yield* WorkflowInstance
    const clock = DurableClock.make({ name, duration })
    const over = yield* Workflow.wrapActivityResult(engine.deferredResult(clock.deferred), isUndefined)
    if (over !== undefined) return
    yield* engine.scheduleClock(instance.workflow, { executionId: instance.executionId, clock })
    yield* DurableDeferred.await(clock.deferred)
  })

/** Ends the pause of a round, if it has not ended yet. */
export const wakeIn = (
  { executionId, name, workflowName }: Waiter,
  round: number
): Effect.Effect<void, never, WorkflowEngine> =>
  Effect.flatMap(WorkflowEngine, (engine) => {
    const { deferred } = DurableClock.make({ name: nameOf(name, round), duration: Duration.zero })
    return round === 0
      ? Effect.void
      : engine.deferredDone(deferred, { workflowName, executionId, deferredName: deferred.name, exit: Exit.void })
  })

/** Ends the pause of a wait, so that it looks at once. */
export const wake = (waiter: Waiter): Effect.Effect<void, EngineFailed, WorkflowEngine | DurableStore> =>
  Effect.gen(function* () {
    const store = yield* DurableStore
    const noted = yield* store.look(idOf(waiter.executionId, waiter.name))
    yield* wakeIn(waiter, Option.match(noted, { onNone: () => 0, onSome: ({ round }) => round }))
  })

/** Asks a wait to end, and ends its pause. */
export const askToEnd = (waiter: Waiter): Effect.Effect<void, EngineFailed, WorkflowEngine | DurableStore> =>
  Effect.gen(function* () {
    const store = yield* DurableStore
    // In this order: a round that begins in between has noted itself, and sees that it is asked to end.
    const round = yield* store.askToEnd(idOf(waiter.executionId, waiter.name))
    yield* wakeIn(waiter, round)
  })
