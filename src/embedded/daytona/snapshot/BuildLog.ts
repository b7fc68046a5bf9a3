/** The log of an image build. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The log of an image build, which grows until the image exists. */
export interface BuildLog {
  readonly append: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Marks the image as built. */
  readonly imageExists: Effect.Effect<void>
  /** The log so far. */
  readonly content: Effect.Effect<string>
  /**
   * The log from its beginning, including what is still to be written. It ends a second after the image exists; as on
   * the real server, it never ends when the build fails.
   */
  readonly follow: Stream.Stream<string>
}

export const make = (): BuildLog => {
  const parts: Array<string> = []
  let exists = false
  let changed = Deferred.unsafeMake<void>(FiberId.none)

  const announce = Effect.suspend(() => {
    const previous = changed
    changed = Deferred.unsafeMake<void>(FiberId.none)
    return Deferred.succeed(previous, undefined)
  })

  const partAt = (index: number): Effect.Effect<Option.Option<readonly [string, number]>> =>
    Effect.suspend(() => {
      const part = parts[index]
      if (part !== undefined) return Effect.succeedSome([part, index + 1] as const)
      return exists
        ? Effect.as(Effect.sleep("1 second"), Option.none())
        : Effect.zipRight(Deferred.await(changed), partAt(index))
    })

  return {
    append: (lines) =>
      Effect.suspend(() => {
        parts.push(`${lines.join("\n")}\n`)
        return announce
      }),
    imageExists: Effect.suspend(() => {
      exists = true
      return announce
    }),
    content: Effect.sync(() => parts.join("")),
    follow: Stream.unfoldEffect(0, partAt)
  }
}
