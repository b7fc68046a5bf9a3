/** Sessions: their transcripts and usage. */
import * as Effect from "effect/Effect"
import type { Turn } from "./claude/ClaudeProcess.js"
import type { Line } from "./claude/StreamJson.js"
import type { Transcripts } from "./claude/Transcripts.js"
import * as GoTime from "./go/time.js"
import { type Message, messageOf, type Usage, usageIn } from "./transcript.js"

interface Session {
  readonly id: string
  readonly turns: Array<Turn>
  /** `undefined` until something has been written: such a session has no history. */
  entries: Array<Entry> | undefined
}

/** A line of a transcript and what the server makes of it. A message that was seeded has no line. */
interface Entry {
  readonly line: Line | undefined
  readonly message: Message
}

/** One page of a transcript. */
export interface Page {
  readonly messages: ReadonlyArray<Message>
  readonly total: number
}

/** The sessions of the server, each with a transcript. */
export interface Sessions {
  /** Sorted by id, like a directory listing. */
  readonly list: Effect.Effect<ReadonlyArray<{ readonly id: string; readonly title?: string }>>
  /** Creates the session if it does not exist. */
  readonly open: (id: string) => Effect.Effect<{
    readonly isNew: boolean
    readonly hasTranscript: boolean
    readonly turns: ReadonlyArray<Turn>
  }>
  /** Removes a session and returns whether it existed. */
  readonly destroy: (id: string) => Effect.Effect<boolean>
  /** `undefined` if there is no transcript. */
  readonly page: (id: string, offset: number, limit: number) => Effect.Effect<Page | undefined>
  readonly message: (id: string, uuid: string) => Effect.Effect<Message | "no history" | "no message">
  readonly usage: (id: string) => Effect.Effect<Usage | undefined>
  /** Appends a side of the conversation, with the lines that its transcript has for it. */
  readonly record: (id: string, turn: Turn, now: number, lines: (parent?: string) => ReadonlyArray<Line>) => void
  /** Appends a message of any shape, creating the session if necessary. */
  readonly seed: (id: string, message: Message) => Effect.Effect<void>
}

/** Initially empty. Transcripts that the processes keep are read each time, as the server does. */
export const make = (transcripts: Transcripts | undefined): Sessions => {
  const sessions = new Map<string, Session>()

  const find = (id: string): Session => {
    const known = sessions.get(id)
    if (known !== undefined) return known
    const session: Session = { id, turns: [], entries: undefined }
    sessions.set(id, session)
    return session
  }

  const entriesOf = (id: string): Effect.Effect<ReadonlyArray<Entry> | undefined> =>
    Effect.gen(function* () {
      const session = sessions.get(id)
      if (session === undefined || transcripts === undefined) return session?.entries
      const lines = yield* transcripts.read(id)
      const now = yield* GoTime.now
      return lines === undefined && session.entries === undefined
        ? undefined
        : [...(session.entries ?? []), ...entries(lines ?? [], now)]
    })

  return {
    list: Effect.suspend(() =>
      Effect.forEach(
        [...sessions.keys()].sort(),
        (id): Effect.Effect<{ readonly id: string; readonly title?: string }> =>
          Effect.map(entriesOf(id), (known) => {
            const title = titleOf(known ?? [])
            return title === undefined ? { id } : { id, title }
          })
      )
    ),
    open: (id) =>
      Effect.sync(() => {
        const isNew = !sessions.has(id)
        const { entries, turns } = find(id)
        return { isNew, hasTranscript: entries !== undefined, turns: turns.slice() }
      }),
    destroy: (id) =>
      Effect.gen(function* () {
        const existed = sessions.delete(id)
        if (existed && transcripts !== undefined) yield* transcripts.remove(id)
        return existed
      }),
    page: (id, offset, limit) =>
      Effect.map(entriesOf(id), (known) => {
        if (known === undefined) return undefined
        const shown = known.filter(isListed)
        return { messages: shown.slice(offset, offset + limit).map(({ message }) => message), total: shown.length }
      }),
    message: (id, uuid) =>
      Effect.map(entriesOf(id), (known) =>
        known === undefined
          ? "no history"
          : (known.find(({ message }) => message["uuid"] === uuid)?.message ?? "no message")
      ),
    usage: (id) =>
      Effect.map(entriesOf(id), (known) =>
        usageIn((known ?? []).flatMap(({ line }) => (line === undefined ? [] : [line])))
      ),
    record: (id, turn, now, lines) => {
      const session = sessions.get(id)
      if (session === undefined) return
      const parent = session.entries?.findLast(({ message }) => message["uuid"] !== "")?.message["uuid"]
      const added = entries(typeof parent === "string" ? lines(parent) : lines(), GoTime.toNanos(now))
      session.turns.push(turn)
      session.entries ??= []
      session.entries.push(...added)
    },
    seed: (id, message) =>
      Effect.sync(() => {
        const session = find(id)
        session.entries ??= []
        session.entries.push({ line: undefined, message })
      })
  }
}

const entries = (lines: ReadonlyArray<Line>, now: string): ReadonlyArray<Entry> =>
  lines.flatMap((line) => {
    const message = messageOf(line, now)
    return message === undefined ? [] : [{ line, message }]
  })

/** The server omits these messages from lists although they are in the transcript. */
const isListed = ({ message }: Entry): boolean => message["type"] !== "queue-operation"

const titleOf = (known: ReadonlyArray<Entry>): string | undefined => {
  const first = known.find(({ line }) => line?.["type"] === "user")?.line?.["message"]
  const content = typeof first === "object" && first !== null && "content" in first ? first.content : undefined
  return typeof content === "string" ? content.split("\n", 1).join("").slice(0, 80) : undefined
}
