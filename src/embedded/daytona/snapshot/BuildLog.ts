import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The log of an image build: a file that grows. */
export interface BuildLog {
  readonly append: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** The image exists now. */
  readonly imageExists: Effect.Effect<void>
  /** What there is so far. */
  readonly content: Effect.Effect<string>
  /**
   * The file from its beginning and all that is still to be written. It ends a second after the image exists; when the build
   * fails it never does, as on the real server.
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
      if (part !== undefined) return Effect.succeed(Option.some([part, index + 1] as const))
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
