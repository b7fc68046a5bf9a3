/**
 * What Claude Code does in every place. Each behaviour is a check that fails with what is wrong; who runs it provides
 * the place, and a CLI that follows the script: the stand-in of `test/support/claude`, or the real one with the model
 * of `interop/claude`.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { ClaudeCode } from "effect-sandboxes/claude-code"
import { Mismatch } from "../../../interop/claude/expect.js"

export { expect, expectEqual } from "../../../interop/claude/expect.js"

export type PlaceName = "command" | "sandbox" | "stromboli"

export interface Behaviour {
  /** A sentence: what Claude Code does. */
  readonly name: string
  /** Where it does so; absent for everywhere. */
  readonly places?: ReadonlyArray<PlaceName>
  /** Set if the real CLI does not do it on demand: what is odd, and what nobody should wait for. */
  readonly onlyStandIn?: true
  readonly check: Effect.Effect<void, { readonly message: string }, ClaudeCode | Scope.Scope>
}

/** Places where the CLI is a process that can be asked and interrupted. */
export const processes: ReadonlyArray<PlaceName> = ["command", "sandbox"]

/** Something that must not go on for ever. */
export const soon = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Mismatch, R> =>
  Effect.timeoutFail(effect, { duration: "20 seconds", onTimeout: () => new Mismatch({ message: "it did not end" }) })

interface Tagged {
  readonly _tag: string
  readonly message: string
}

/** The failure of an effect, which must have this tag. */
export const failureOf = <Tag extends string, A, E extends Tagged, R>(
  tag: Tag,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Extract<E, { readonly _tag: Tag }>, Mismatch, R> =>
  soon(Effect.either(effect)).pipe(
    Effect.flatMap((outcome) => {
      if (Either.isRight(outcome)) {
        return new Mismatch({ message: `expected ${tag}, but it succeeded: ${JSON.stringify(outcome.right)}` })
      }
      const error = outcome.left
      return hasTag(error, tag)
        ? Effect.succeed(error)
        : new Mismatch({ message: `expected ${tag}, got ${error._tag}: ${error.message}` })
    })
  )

const hasTag = <E extends { readonly _tag: string }, Tag extends string>(
  error: E,
  tag: Tag
): error is Extract<E, { readonly _tag: Tag }> => error._tag === tag
