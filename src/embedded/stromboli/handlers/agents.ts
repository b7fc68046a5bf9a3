/** Handlers of `/agents`. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AgentEvent } from "../agents/Agent.js"
import type { AgentError, Agents } from "../agents/Agents.js"
import type { Subscription } from "../agents/Subscription.js"
import * as GoJson from "../go/json.js"
import * as responses from "../responses.js"
import * as wire from "../wire.js"
import { bind, type Handler } from "./Handler.js"

const refusal = ({ message, status }: AgentError) => responses.error(status, message)
const invalid = (message: string) => responses.error(400, message)

/** `/agents`. */
export const make = (agents: Agents) =>
  ({
    "POST /agents": (call) =>
      Effect.mapError(bind(wire.createAgentRequest, call), invalid).pipe(
        Effect.flatMap((request) => Effect.mapError(agents.create(request), refusal)),
        Effect.map((snapshot) => responses.json(201, snapshot)),
        Effect.merge
      ),
    "GET /agents": () => Effect.map(agents.list, (all) => responses.json(200, all)),
    "GET /agents/{id}": (call) =>
      agents
        .get(call.parameter("id"))
        .pipe(
          Effect.mapBoth({ onFailure: refusal, onSuccess: (snapshot) => responses.json(200, snapshot) }),
          Effect.merge
        ),
    "POST /agents/{id}/send": (call) =>
      Effect.mapError(
        bind(wire.sendAgentRequest, call, ({ prompt }) => ({ Prompt: prompt })),
        invalid
      ).pipe(
        Effect.flatMap(({ prompt }) => Effect.mapError(agents.send(call.parameter("id"), prompt), refusal)),
        Effect.map((turn) => responses.json(202, { turn_id: turn })),
        Effect.merge
      ),
    "GET /agents/{id}/stream": (call) =>
      agents
        .subscribe(call.parameter("id"))
        .pipe(
          Effect.mapBoth({ onFailure: refusal, onSuccess: (subscription) => responses.events(eventsOf(subscription)) }),
          Effect.merge
        ),
    "DELETE /agents/{id}": (call) =>
      agents
        .stop(call.parameter("id"))
        .pipe(
          Effect.mapBoth({ onFailure: refusal, onSuccess: () => HttpServerResponse.empty({ status: 204 }) }),
          Effect.merge
        )
  }) satisfies Record<string, Handler>

const encoder = new TextEncoder()
// Empty, but it flushes the headers: the client knows that it is subscribed.
const flush = new Uint8Array(0)
const closed = encoder.encode("event: closed\ndata: {}\n\n")

const eventsOf = (subscription: Subscription<AgentEvent>): Stream.Stream<Uint8Array> => {
  const next = Effect.mapError(Effect.flatten(subscription.take), () => Option.none<never>())
  const events = Stream.map(Stream.repeatEffectOption(next), (event) =>
    encoder.encode(`event: ${event.type}\ndata: ${GoJson.stringify(event)}\n\n`)
  )
  return Stream.make(flush).pipe(Stream.concat(events), Stream.concat(Stream.make(closed)))
}
