/**
 * Server-sent events: bytes in, events out, as the WHATWG HTML standard defines them
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
 *
 * - {@link decode}: a `Stream` of bytes becomes a `Stream` of events.
 * - {@link decodeBatches}: the same, but all events of one read are one element, for consumers that want speed.
 * - {@link makeParser}: a plain function, for use without streams.
 *
 * The work is linear in the input, however it is cut, and what is kept between reads is bounded by `maxEventSize`.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { constant } from "../errors/RequestFailure.js"
import { TaggedError } from "../errors/TaggedError.js"
import { detached, type Event, EventBuilder } from "./SseEvent.js"
import { makeUtf8Decoder } from "./Utf8.js"

export type { Event } from "./SseEvent.js"

/** Options of a parser. */
export interface Options {
  /**
   * The largest event accepted, in UTF-16 code units (`string.length`): the sum of its lines with their field names,
   * without line ends and comments. Default {@link defaultMaxEventSize}. With `Infinity`, memory is not
   * bounded.
   */
  readonly maxEventSize?: number | undefined
}

/** The largest event accepted by default: 1,048,576 UTF-16 code units (1 Mi). */
export const defaultMaxEventSize = 1024 * 1024

/**
 * An event, complete or not, is larger than `maxEventSize`. The events before it have been delivered; what follows it
 * in the stream is not read.
 */
export class EventTooLarge extends TaggedError<EventTooLarge>("effect-sandboxes/EventTooLarge")("EventTooLarge", {
  code: constant("EVENT_TOO_LARGE"),
  /** The `maxEventSize` that was exceeded, in UTF-16 code units. */
  limit: Schema.Number
}) {
  override get message(): string {
    return (
      `A server-sent event is larger than ${this.limit} UTF-16 code units. If such events are expected, ` +
      "set a larger maxEventSize; if not, check that the server ends every event with an empty line."
    )
  }
}

/** The result of one chunk of bytes. */
export interface ParsedChunk {
  /** The events that this chunk completed, in order. */
  readonly events: ReadonlyArray<Event>
  /** Set if the event after `events` is too large, and for every chunk from then on. */
  readonly failure: EventTooLarge | undefined
}

/** Takes the next chunk of an event stream. Never throws. */
export type Parser = (chunk: Uint8Array) => ParsedChunk

const LINE_FEED = 10
const COLON = 58

/** Where `character` comes next, or the end of the text. */
const nextIndex = (text: string, character: string, from: number): number => {
  const index = text.indexOf(character, from)
  return index === -1 ? text.length : index
}

/**
 * Makes a parser for one event stream: a function that takes its bytes, cut anywhere, and returns the events that each
 * chunk completes. It keeps incomplete events, so every stream needs a parser of its own.
 *
 * Bytes that are not UTF-8 become U+FFFD. An event that is incomplete when the input ends is never returned, as the
 * standard requires. If an event exceeds `maxEventSize`, the result has {@link EventTooLarge} besides the events before
 * it, and the parser stays failed.
 *
 * @example
 * ```ts
 * import * as Sse from "effect-sandboxes/stream/Sse"
 *
 * const parse = Sse.makeParser()
 * const bytes = new TextEncoder().encode("event: greeting\ndata: hello\n\n")
 *
 * parse(bytes.subarray(0, 20)).events // []
 * parse(bytes.subarray(20)).events // [{ event: "greeting", data: "hello", id: "" }]
 * ```
 */
export const makeParser = (options?: Options): Parser => {
  const limit = options?.maxEventSize ?? defaultMaxEventSize
  const decodeUtf8 = makeUtf8Decoder()
  const builder = new EventBuilder(limit)
  let failed: ParsedChunk | undefined

  // The current line. Its pieces are joined once, when it ends; those of a comment are not kept.
  let pieces: Array<string> = []
  let piecesLength = 0
  let insideComment = false
  let afterCarriageReturn = false

  /** Keeps what follows the last line end. `false` if that makes the event too large. */
  const keepUnfinished = (text: string, start: number): boolean => {
    if (start === text.length || insideComment) return true
    if (pieces.length === 0 && text.charCodeAt(start) === COLON) {
      insideComment = true
      return true
    }
    piecesLength += text.length - start
    pieces.push(start === 0 ? text : detached(text.slice(start)))
    return builder.hasRoomFor(piecesLength)
  }

  /** Ends the line that earlier chunks began with `rest`. `false` if that makes the event too large. */
  const endUnfinished = (rest: string): boolean => {
    if (insideComment) {
      insideComment = false
      return true
    }
    pieces.push(rest)
    const line = pieces.join("")
    pieces = []
    piecesLength = 0
    return builder.addLine(line, 0, line.length)
  }

  /** Reads `text`. `false` if an event becomes too large. */
  const read = (text: string): boolean => {
    if (text === "") return true
    // A CR ends its line at once, since more may not come for a while. A LF that follows is part of that line end.
    let start = afterCarriageReturn && text.charCodeAt(0) === LINE_FEED ? 1 : 0
    afterCarriageReturn = false
    // Each index is searched only when the last one is used up: one pass per kind of line end.
    let lineFeed = nextIndex(text, "\n", start)
    let carriageReturn = nextIndex(text, "\r", start)
    let end = Math.min(lineFeed, carriageReturn)
    while (end < text.length) {
      const withinLimit =
        pieces.length === 0 && !insideComment
          ? builder.addLine(text, start, end)
          : endUnfinished(text.slice(start, end))
      if (!withinLimit) return false
      start = end + 1
      if (end === carriageReturn) {
        if (start === text.length) afterCarriageReturn = true
        else if (text.charCodeAt(start) === LINE_FEED) start += 1
        carriageReturn = nextIndex(text, "\r", start)
      }
      if (lineFeed < start) lineFeed = nextIndex(text, "\n", start)
      end = Math.min(lineFeed, carriageReturn)
    }
    return keepUnfinished(text, start)
  }

  return (chunk) => {
    if (failed !== undefined) return failed
    const withinLimit = read(decodeUtf8(chunk))
    const events = builder.takeCompleted()
    if (withinLimit) return { events, failure: undefined }
    const failure = new EventTooLarge({ limit })
    failed = { events: [], failure }
    return { events, failure }
  }
}

/** Feeds several reads to a parser, until it fails. */
const parseAll = (parse: Parser, reads: Chunk.Chunk<Uint8Array>): ParsedChunk => {
  const events: Array<Event> = []
  for (const read of reads) {
    const parsed = parse(read)
    for (const event of parsed.events) events.push(event)
    if (parsed.failure !== undefined) return { events, failure: parsed.failure }
  }
  return { events, failure: undefined }
}

/** Runs a parser over a stream: one chunk of output for each chunk of input that completes an event. */
const parseWith =
  <Out>(options: Options | undefined, toChunk: (events: ReadonlyArray<Event>) => Chunk.Chunk<Out>) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Out, E | EventTooLarge, R> =>
    // A parser has state, so each run of the stream makes its own.
    Stream.suspend(() => {
      const parse = makeParser(options)
      const parsing: Channel.Channel<
        Chunk.Chunk<Out>,
        Chunk.Chunk<Uint8Array>,
        E | EventTooLarge,
        E,
        unknown,
        unknown
      > = Channel.readWithCause({
        onInput: (reads) => {
          const { events, failure } = parseAll(parse, reads)
          const next = failure === undefined ? parsing : Channel.fail(failure)
          return events.length === 0 ? next : Channel.zipRight(Channel.write(toChunk(events)), next)
        },
        onFailure: Channel.failCause,
        onDone: Channel.succeed
      })
      return Stream.pipeThroughChannel(bytes, parsing)
    })

/**
 * Decodes a stream of bytes into a stream of events. All events that one chunk of the input completes are one chunk of
 * the output; no effect is run per event.
 *
 * After the events before it, fails with {@link EventTooLarge} if an event exceeds `maxEventSize` (1 Mi UTF-16 code
 * units by default), and with the failure of the input. If the input ends within an event, that event is dropped and
 * the stream ends: whether it was complete is for the protocol above to decide.
 *
 * @example
 * ```ts
 * import * as Stream from "effect/Stream"
 * import * as Sse from "effect-sandboxes/stream/Sse"
 *
 * const bytes = Stream.make("data: 1\n\nda", "ta: 2\n\n").pipe(Stream.encodeText)
 *
 * const events = bytes.pipe(Sse.decode({ maxEventSize: 4096 }), Stream.runCollect)
 * ```
 */
export const decode: (
  options?: Options
) => <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<Event, E | EventTooLarge, R> = (options) =>
  parseWith(options, Chunk.unsafeFromArray)

/**
 * Like {@link decode}, but each element holds all events (at least one) that one chunk of the input completed, so that
 * an effect per element runs once per read instead of once per event.
 *
 * @example
 * ```ts
 * import * as Console from "effect/Console"
 * import * as Stream from "effect/Stream"
 * import * as Sse from "effect-sandboxes/stream/Sse"
 *
 * const bytes = Stream.make("data: 1\n\ndata: 2\n\n").pipe(Stream.encodeText)
 *
 * const program = bytes.pipe(
 *   Sse.decodeBatches(),
 *   Stream.runForEach((events) => Console.log(events.map((event) => event.data).join()))
 * )
 * ```
 */
export const decodeBatches: (
  options?: Options
) => <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<ReadonlyArray<Event>, E | EventTooLarge, R> = (
  options
) => parseWith(options, Chunk.of)
