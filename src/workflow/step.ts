/**
 * Steps of a workflow. The engine stores their results, and takes it for a defect when what it finds no longer matches
 * the schema. So a result is stored without one, and read by the schema here, where that can fail with a type.
 */
import * as Activity from "@effect/workflow/Activity"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { describeParseError } from "../internal/failure.js"
import { StepMismatch } from "./failures.js"

/** A step, and how its result is stored. */
export interface StepOptions<A, AI, E, EI, R> {
  /** Unique in its workflow. It must stay the same while runs of the workflow are open. */
  readonly name: string
  readonly success: Schema.Schema<A, AI>
  /** Failures are stored as results: a step that failed is not run again. */
  readonly failure: Schema.Schema<E, EI>
  /** What the step does. After a lost process it runs again, so it must do nothing twice. */
  readonly execute: Effect.Effect<A, E, R>
}

/** What is stored, the outcome as JSON: this must never change. */
const Stored = Schema.Struct({ outcome: Schema.String })

/**
 * Runs an effect as a step of a workflow: once its result is stored, it is never run again. Fails with `StepMismatch`
 * when the stored result does not match the schema.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { step } from "effect-sandboxes/workflow"
 *
 * const total = step({
 *   name: "count",
 *   success: Schema.Number,
 *   failure: Schema.Never,
 *   execute: Effect.succeed(42)
 * })
 * ```
 */
export const step = <A, AI, E, EI, R>({
  execute,
  failure,
  name,
  success
}: StepOptions<A, AI, E, EI, R>): Effect.Effect<
  A,
  E | StepMismatch,
  Exclude<R, Scope.Scope | WorkflowInstance | WorkflowEngine> | WorkflowInstance | WorkflowEngine
> => {
  const Outcome = Schema.parseJson(Schema.Either({ left: failure, right: success }))
  const encode = Schema.encode(Outcome)
  const decode = Schema.decode(Outcome)
  const mismatch = (what: string, field: string, expected: string) =>
    new StepMismatch({
      step: name,
      field,
      message: `Step ${JSON.stringify(name)}: ${what}: ${field === "" ? "it" : `\`${field}\``} ${expected}`
    })
  return Effect.gen(function* () {
    const { outcome } = yield* Activity.make({
      name,
      success: Stored,
      execute: Effect.either(execute).pipe(
        Effect.flatMap((result) => encode(result)),
        Effect.map((outcome) => ({ outcome })),
        Effect.catchTag("ParseError", (error) => {
          const { expected, field } = describeParseError(error)
          return Effect.succeed({ outcome: unstorable(field, expected) })
        })
      )
    })
    const refused = decodeUnstorable(outcome)
    if (Option.isSome(refused)) {
      return yield* mismatch("its result cannot be stored", refused.value.field, refused.value.expected)
    }
    const result = yield* Effect.mapError(decode(outcome), (error) => {
      const { expected, field } = describeParseError(error)
      return mismatch("its stored result does not match its schema, which was changed meanwhile", field, expected)
    })
    return yield* Either.isRight(result) ? Effect.succeed(result.right) : Effect.fail(result.left)
  })
}

/** In place of an outcome that does not match its schema, or is no JSON. */
const Unstorable = Schema.parseJson(
  Schema.Struct({
    _tag: Schema.tag("Unstorable"),
    field: Schema.String,
    expected: Schema.String
  })
)
const decodeUnstorable = Schema.decodeOption(Unstorable)
const unstorable = (field: string, expected: string): string => JSON.stringify({ _tag: "Unstorable", field, expected })
