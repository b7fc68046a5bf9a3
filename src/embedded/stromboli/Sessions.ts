/** Sessions: their transcripts and usage. */
import * as Effect from "effect/Effect"
import type { Turn } from "./claude/ClaudeProcess.js"
import type { Line } from "./claude/StreamJson.js"
import type { Transcripts } from "./claude/Transcripts.js"
import * as GoTime from "./go/time.js"
import { type Message, messageOf, type Usage, usageIn } from "./transcript.js"

interface Session {
  readonly id: string
  /** By the folder of their directory. Nearly always one; none until something has been written. */
  readonly conversations: Map<string, Conversation>
  /** The conversation in the compose project of the session, of which the server sees nothing. */
  inProject: Array<Turn>
  /** Whether a run with hooks for the first run has completed. */
  isInitialised: boolean
}

/** What Claude keeps for the session in one directory: it does not see those of others when it begins one. */
interface Conversation {
  readonly turns: Array<Turn>
  readonly entries: Array<Entry>
}

/** What a run begins with. */
interface Opened {
  /** Whether there is a conversation, so that none can begin. */
  readonly hasBegun: boolean
  /** Whether there is one to resume: that of the directory, or else the only one. */
  readonly canResume: boolean
  readonly turns: ReadonlyArray<Turn>
  readonly isInitialised: boolean
  /** The folder that the run writes to. */
  readonly folder: string
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

/** Where Claude keeps a conversation: in a container of its own, or in that of a compose project. */
export type Place = "container" | "project"

/** The sessions of the server, each with a transcript. */
export interface Sessions {
  /** Sorted by id, like a directory listing. */
  readonly list: Effect.Effect<ReadonlyArray<{ readonly id: string; readonly title: string }>>
  /** Creates the session if it does not exist. */
  readonly open: (
    id: string,
    run: { readonly place: Place; readonly workdir: string; readonly resume: boolean }
  ) => Effect.Effect<Opened>
  /** From now on, the hooks for the first run are left out. */
  readonly markInitialised: (id: string) => void
  /** Removes a session and returns whether it existed. */
  readonly destroy: (id: string) => Effect.Effect<boolean>
  /** `undefined` if there is no transcript. */
  readonly page: (id: string, offset: number, limit: number) => Effect.Effect<Page | undefined>
  readonly message: (id: string, uuid: string) => Effect.Effect<Message | "no history" | "no message">
  readonly usage: (id: string) => Effect.Effect<Usage | undefined>
  /** Appends a side of the conversation, with the lines that its transcript has for it. */
  readonly record: (
    id: string,
    folder: string,
    turn: Turn,
    now: number,
    lines: (parent?: string) => ReadonlyArray<Line>
  ) => void
  /** Appends a side of a conversation that is kept in a compose project, where the server does not look for it. */
  readonly recordInProject: (id: string, turn: Turn) => void
  /** Appends a message of any shape, creating the session if necessary. */
  readonly seed: (id: string, message: Message) => Effect.Effect<void>
}

/** Initially empty. Transcripts that the processes keep are read each time, as the server does. */
export const make = (transcripts: Transcripts | undefined): Sessions => {
  const sessions = new Map<string, Session>()

  const find = (id: string): Session => {
    const known = sessions.get(id)
    if (known !== undefined) return known
    const session: Session = { id, conversations: new Map(), inProject: [], isInitialised: false }
    sessions.set(id, session)
    return session
  }

  const entriesOf = (id: string): Effect.Effect<ReadonlyArray<Entry> | undefined> =>
    Effect.gen(function* () {
      const session = sessions.get(id)
      const [first] = session === undefined ? [] : inOrder(session)
      if (session === undefined || transcripts === undefined) return first?.entries
      const lines = yield* transcripts.read(id)
      const now = yield* GoTime.now
      return lines === undefined && first === undefined
        ? undefined
        : [...(first?.entries ?? []), ...entries(lines ?? [], now)]
    })

  return {
    list: Effect.suspend(() =>
      Effect.forEach([...sessions.keys()].sort(), (id) =>
        Effect.map(entriesOf(id), (known = []) => ({ id, title: titleOf(known) }))
      )
    ),
    open: (id, { place, resume, workdir }) =>
      Effect.sync(() => {
        const { conversations, inProject, isInitialised } = find(id)
        const own = workdir.replace(/[^a-zA-Z0-9]/g, "-")
        if (place === "project") {
          const hasBegun = inProject.length > 0
          return { hasBegun, canResume: hasBegun, turns: inProject.slice(), isInitialised, folder: own }
        }
        const [only, ...others] = conversations.keys()
        const hasBegun = conversations.has(own)
        const resumed = hasBegun || others.length > 0 ? own : (only ?? own)
        const folder = resume ? resumed : own
        const turns = conversations.get(folder)?.turns.slice() ?? []
        return { hasBegun, canResume: conversations.has(resumed), turns, isInitialised, folder }
      }),
    markInitialised: (id) => {
      const session = sessions.get(id)
      if (session !== undefined) session.isInitialised = true
    },
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
    record: (id, folder, turn, now, lines) => {
      const session = sessions.get(id)
      if (session === undefined) return
      const conversation = conversationIn(session, folder)
      const parent = conversation.entries.findLast(({ message }) => message["uuid"] !== "")?.message["uuid"]
      const added = entries(typeof parent === "string" ? lines(parent) : lines(), GoTime.toNanos(now))
      conversation.turns.push(turn)
      conversation.entries.push(...added)
    },
    recordInProject: (id, turn) => {
      sessions.get(id)?.inProject.push(turn)
    },
    seed: (id, message) =>
      Effect.sync(() => {
        const session = find(id)
        const conversation = inOrder(session)[0] ?? conversationIn(session, "")
        conversation.entries.push({ line: undefined, message })
      })
  }
}

const conversationIn = ({ conversations }: Session, folder: string): Conversation => {
  const known = conversations.get(folder)
  if (known !== undefined) return known
  const conversation: Conversation = { turns: [], entries: [] }
  conversations.set(folder, conversation)
  return conversation
}

/** As the server finds them, which shows only the first. */
const inOrder = ({ conversations }: Session): ReadonlyArray<Conversation> =>
  [...conversations].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, conversation]) => conversation)

const entries = (lines: ReadonlyArray<Line>, now: string): ReadonlyArray<Entry> =>
  lines.flatMap((line) => {
    const message = messageOf(line, now)
    return message === undefined ? [] : [{ line, message }]
  })

/** The server omits these messages from lists although they are in the transcript. */
const isListed = ({ message }: Entry): boolean => message["type"] !== "queue-operation"

/** The title that a hook of Claude Code or `/rename` has given the session. Nothing else does: most have none. */
const titleOf = (known: ReadonlyArray<Entry>): string => {
  const title = known.findLast(({ line }) => line?.["type"] === "custom-title")?.line?.["customTitle"]
  return typeof title === "string" ? title : ""
}
