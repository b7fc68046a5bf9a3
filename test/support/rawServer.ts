/**
 * A server on a loopback port that a test controls byte by byte: it parses requests, and sends what it is told to,
 * well-formed or not.
 */
import * as Net from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

/** One request, and the connection that it came on. */
export interface Exchange {
  readonly method: string
  /** Path and query, as they stood in the request line. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Which connection it came on, counted from 0. */
  readonly connection: number
  /** Completes when the operating system has taken the bytes; `false` when the connection is gone. */
  readonly send: (bytes: string | Uint8Array) => Effect.Effect<boolean>
  /** Closes in order: the client receives everything, then the end of the connection. */
  readonly finish: Effect.Effect<void>
  /** Drops the connection with a TCP reset. */
  readonly reset: Effect.Effect<void>
  /** Completes when the connection is closed, whoever closed it. */
  readonly closed: Effect.Effect<void>
}

/** What the server does with one request. Ending does not close the connection. */
export type Answer = (exchange: Exchange) => Effect.Effect<unknown>

export interface RawServer {
  readonly url: string
  readonly port: number
  /** Everything received so far, oldest first. It grows while the server runs. */
  readonly requests: ReadonlyArray<Exchange>
  /** How many connections were opened so far. */
  readonly connections: () => number
  /** Completes when the request with this number, counted from 0, is here with its whole body. */
  readonly received: (index: number) => Effect.Effect<Exchange>
  /** Completes when every connection that there was has been closed. */
  readonly allClosed: Effect.Effect<void>
}

interface Parsed {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly rest: string
}

/** The first whole request in the text; bodies are delimited by `content-length`, as all our clients do. */
const parse = (text: string): Parsed | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const [requestLine = "", ...lines] = text.slice(0, end).split("\r\n")
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
  )
  const bodyEnd = end + 4 + Number(headers["content-length"] ?? "0")
  if (text.length < bodyEnd) return undefined
  const [method = "", target = ""] = requestLine.split(" ")
  return { method, target, headers, body: text.slice(end + 4, bodyEnd), rest: text.slice(bodyEnd) }
}

const ignore = () => {}

/** Gives the answers in the order in which requests arrive, the last of them for ever. */
export const rawServer = (...answers: ReadonlyArray<Answer>): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime<never>()
    const requests: Array<Exchange> = []
    const arrivals = new Map<number, Deferred.Deferred<Exchange>>()
    const sockets: Array<{ readonly socket: Net.Socket; readonly closed: Deferred.Deferred<void> }> = []
    const arrival = (index: number): Deferred.Deferred<Exchange> => {
      const known = arrivals.get(index) ?? Deferred.unsafeMake<Exchange>(FiberId.none)
      arrivals.set(index, known)
      return known
    }

    const onRequest = (exchange: Exchange) => {
      const index = requests.push(exchange) - 1
      const answer = answers[Math.min(index, answers.length - 1)]
      if (answer !== undefined) run(answer(exchange))
      Deferred.unsafeDone(arrival(index), Effect.succeed(exchange))
    }

    const onConnection = (socket: Net.Socket) => {
      const closed = Deferred.unsafeMake<void>(FiberId.none)
      const connection = sockets.push({ socket, closed }) - 1
      socket.on("error", ignore)
      socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
      const of = {
        connection,
        send: (bytes: string | Uint8Array) =>
          Effect.async<boolean>((resume) => {
            socket.write(bytes, (error) => resume(Effect.succeed(error === undefined || error === null)))
          }),
        finish: Effect.sync(() => socket.end()),
        reset: Effect.sync(() => socket.resetAndDestroy()),
        closed: Deferred.await(closed)
      }
      let text = ""
      socket.on("data", (bytes) => {
        text += bytes.toString("latin1")
        for (let parsed = parse(text); parsed !== undefined; parsed = parse(text)) {
          text = parsed.rest
          onRequest({ ...parsed, ...of })
        }
      })
    }

    const server = yield* Effect.acquireRelease(
      Effect.sync(() => Net.createServer(onConnection)),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const { socket } of sockets) socket.destroy()
        })
    )
    const port = yield* Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      requests,
      connections: () => sockets.length,
      received: (index) => Effect.suspend(() => Deferred.await(arrival(index))),
      allClosed: Effect.suspend(() =>
        Effect.forEach(sockets, ({ closed }) => Deferred.await(closed), { discard: true, concurrency: "unbounded" })
      )
    }
  })

/** A loopback address that nobody listens on: somebody did until just now. */
export const unusedUrl: Effect.Effect<string> = Effect.scoped(Effect.map(rawServer(), ({ url }) => url))

/** The head of a response, without a body. */
export const head = (status: number, headers: Readonly<Record<string, string>> = {}): string =>
  `HTTP/1.1 ${status} Some Reason\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`

/** One chunk of a chunked body. */
export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

export const lastChunk = "0\r\n\r\n"

/** A complete response; the connection stays open. */
export const reply =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  ({ send }) =>
    send(head(status, { "content-length": String(Buffer.byteLength(body)), ...headers }) + body)

export const json = (body: unknown, status = 200): Answer =>
  reply(status, JSON.stringify(body), { "content-type": "application/json; charset=utf-8" })

/** Never answers, and keeps the connection open. */
export const silence: Answer = () => Effect.void

export const reset: Answer = (exchange) => exchange.reset

/** The head of an event stream and the beginning of its body, chunked; the connection stays open. */
export const events =
  (text: string): Answer =>
  ({ send }) =>
    send(head(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }) + chunk(text))

/** One answer after another, on the same connection. */
export const both =
  (first: Answer, second: Answer): Answer =>
  (exchange) =>
    Effect.zipRight(first(exchange), second(exchange))
