/** Sessions: their transcripts and usage. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Turn } from "./claude/ClaudeProcess.js"
import { estimateTokens } from "./claude/StreamJson.js"
import * as GoTime from "./go/time.js"
import * as identifiers from "./identifiers.js"

/** `usage` on the wire: the total of the session so far, not of one run. */
export interface Usage {
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly total_tokens: number
  readonly estimated_cost_usd: number
}

/** A line of a session's transcript. Any object may be seeded; only its id is read. */
export type Message = Readonly<Record<string, unknown>>

interface Session {
  readonly id: string
  readonly turns: Array<Turn>
  /** `undefined` until something has been written: such a session has no history. */
  transcript: Array<Message> | undefined
  usage: Usage | undefined
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
  readonly open: (id: string) => Effect.Effect<{ readonly isNew: boolean; readonly turns: ReadonlyArray<Turn> }>
  /** Removes a session and returns whether it existed. */
  readonly destroy: (id: string) => Effect.Effect<boolean>
  /** `undefined` if there is no transcript. */
  readonly page: (id: string, offset: number, limit: number) => Effect.Effect<Page | undefined>
  readonly message: (id: string, uuid: string) => Effect.Effect<Message | "no history" | "no message">
  readonly usage: (id: string) => Effect.Effect<Usage | undefined>
  /** Appends a prompt. */
  readonly recordPrompt: (id: string, prompt: string, workdir: string) => Effect.Effect<void>
  /** Appends an answer and adds to the usage. */
  readonly recordAnswer: (id: string, prompt: string, answer: string, model: string) => Effect.Effect<void>
  /** Appends a line of any shape, creating the session if necessary. */
  readonly seed: (id: string, message: Message) => Effect.Effect<void>
}

// Dollars per million input and output tokens, for the models that the server has a price for.
const prices: ReadonlyArray<readonly [RegExp, number, number]> = [
  [/opus/, 5, 25],
  [/sonnet/, 3, 15],
  [/haiku/, 1, 5]
]

const costOf = (model: string, input: number, output: number): number => {
  const [, perInput, perOutput] = prices.find(([pattern]) => pattern.test(model)) ?? [undefined, 0, 0]
  return Math.round(input * perInput + output * perOutput) / 1_000_000
}

/** Initially empty. */
export const make: Effect.Effect<Sessions> = Effect.sync(() => {
  const sessions = new Map<string, Session>()

  const find = (id: string): Session => {
    const known = sessions.get(id)
    if (known !== undefined) return known
    const session: Session = { id, turns: [], transcript: undefined, usage: undefined }
    sessions.set(id, session)
    return session
  }

  const append = (session: Session, message: Message) => {
    session.transcript = session.transcript ?? []
    session.transcript.push(message)
  }

  const write = (id: string, turn: Turn, more: Message, content: Message) =>
    Effect.gen(function* () {
      const session = sessions.get(id)
      if (session === undefined) return
      const uuid = yield* identifiers.uuid
      const now = yield* Clock.currentTimeMillis
      const parent = session.transcript?.at(-1)?.["uuid"]
      session.turns.push(turn)
      append(session, {
        uuid,
        ...(typeof parent === "string" ? { parent_uuid: parent } : {}),
        type: turn.role,
        session_id: id,
        timestamp: GoTime.toNanos(now),
        ...more,
        version: "2.1.19",
        content: { role: turn.role, ...content }
      })
    })

  return {
    list: Effect.sync(() =>
      [...sessions.values()]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ id, turns }) => {
          const first = turns.find((turn) => turn.role === "user")
          return first === undefined ? { id } : { id, title: first.text.split("\n", 1).join("").slice(0, 80) }
        })
    ),
    open: (id) =>
      Effect.sync(() => {
        const isNew = !sessions.has(id)
        return { isNew, turns: find(id).turns.slice() }
      }),
    destroy: (id) => Effect.sync(() => sessions.delete(id)),
    page: (id, offset, limit) =>
      Effect.sync(() => {
        const shown = visible(sessions.get(id)?.transcript)
        return shown === undefined ? undefined : { messages: shown.slice(offset, offset + limit), total: shown.length }
      }),
    message: (id, uuid) =>
      Effect.sync(() => {
        const transcript = sessions.get(id)?.transcript
        return transcript === undefined
          ? "no history"
          : (transcript.find((message) => message["uuid"] === uuid) ?? "no message")
      }),
    usage: (id) => Effect.sync(() => sessions.get(id)?.usage),
    recordPrompt: (id, prompt, workdir) =>
      write(
        id,
        { role: "user", text: prompt },
        { cwd: workdir === "" ? "/workspace" : workdir, permission_mode: "default" },
        { content: [{ type: "text", text: prompt }] }
      ),
    recordAnswer: (id, prompt, answer, model) =>
      Effect.gen(function* () {
        const input = estimateTokens(prompt)
        const output = estimateTokens(answer)
        const messageId = yield* identifiers.shortId("msg_")
        yield* write(
          id,
          { role: "assistant", text: answer },
          { cwd: "/workspace" },
          {
            model,
            message_id: messageId,
            content: [{ type: "text", text: answer }],
            stop_reason: "end_turn",
            usage: { input_tokens: input, output_tokens: output }
          }
        )
        const session = sessions.get(id)
        if (session !== undefined) session.usage = addUsage(session.usage, model, input, output)
      }),
    seed: (id, message) => Effect.sync(() => append(find(id), message))
  }
})

// The server omits these lines from lists although they are in the transcript.
const visible = (transcript: ReadonlyArray<Message> | undefined): ReadonlyArray<Message> | undefined =>
  transcript?.filter((message) => message["type"] !== "queue-operation")

const addUsage = (before: Usage | undefined, model: string, input: number, output: number): Usage => {
  const inputTokens = (before?.input_tokens ?? 0) + input
  const outputTokens = (before?.output_tokens ?? 0) + output
  return {
    model,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    total_tokens: inputTokens + outputTokens,
    estimated_cost_usd: costOf(model, inputTokens, outputTokens)
  }
}
