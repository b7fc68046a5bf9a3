/**
 * The log of one command at the other end of a bad network: every connection gives it from its beginning, and breaks
 * somewhere.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../../../../src/embedded/ConnectionFault.js"
import * as inMemoryHttpClient from "../../../../../src/embedded/inMemory/InMemoryHttpClient.js"
import { WebSocketUpgrade } from "../../../../../src/embedded/sockets/WebSocketUpgrade.js"
import { SandboxId } from "../../../../../src/schema/daytona/Identifiers.js"
import { DaytonaClient } from "../../../../../src/services/daytona/DaytonaClient.js"
import { make, Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { apiKey } from "../../../../support/daytonaOver.js"
import type { App } from "../../../../support/sockets.js"

/** What one attempt to follow the log receives. */
export interface Connection {
  /** How many bytes; default: all. */
  readonly bytes: number
  readonly frame: number
  /**
   * How it ends: a close code, 1006 for none; 502: refused; 0: stays open and silent; −1: the handshake is swallowed.
   */
  readonly end: number
}

/** What one attempt to read the stored log receives. */
export interface Reading {
  /** How many bytes before the connection breaks; more than the log has: all. */
  readonly bytes: number
  readonly tellsLength: boolean
}

export interface Script {
  readonly log: Uint8Array
  /** In order; afterwards everything, and 1000. */
  readonly connections: ReadonlyArray<Connection>
  /** In order; afterwards all of it. */
  readonly readings: ReadonlyArray<Reading>
  /** After this many polls the command has ended. */
  readonly endsAfter: number
  /** Failures of the polls: 502 for each `true`. */
  readonly failures: ReadonlyArray<boolean>
  readonly exitCode: number
  /** Whether the session is deleted instead. */
  readonly deleted?: boolean
  /** What the script about the shell prints; default: that it does not know. */
  readonly shell?: string
}

const complete: Connection = { bytes: Number.POSITIVE_INFINITY, frame: 1024, end: 1000 }

export const appOf = (script: Script): App => {
  const { log } = script
  let connections = 0
  let readings = 0
  let questions = 0
  let statuses = 0

  const frames = (bytes: Uint8Array, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size)
    )

  const follow = (upgrade: WebSocketUpgrade.Service) =>
    Effect.gen(function* () {
      const { bytes, end, frame } = script.connections[connections++] ?? complete
      if (end === -1) return yield* Effect.never
      if (end === 502) return HttpServerResponse.empty({ status: 502 })
      const socket = yield* upgrade.accept({ protocol: upgrade.protocols[0] })
      for (const each of frames(log.subarray(0, Math.min(bytes, log.length)), frame)) yield* socket.send(each)
      if (end === 0) yield* Effect.asVoid(socket.closed)
      else yield* end === 1006 ? socket.terminate : socket.close(end)
      return HttpServerResponse.empty()
    })

  const stored = Effect.suspend(() => {
    const { bytes, tellsLength } = script.readings[readings++] ?? { bytes: log.length, tellsLength: true }
    const body = Stream.concat(
      Stream.fromIterable(frames(log.subarray(0, bytes), 100)),
      bytes < log.length ? Stream.fail(new ConnectionFault({ kind: "reset" })) : Stream.empty
    )
    return Effect.succeed(
      HttpServerResponse.stream(body, {
        contentType: "text/plain; charset=utf-8",
        ...(tellsLength ? { headers: { "content-length": String(log.length) } } : {})
      })
    )
  })

  const status = Effect.sync(() => {
    if (script.failures[questions++] === true) return HttpServerResponse.empty({ status: 502 })
    const ended = ++statuses > script.endsAfter
    if (ended && script.deleted === true) {
      return HttpServerResponse.unsafeJson(
        { statusCode: 404, message: "not found: session not found" },
        { status: 404 }
      )
    }
    return HttpServerResponse.unsafeJson({ id: "c", command: "x", ...(ended ? { exitCode: script.exitCode } : {}) })
  })

  return Effect.gen(function* () {
    const { url } = yield* HttpServerRequest.HttpServerRequest
    const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
    if (Option.isSome(upgrade)) return yield* follow(upgrade.value)
    if (url.includes("/logs")) return yield* stored
    if (url.endsWith("/command/c")) return yield* status
    if (url.endsWith("/process/execute")) {
      return HttpServerResponse.unsafeJson({ exitCode: 0, result: `${script.shell ?? "unknown"}\n` })
    }
    return HttpServerResponse.unsafeJson({ sessionId: "s", commands: [] })
  })
}

/** A toolbox with an app behind it. */
export const toolboxOver = (app: App) =>
  Layer.effect(
    Toolbox,
    Effect.map(DaytonaClient, (client) =>
      make(client, { id: SandboxId.make("box"), labels: {}, toolboxProxyUrl: "http://daytona.test/toolbox" })
    )
  ).pipe(
    Layer.provide(DaytonaClient.layer({ apiKey, apiUrl: "http://daytona.test/api", retry: false })),
    Layer.provide(inMemoryHttpClient.layer(app))
  )
