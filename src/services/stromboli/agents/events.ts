/** The event stream of an agent: decodes its events, tells its turns apart, and a real end from a lost connection. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { OpenedStream } from "../../../internal/ApiClient.js"
import { streamInterrupted, unreadable } from "../../../internal/failure.js"
import { type AgentEvent, type AgentExit, fromServerSentEvent } from "../../../schema/stromboli/AgentEvent.js"
import * as Sse from "../../../stream/Sse.js"
import { untilEnd } from "../../../stream/untilEnd.js"
import type { Turns } from "./turns.js"

/** The server cuts lines at 10 MiB, but Go may write six characters for one: it escapes `<`, `>` and `&` in JSON. */
const maxEventSize = 64 * 1024 * 1024

/** How long the stream is silent before the agent is polled, at first and at most: a turn may take hours. */
const firstSilence = Duration.seconds(10)
const longestSilence = Duration.minutes(2)

const graceAfterExit = "1 second"

type Read = AgentEvent | typeof closed
const closed = { _tag: "Closed" } as const

/**
 * The events of an opened stream until the agent exits. `onOpen` runs first: from then on, no event is missed. `exit`
 * polls the agent: if it had exited before its stream was opened, the stream stays silent forever.
 */
export const read = <E>(
  { bytes, context }: OpenedStream,
  exit: Effect.Effect<Option.Option<AgentExit>, E>,
  turns: Turns,
  onOpen: Effect.Effect<void>
) =>
  Stream.suspend(() => {
    let exited = false
    const events = bytes.pipe(
      Sse.decode({ maxEventSize }),
      Stream.mapError((error) =>
        error._tag === "EventTooLarge" ? unreadable(context, 200, { what: error.message, admitted: "yes" }) : error
      ),
      untilEnd({
        read: ({ event, data }): Either.Either<Read> =>
          Either.right(event === "closed" ? closed : fromServerSentEvent(event, data)),
        isEnd: (event) => event._tag === "Closed",
        // After the exit, the connection may end without `closed`.
        onMissing: () =>
          exited ? undefined : streamInterrupted(context, "the server closed it before the agent exited")
      }),
      // The server may report the exit twice.
      Stream.filter((event): event is AgentEvent => {
        if (event._tag === "Closed") return false
        const repeated = event._tag === "Exited" && exited
        exited ||= event._tag === "Exited"
        return !repeated
      }),
      Stream.mapConcat(turns.read)
    )
    const over = Effect.map(
      exit,
      Option.map((event) => (exited ? Chunk.empty<AgentEvent>() : Chunk.of<AgentEvent>(event)))
    )
    return Stream.concat(Stream.execute(onOpen), endingWhenSilent(events, over))
  })

/**
 * Polls `isOver` while the stream is silent, the first time at once. Once that gives a chunk, and the stream stays
 * silent for a moment longer, the stream ends with the chunk. Time spent in the consumer does not count.
 */
const endingWhenSilent = <A, E, R, E2>(
  self: Stream.Stream<A, E, R>,
  isOver: Effect.Effect<Option.Option<Chunk.Chunk<A>>, E2>
): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(
    Effect.map(Stream.toPull(self), (pull) => {
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
      return Stream.repeatEffectChunkOption(
        Effect.suspend(() => {
          if (over) return Effect.fail(Option.none())
          const silence = first ? Duration.zero : firstSilence
          first = false
          return Effect.raceFirst(pull, checkIn(silence))
        })
      )
    })
  )
