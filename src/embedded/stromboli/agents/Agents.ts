/** The agents of the server: long-lived processes that take one prompt after another. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ClaudeService } from "../claude/Claude.js"
import type { AgentLine } from "../claude/ClaudeProcess.js"
import * as StreamJson from "../claude/StreamJson.js"
import * as identifiers from "../identifiers.js"
import { inNoOrder } from "../inNoOrder.js"
import type { Settings } from "../Options.js"
import type { CreateAgentRequest } from "../wire.js"
import { type Agent, type AgentEvent, markExited, publish, snapshot } from "./Agent.js"
import * as Subscription from "./Subscription.js"

/** A refused request to an agent. */
export class AgentError extends Data.TaggedError("AgentError")<{
  readonly status: 400 | 404 | 409 | 410 | 500
  readonly message: string
}> {}

/** The long-lived agents of the server. */
export interface Agents {
  readonly create: (request: CreateAgentRequest) => Effect.Effect<ReturnType<typeof snapshot>, AgentError>
  readonly list: Effect.Effect<ReadonlyArray<ReturnType<typeof snapshot>>>
  readonly get: (id: string) => Effect.Effect<ReturnType<typeof snapshot>, AgentError>
  /** Starts a turn and returns its id. */
  readonly send: (id: string, prompt: string) => Effect.Effect<string, AgentError>
  /** The events from now on; earlier ones are not replayed. An agent that has already exited sends none. */
  readonly subscribe: (id: string) => Effect.Effect<Subscription.Subscription<AgentEvent>, AgentError, Scope.Scope>
  /** Takes up to ten seconds if the process does not end by itself. */
  readonly stop: (id: string) => Effect.Effect<void, AgentError>
}

const defaultIdleTimeout = 1_800_000
const watchdogInterval = "30 seconds"
const grace = "5 seconds"
const longestLine = 10_485_760

const notFound = new AgentError({ status: 404, message: "agent: not found" })

interface Entry {
  readonly agent: Agent
  readonly scope: Scope.CloseableScope
  /** Ends when all output of the process has been published and its exit recorded. */
  readonly reader: Fiber.RuntimeFiber<void>
}

/** All agents end with the scope. */
export const make = (dependencies: {
  readonly claude: ClaudeService
  readonly settings: Settings
}): Effect.Effect<Agents, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { claude, settings } = dependencies
    const serverScope = yield* Effect.scope
    const entries = new Map<string, Entry>()

    const find = (id: string): Effect.Effect<Entry, AgentError> =>
      Effect.suspend(() => {
        const entry = entries.get(id)
        return entry === undefined ? notFound : Effect.succeed(entry)
      })

    const stop = (id: string) =>
      Effect.gen(function* () {
        const entry = yield* find(id)
        entries.delete(id)
        // Stopping continues even if the client disconnects.
        const stopping = yield* Effect.forkIn(stopEntry(entry), serverScope)
        yield* Fiber.join(stopping)
      })

    const watch = (agent: Agent): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* Effect.sleep(watchdogInterval)
        const now = yield* Clock.currentTimeMillis
        if (agent.status === "exited") return
        // The status is not checked: a turn that takes longer than the idle timeout is cut off.
        if (now - agent.lastActivityAt < agent.idleTimeoutMillis) return yield* watch(agent)
        publish(agent, now, { type: "exited", error: "agent: idle timeout reached" })
        yield* Effect.forkIn(Effect.ignore(stop(agent.id)), serverScope)
      })

    const start = (request: CreateAgentRequest): Effect.Effect<Entry, AgentError> =>
      Effect.gen(function* () {
        const id = `agent-${yield* identifiers.uuid}`
        // Every agent has a new session: the server reads neither the id in the request nor whether to resume.
        const sessionId = yield* identifiers.uuid
        const claudeOptions = { ...request.claude, session_id: "", resume: false }
        const now = yield* Clock.currentTimeMillis
        const scope = yield* Scope.fork(serverScope, serverScope.strategy)
        // Interruptible, because fibers that are forked here inherit it: the scope could not end them otherwise.
        const process = yield* Effect.interruptible(
          claude.startAgent({ agentId: id, sessionId, workdir: request.workdir, claude: claudeOptions })
        ).pipe(
          Scope.extend(scope),
          Effect.mapError(({ message }) => new AgentError({ status: 500, message: `agent: spawn: ${message}` })),
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        const agent: Agent = {
          id,
          sessionId,
          createdAt: now,
          idleTimeoutMillis:
            request.idle_timeout_seconds === 0 ? defaultIdleTimeout : request.idle_timeout_seconds * 1_000,
          idleTimeoutDisabled: request.disable_idle_timeout,
          process,
          subscriptions: new Set(),
          status: "starting",
          lastActivityAt: now,
          turnsCompleted: 0,
          currentTurn: "",
          exitError: ""
        }
        const reader = yield* Effect.forkIn(Effect.interruptible(readToEnd(agent)), scope)
        if (!agent.idleTimeoutDisabled) yield* Effect.forkIn(Effect.interruptible(watch(agent)), scope)
        const entry: Entry = { agent, scope, reader }
        entries.set(id, entry)
        return entry
      }).pipe(Effect.uninterruptible)

    const createEntry = (request: CreateAgentRequest) =>
      Effect.gen(function* () {
        yield* Effect.sleep(settings.agentStartTime)
        const entry = yield* start(request)
        if (request.prompt.trim() !== "") {
          // An agent whose first turn cannot be started is created anyway; the prompt can be sent again.
          yield* Effect.ignore(send(entry.agent, request.prompt))
        }
        return snapshot(entry.agent)
      })

    return {
      create: (request) =>
        Effect.gen(function* () {
          if (request.idle_timeout_seconds < 0) {
            const message = "agent: invalid request: idle_timeout_seconds must be non-negative"
            return yield* new AgentError({ status: 400, message })
          }
          // Creation continues even if the client disconnects, which then does not learn the id of its agent.
          const creating = yield* Effect.forkIn(Effect.interruptible(createEntry(request)), serverScope)
          return yield* Fiber.join(creating)
        }),
      list: Effect.sync(() => inNoOrder([...entries.values()].map(({ agent }) => snapshot(agent)))),
      get: (id) => Effect.map(find(id), ({ agent }) => snapshot(agent)),
      send: (id, prompt) => Effect.flatMap(find(id), ({ agent }) => send(agent, prompt)),
      subscribe: (id) =>
        Effect.flatMap(find(id), ({ agent }) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              const subscription = Subscription.make<AgentEvent>()
              agent.subscriptions.add(subscription)
              return subscription
            }),
            (subscription) => Effect.sync(() => agent.subscriptions.delete(subscription))
          )
        ),
      stop
    }
  })

const send = (agent: Agent, prompt: string): Effect.Effect<string, AgentError> =>
  Effect.gen(function* () {
    if (prompt.trim() === "") {
      return yield* new AgentError({ status: 400, message: "agent: invalid request: prompt is required" })
    }
    const turn = `turn-${yield* identifiers.uuid}`
    const now = yield* Clock.currentTimeMillis
    if (agent.status === "generating") {
      return yield* new AgentError({ status: 409, message: "agent: a turn is already in progress" })
    }
    if (agent.status === "exited") return yield* new AgentError({ status: 410, message: "agent: process has exited" })
    agent.currentTurn = turn
    agent.status = "generating"
    agent.lastActivityAt = now
    publish(agent, now, { type: "turn_start", turn_id: turn })
    const line = JSON.stringify({ message: { content: prompt, role: "user" }, type: "user" })
    const written = yield* Effect.either(agent.process.write(line))
    if (Either.isLeft(written)) {
      agent.status = "idle"
      agent.currentTurn = ""
      publish(agent, now, { type: "error", turn_id: turn, error: written.left.message })
      return yield* new AgentError({ status: 500, message: written.left.message })
    }
    return turn
  })

const readToEnd = (agent: Agent): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Stream.runForEachChunk(agent.process.output, (lines) =>
      Effect.forEach(Chunk.chunksOf(lines, linesAtOnce), (some) => readSome(agent, some), { discard: true })
    )
    const exit = yield* Effect.either(agent.process.exit)
    const now = yield* Clock.currentTimeMillis
    markExited(agent, now, Either.isLeft(exit) ? exit.left.message : "")
  })

/**
 * How many lines of a burst are read before subscribers take any. With queues of half as many, about half of a long
 * burst is lost, as on the real server, whose reader is twice as fast as the fastest subscriber.
 */
const linesAtOnce = 64

/** How often a subscriber may be given way to, until it counts as slow. */
const turnsToTake = 500

const readSome = (agent: Agent, lines: Chunk.Chunk<AgentLine>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const line of lines) read(agent, line, now)
    let turns = 0
    while (turns++ < turnsToTake && [...agent.subscriptions].some(({ isBehind }) => isBehind())) {
      yield* Effect.yieldNow()
    }
  })

const read = (agent: Agent, { from, line }: AgentLine, now: number): void => {
  if (from === "stderr") {
    publish(agent, now, { type: "error", turn_id: agent.currentTurn, error: line })
    return
  }
  if (agent.status === "starting") {
    agent.status = "idle"
    agent.lastActivityAt = now
  }
  const content = line.length > longestLine ? `[line of ${line.length} characters truncated]` : line
  publish(agent, now, { type: "output", turn_id: agent.currentTurn, content })
  if (StreamJson.typeOf(line) === "result") {
    const turn = agent.currentTurn
    agent.currentTurn = ""
    if (agent.status === "generating") agent.status = "idle"
    agent.turnsCompleted += 1
    agent.lastActivityAt = now
    publish(agent, now, { type: "turn_end", turn_id: turn })
  }
}

const stopEntry = ({ agent, reader, scope }: Entry): Effect.Effect<void> =>
  Effect.gen(function* () {
    const ended = Fiber.await(reader).pipe(Effect.timeoutOption(grace))
    yield* agent.process.closeInput
    if ((yield* ended)._tag === "None") {
      yield* agent.process.kill("SIGTERM")
      if ((yield* ended)._tag === "None") {
        yield* agent.process.kill("SIGKILL")
        yield* Fiber.await(reader)
      }
    }
    const now = yield* Clock.currentTimeMillis
    markExited(agent, now, "")
    yield* Scope.close(scope, Exit.void)
  })
