/** What the handlers of all groups share: the decided options, and the bounds and masks that follow from them. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import { type Decided, decide, type Options } from "./Options.js"
import { type Mask, makeMask } from "./secrets.js"
import { InvalidArguments } from "./ToolFailure.js"
import { grouped, oneLine, type Shortened, shortened } from "./text.js"

/** What an answer may have besides its long text: names, numbers, a note, and the signs of JSON. */
const frame = 1200

export interface Kit extends Decided {
  /** How many characters of JSON the long text of an answer may have. */
  readonly room: number
  readonly mask: Mask
  /** A whole text, as an answer may have it. */
  readonly shown: (text: string, room?: number) => Shortened
  /** A short text in an answer: a path, a name. */
  readonly named: (text: string) => string
  /** The time limit of a call. */
  readonly limitOf: (
    argument: string,
    seconds: number | undefined,
    fallback?: Duration.Duration
  ) => Either.Either<Duration.Duration, InvalidArguments>
}

/** Long enough for any path that means something to a reader. */
const longestName = 200

export const make = (options: Options | undefined): Either.Either<Kit, InvalidRequest> =>
  Either.map(decide(options), (decided) => {
    const mask = makeMask([
      ...decided.secrets,
      ...Object.values(decided.env).flatMap((value) => (Redacted.isRedacted(value) ? [value] : [])),
      ...Object.values(decided.gitCredentials).map(({ password }) => password)
    ])
    const room = decided.maxAnswer - frame
    return {
      ...decided,
      room,
      mask,
      shown: (text, most = room) => shortened(mask.whole(text), most),
      named: (text) => oneLine(mask.whole(text), longestName),
      limitOf: (argument, seconds, fallback = decided.timeout) => {
        if (seconds === undefined) return Either.right(Duration.min(fallback, decided.maxTimeout))
        const most = Duration.toSeconds(decided.maxTimeout)
        if (seconds <= most) return Either.right(Duration.seconds(seconds))
        return Either.left(
          new InvalidArguments({
            argument,
            message: `Nothing was done: \`${argument}\` must be at most ${grouped(most)}.`
          })
        )
      }
    }
  })
