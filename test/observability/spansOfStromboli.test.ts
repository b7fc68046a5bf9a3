/** Each call of a public method has one span, as long as the call or the stream. All else is below it. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  Agents,
  Auth,
  Execution,
  ImageName,
  Images,
  JobId,
  Jobs,
  MessageId,
  SecretName,
  Secrets,
  Session,
  SessionId,
  Sessions,
  Stromboli,
  System
} from "../../src/stromboli.js"
import { server } from "../support/embedded.js"
import { methodNames, tracesOf } from "../support/spans.js"

const layer = Stromboli.layer({ baseUrl: "http://stromboli.test", token: Redacted.make("key"), retry: false }).pipe(
  Layer.provideMerge(server({ server: { auth: { tokens: ["key"], jwtSecret: "0123456789abcdef0123456789abcdef" } } }))
)

type Call = Effect.Effect<unknown, unknown, Scope.Scope | Execution | Sessions>

/** The others succeed. */
const fails = [
  "Agents.events",
  "Execution.runStructured",
  "Images.get",
  "Jobs.cancel",
  "Sessions.messages",
  "Sessions.message",
  "Sessions.allMessages",
  "Sessions.conversation",
  "Sessions.destroy",
  "Session.runStructured"
]

const sendsNothing = ["Auth.setToken", "Auth.clearToken"]

const calls = Effect.gen(function* () {
  const services = {
    Agents: yield* Agents,
    Auth: yield* Auth,
    Execution: yield* Execution,
    Images: yield* Images,
    Jobs: yield* Jobs,
    Secrets: yield* Secrets,
    Sessions: yield* Sessions,
    System: yield* System
  }
  const { Agents: agents, Auth: auth, Execution: execution, Images: images, Jobs: jobs } = services
  const { Secrets: secrets, Sessions: sessions, System: system } = services
  const secret = SecretName.make("KEY")
  const { id } = yield* agents.create()
  const other = yield* agents.create()
  const { jobId } = yield* execution.runAsync({ prompt: "hi" })
  const unknown = SessionId.make("unknown")
  const image = ImageName.make("python")
  const session = yield* Session.make()
  const conversation = yield* agents.converse()
  const table: Record<string, Call> = {
    "Agents.create": Effect.flatMap(agents.create(), () => Effect.void),
    "Agents.list": agents.list,
    "Agents.get": agents.get(id),
    "Agents.send": agents.send(id, "hi"),
    "Agents.stop": agents.stop(other.id),
    "Agents.events": Stream.runDrain(agents.events(other.id)),
    "Agents.scoped": Effect.scoped(agents.scoped()),
    "Agents.converse": Effect.scoped(agents.converse({ prompt: "hi" })),
    "Agents.connect": Effect.scoped(agents.connect(id)),
    "Auth.token": auth.token("somebody"),
    "Auth.refresh": auth.refresh(),
    "Auth.validate": auth.validate,
    "Execution.run": execution.run({ prompt: "hi" }),
    "Execution.runStructured": execution.runStructured(Schema.Struct({ a: Schema.Number }), { prompt: "hi" }),
    "Execution.runAsync": execution.runAsync({ prompt: "hi" }),
    "Execution.stream": Stream.runDrain(execution.stream({ prompt: "hi" })),
    "Images.list": images.list,
    "Images.get": images.get(image),
    "Images.search": images.search(image),
    "Images.pull": images.pull({ image }),
    "Jobs.list": jobs.list,
    "Jobs.get": jobs.get(jobId),
    "Jobs.cancel": jobs.cancel(JobId.make("none")),
    "Jobs.await": jobs.await(jobId),
    "Jobs.awaitAll": jobs.awaitAll([jobId, jobId]),
    "Secrets.create": secrets.create({ name: secret, value: Redacted.make("a") }),
    "Secrets.list": secrets.list,
    "Secrets.get": secrets.get(secret),
    "Secrets.delete": secrets.delete(secret),
    "Sessions.list": sessions.list,
    "Sessions.messages": sessions.messages(unknown),
    "Sessions.message": sessions.message(unknown, MessageId.make("1")),
    "Sessions.allMessages": Stream.runDrain(sessions.allMessages(unknown)),
    "Sessions.conversation": Stream.runDrain(sessions.conversation(unknown)),
    "Sessions.destroy": sessions.destroy(unknown),
    "System.health": system.health,
    "System.claudeStatus": system.claudeStatus,
    "Session.run": session.run({ prompt: "hi" }),
    "Session.runStructured": session.runStructured(Schema.Struct({ a: Schema.Number }), { prompt: "hi" }),
    "Session.messages": Stream.runDrain(session.messages),
    "Conversation.ask": Stream.runDrain(conversation.ask("hi")),
    "Conversation.askResult": conversation.askResult("hi"),
    // These change the token of the calls after them.
    "Auth.logout": auth.logout,
    "Auth.clearToken": auth.clearToken,
    "Auth.setToken": auth.setToken(Redacted.make("key"))
  }
  const methods = Object.entries(services).flatMap(([service, each]) =>
    methodNames(each).map((method) => `${service}.${method}`)
  )
  return { methods, table }
})

it.scopedLive("every call of a method has one root span, and every span ends with its call", () =>
  Effect.gen(function* () {
    const { methods, table } = yield* calls
    expect(methods.filter((name) => !(name in table))).toEqual([])
    for (const [name, call] of Object.entries(table)) {
      const { open, result, roots } = yield* tracesOf(call)
      expect({ name, open, roots, result: result._tag }).toEqual({
        name,
        result: fails.includes(name) ? "Failure" : "Success",
        open: [],
        roots: sendsNothing.includes(name) ? [] : [`Stromboli.${name}`]
      })
    }
  }).pipe(Effect.provide(layer))
)
