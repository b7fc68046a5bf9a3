/** The event stream of an agent: decodes its events, tells its turns apart, and a real end from a lost connection. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { InvalidResponse, StreamInterrupted } from "../../../errors/ApiError.js"
import type { OpenedStream } from "../../../internal/ApiClient.js"
import { streamInterrupted, unreadable } from "../../../internal/failure.js"
import { type AgentEvent, type AgentExit, fromServerSentEvent } from "../../../schema/stromboli/AgentEvent.js"
import * as NextChunk from "../../../stream/nextChunk.js"
import { eventsUntilEnd } from "../../../stream/untilEnd.js"
import type { Turns } from "./turns.js"

/** The server cuts lines at 10 MiB, but Go may write six characters for one: it escapes `<`, `>` and `&` in JSON. */
const maxEventSize = 64 * 1024 * 1024

/** How long the stream is silent before the agent is polled, at first and at most: a turn may take hours. */
const firstSilence = Duration.seconds(10)
const longestSilence = Duration.minutes(2)

const graceAfterExit = "1 second"

/**
 * The events of an opened stream until the agent exits. `onOpen` runs first: from then on, no event is missed. `exit`
 * polls the agent: if it had exited before its stream was opened, the stream stays silent forever.
 */
export const read = <E>(
  { context, next }: OpenedStream,
  exit: Effect.Effect<Option.Option<AgentExit>, E>,
  turns: Turns,
  onOpen: Effect.Effect<void>
) => {
  let exited = false
  const events = eventsUntilEnd<AgentEvent, InvalidResponse, StreamInterrupted>({
    maxEventSize,
    read: ({ event, data }, results) => {
      if (event === "closed") return Exit.void
      const found = fromServerSentEvent(event, data)
      // The server may report the exit twice.
      if (found._tag === "Exited" && exited) return undefined
      exited ||= found._tag === "Exited"
      results.push(...turns.read(found))
      return undefined
    },
    tooLarge: (error) => unreadable(context, 200, { what: error.message, admitted: "yes" }),
    // After the exit, the connection may end without `closed`.
    onMissing: () => (exited ? undefined : streamInterrupted(context, "the server closed it before the agent exited"))
  })(next)
  const over = Effect.map(
    exit,
    Option.map((event) => (exited ? Chunk.empty<AgentEvent>() : Chunk.of<AgentEvent>(event)))
  )
  return Stream.concat(Stream.execute(onOpen), NextChunk.toStream(endingWhenSilent(events, over)))
}

/**
 * Polls `isOver` while the input is silent, the first time at once. Once that gives a chunk, and the input stays silent
 * for a moment longer, that chunk is the last one. Time spent in the consumer does not count.
 */
const endingWhenSilent = <A, E, R, E2>(
  input: NextChunk.NextChunk<A, E, R>,
  isOver: Effect.Effect<Option.Option<Chunk.Chunk<A>>, E2>
): NextChunk.NextChunk<A, E, R> => {
  let first = true
  let over = false
  const checkIn = (silence: Duration.Duration): Effect.Effect<Chunk.Chunk<A>> =>
    Effect.flatMap(Effect.delay(Effect.option(isOver), silence), (found) =>
      Option.isSome(found) && Option.isSome(found.value)
        ? Effect.as(
            Effect.delay(
              Effect.sync(() => (over = true)),
              graceAfterExit
            ),
            found.value.value
          )
        : checkIn(Duration.clamp(Duration.times(silence, 2), { minimum: firstSilence, maximum: longestSilence }))
    )
  return Effect.suspend(() => {
    if (over) return Effect.succeed(undefined)
    const silence = first ? Duration.zero : firstSilence
    first = false
    return Effect.raceFirst(input, checkIn(silence))
  })
}
