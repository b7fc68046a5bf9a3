/**
 * One client of an MCP server: its JSON-RPC messages in, the answers out. `McpServer` of `@effect/ai` answers them; the
 * protocol below it is ours, since those of `@effect/rpc` 0.76 read ids as numbers only, have one state for all clients
 * over HTTP, where they see no cancellation, and leave unknown methods without an answer.
 */
import * as McpSchema from "@effect/ai/McpSchema"
import * as McpServer from "@effect/ai/McpServer"
import type { FromClientEncoded, FromServerEncoded, ResponseExitEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { type Answer, code, errorAnswer, isMessage, type Message, type RequestId, type Session } from "./jsonRpc.js"

/** The name and version that clients see. */
export interface ServerInfo {
  readonly name: string
  readonly version: string
}

type Exit = ResponseExitEncoded["exit"]

const longestMessage = 1000

const errorOf = (id: RequestId, exit: Exclude<Exit, { readonly _tag: "Success" }>): Answer => {
  const { cause } = exit
  if (cause._tag === "Fail" && Predicate.isRecord(cause.error)) {
    const { code: given, message } = cause.error
    if (Predicate.isNumber(given) && Predicate.isString(message)) return errorAnswer(id, given, message)
  }
  // What does not decode is all that the server dies of: tools answer their own failures.
  return cause._tag === "Die" && Predicate.isString(cause.defect)
    ? errorAnswer(id, code.params, cause.defect.slice(0, longestMessage))
    : errorAnswer(id, code.internal, "the server could not answer; its log may say why")
}

const answerOf = (id: RequestId, exit: Exit): Answer =>
  exit._tag === "Success" ? { jsonrpc: "2.0", id, result: exit.value } : errorOf(id, exit)

/** Clients may leave out the parameters, and the arguments of a tool that has none. */
const payloadOf = ({ method, params = {} }: Message): unknown =>
  method === "tools/call" ? { ...params, arguments: params["arguments"] ?? {} } : params

/** A server for one client, with the tools that `register` adds. It ends with the scope, and so do calls of tools. */
export const make = <E, R>(
  info: ServerInfo,
  register: Effect.Effect<void, E, McpServer.McpServer | R>
): Effect.Effect<Session, E, Exclude<R, McpServer.McpServer> | Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* McpServer.McpServer.make
    yield* Effect.provideService(register, McpServer.McpServer, server)

    const clientId = 0
    let count = 0
    /** The requests without an answer: by our number, which the server knows, and by the client's id. */
    const waiting = new Map<string, (exit: Option.Option<Exit>) => Effect.Effect<void>>()
    const numbers = new Map<RequestId, string>()
    let write: (message: FromClientEncoded) => Effect.Effect<void> = () => Effect.void

    const answered = (number: string, exit: Option.Option<Exit>): Effect.Effect<void> =>
      Effect.suspend(() => waiting.get(number)?.(exit) ?? Effect.void)

    const disconnects = yield* Mailbox.make<number>()
    const protocol = yield* RpcServer.Protocol.make((writeRequest) => {
      write = (message) => writeRequest(clientId, message)
      return Effect.succeed({
        disconnects,
        // Notifications about lists are not passed on, since these never change.
        send: (_client: number, message: FromServerEncoded) =>
          message._tag === "Exit" ? answered(message.requestId, Option.some(message.exit)) : Effect.void,
        end: () => Effect.void,
        clientIds: Effect.succeed(new Set([clientId])),
        initialMessage: Effect.succeedNone,
        supportsAck: false,
        supportsTransferables: false,
        supportsSpanPropagation: false
      })
    })
    yield* McpServer.run(info).pipe(
      Effect.provideService(McpServer.McpServer, server),
      Effect.provideService(RpcServer.Protocol, protocol),
      // It logs its own end as fatal. Calls log as their caller does.
      Logger.withMinimumLogLevel(LogLevel.None),
      // A server of HTTP may open sessions where nothing is interruptible, which the fibers of this one would inherit.
      Effect.interruptible,
      Effect.forkScoped
    )

    const cancel = (number: string) =>
      Effect.zipRight(write({ _tag: "Interrupt", requestId: number }), answered(number, Option.none()))

    const request = (id: RequestId, method: string, message: Message): Effect.Effect<Option.Option<Answer>> =>
      Effect.gen(function* () {
        const number = String(++count)
        const answer = yield* Deferred.make<Option.Option<Exit>>()
        waiting.set(number, (exit) => Deferred.succeed(answer, exit))
        numbers.set(id, number)
        return yield* write({
          _tag: "Request",
          id: number,
          tag: method,
          payload: payloadOf(message),
          headers: []
        }).pipe(
          Effect.zipRight(Deferred.await(answer)),
          Effect.map(Option.map((exit) => answerOf(id, exit))),
          Effect.onInterrupt(() => cancel(number)),
          Effect.ensuring(
            Effect.sync(() => {
              waiting.delete(number)
              if (numbers.get(id) === number) numbers.delete(id)
            })
          )
        )
      })

    const notify = ({ method, params }: Message): Effect.Effect<void> => {
      if (method !== "notifications/cancelled") return Effect.void
      const { requestId } = params ?? {}
      const number = Predicate.isString(requestId) || Predicate.isNumber(requestId) ? numbers.get(requestId) : undefined
      return number === undefined ? Effect.void : cancel(number)
    }

    const handle: Session["handle"] = (message) =>
      Effect.suspend(() => {
        if (!isMessage(message)) {
          return Effect.succeedSome(errorAnswer(null, code.request, "not a message of JSON-RPC 2.0"))
        }
        const { id, method } = message
        // Answers to requests of the server, which sends none.
        if (method === undefined) return Effect.succeedNone
        if (id === undefined || id === null) return Effect.as(notify(message), Option.none())
        if (numbers.has(id)) return Effect.succeedSome(errorAnswer(id, code.request, "this id is in use"))
        return McpSchema.ClientRequestRpcs.requests.has(method)
          ? request(id, method, message)
          : Effect.succeedSome(errorAnswer(id, code.method, `there is no method ${method.slice(0, 100)}`))
      })

    return { handle }
  })
