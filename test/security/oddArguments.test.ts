/**
 * Values that no type would let through, at every argument and every option of every method: a program without types
 * passes them, and learns which field is wrong.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import {
  Daytona,
  DaytonaClient,
  LanguageServer,
  Process,
  Pty,
  PtyId,
  Reaper,
  Sandbox,
  SandboxId,
  Toolbox
} from "../../src/daytona.js"
import { EmbeddedStromboli } from "../../src/embedded/stromboli/index.js"
import { make } from "../../src/services/daytona/toolbox/Toolbox.js"
import { Agents, type Execution, Session, type Sessions, Stromboli } from "../../src/stromboli.js"
import * as Embedded from "../support/embedded.js"
import * as Script from "../support/scriptedServer.js"
import { control, frames, type SocketScript, scriptedWebSockets } from "../support/scriptedWebSockets.js"
import { type Replaced, replacing, type Signature, signaturesOf, valueOf } from "../support/signatures.js"

const odd: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["null", null],
  ["text", "soon"],
  ["NaN", Number.NaN],
  ["an object", {}],
  ["an array", []],
  ["a function", () => undefined],
  ["a symbol", Symbol("odd")]
]

/** Every service over a server that knows nothing, or always says the same, and how often it was asked. */
const services = (answer = Script.error(404, "unknown"), socket: SocketScript = { status: 404 }) => {
  const server = Script.scripted(answer)
  const sockets = scriptedWebSockets(socket)
  const toolbox = Layer.effect(
    Toolbox,
    Effect.map(DaytonaClient, (client) =>
      make(client, { id: SandboxId.make("box"), labels: {}, toolboxProxyUrl: "http://daytona.test/toolbox" })
    )
  )
  const daytona = Layer.provideMerge(
    Layer.mergeAll(Layer.provideMerge(Sandbox.servicesLayer, toolbox), Reaper.layer),
    Daytona.layer({
      apiKey: Redacted.make("key"),
      apiUrl: "http://daytona.test/api",
      application: "test",
      retry: false
    })
  )
  const stromboli = Stromboli.layer({ baseUrl: "http://stromboli.test", retry: false })
  const platform = Layer.mergeAll(server.layer, sockets.layer, FileSystem.layerNoop({}), Path.layer)
  return {
    layer: Layer.provideMerge(Layer.mergeAll(stromboli, daytona), platform),
    sent: () => server.asked.length + sockets.handshakes.length + sockets.sent.flat().length
  }
}

/** What only the core calls. */
const isInternal = ({ method: [name = ""], service }: Signature): boolean =>
  (/Client$|^Toolbox$/.test(service) &&
    ["call", "stream", "readNext", "connect", "at", "credentials", "pendingReleases"].includes(name)) ||
  service === "SandboxChanges"

/** With valid arguments it never ends. */
const isEndless = ({ method: [name], service }: Signature): boolean => service === "Reaper" && name === "repeat"

/** A method that no type describes. */
const at = (owner: unknown, names: ReadonlyArray<string>) => {
  let found = owner
  for (const name of names) found = Predicate.hasProperty(found, name) ? found[name] : undefined
  return Predicate.isFunction(found) ? found : undefined
}

const methodOf = (context: Context.Context<never>, system: string, { method, service }: Signature) =>
  at(context.unsafeMap.get(`effect-sandboxes/${system}/${service}`), method)

const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, never> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)

const isEffect = (value: unknown): value is Effect.Effect<unknown, unknown, Scope.Scope> => Effect.isEffect(value)

/** Runs what a method returned, at most for some minutes of its clock; `undefined`: it has not ended by then. */
const exitOf = (call: () => unknown) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(
      Effect.suspend((): Effect.Effect<unknown, unknown> => {
        const returned = call()
        if (isEffect(returned)) return Effect.scoped(returned)
        return isStream(returned) ? Stream.runDrain(returned) : Effect.succeed(returned)
      })
    )
    for (let turn = 0; turn < 200; turn++) {
      const exit = fiber.unsafePoll()
      if (exit !== null) return exit
      yield* turn % 20 === 19 ? TestClock.adjust("1 minute") : Effect.yieldNow()
    }
    // What is computed in other threads, as a hash, takes time of the machine.
    const late = yield* TestServices.provideLive(Effect.timeoutOption(Fiber.await(fiber), "5 seconds"))
    yield* Fiber.interruptFork(fiber)
    return Option.getOrUndefined(late)
  })

/** What is refused wherever it stands, before anything is sent: the server cannot know that it is wrong. */
const isRefused = (name: string, { kind }: Replaced): boolean =>
  kind === "Duration" ||
  kind === "Schedule" ||
  (kind === "Options" && ["null", "text"].includes(name)) ||
  (kind === "OptionsOrText" && name === "null")

/** Replaces each value that these methods take by odd ones, and returns what is wrong with the outcome. */
const oddCalls = <R>(
  signatures: ReadonlyArray<Signature>,
  methodOf: (signature: Signature) => ReturnType<typeof at>,
  sent: Effect.Effect<number, never, R>
) =>
  Effect.gen(function* () {
    const wrong: Array<string> = []
    for (const signature of signatures) {
      const method = methodOf(signature)
      if (method === undefined) {
        wrong.push(`${signature.method.join(".")} is not there`)
        continue
      }
      const samples = signature.parameters.map(([, sample]) => valueOf(sample))
      for (const [index, [parameter, sample]] of signature.parameters.entries()) {
        for (const [name, value] of odd) {
          for (const replaced of replacing(sample, value)) {
            const given = samples.map((each, at) => (at === index ? replaced.value : each))
            const where = `${signature.method.join(".")}: ${[parameter, ...replaced.path].join(".")} is ${name}`
            const before = yield* sent
            const exit = yield* exitOf(() => method(...given))
            if (exit === undefined) {
              if (!isEndless(signature)) wrong.push(`${where}: never ends`)
            } else if (Exit.isFailure(exit) && Cause.isDie(exit.cause)) {
              wrong.push(`${where}: ${Cause.squash(exit.cause)}`)
            } else if (isRefused(name, replaced)) {
              const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : exit.value
              const field = Predicate.hasProperty(error, "field") ? String(error.field) : ""
              const name = replaced.path.at(-1)
              // A parameter that is sent as a whole is named after what it becomes.
              const isNamed = name === undefined ? [parameter, "body", "query"].includes(field) : field.includes(name)
              const after = (yield* sent) - before
              if (!Predicate.isTagged(error, "InvalidRequest") || !isNamed || after > 0) {
                wrong.push(`${where}: ${error} (field "${field}", ${after} sent)`)
              }
            }
          }
        }
      }
    }
    return wrong
  })

const systems = [
  ["stromboli", "stromboli.ts"],
  ["daytona", "daytona.ts"]
] as const

describe.each(systems)("%s", (system, file) => {
  const signatures = signaturesOf(file).services.filter((signature) => !isInternal(signature))
  const names = [...new Set(signatures.map(({ service }) => service))].filter((name) => name !== "Webhooks")

  it("has services whose methods are known by their types", () => expect(names.length).toBeGreaterThan(6))

  it.scoped.each(names)("no argument of %s is a defect, and none keeps a method from ending", (service) => {
    const { layer, sent } = services()
    return Effect.gen(function* () {
      const context = yield* Layer.build(layer)
      const wrong = yield* oddCalls(
        signatures.filter((each) => each.service === service),
        (signature) => methodOf(context, system, signature),
        Effect.sync(sent)
      ).pipe(Effect.provide(context))
      expect(wrong).toEqual([])
    })
  })
})

/** What each handle is made with, and how many requests and messages have been sent by then. */
const handles = (): Readonly<
  Record<string, Effect.Effect<{ readonly handle: object; readonly sent: Effect.Effect<number> }, unknown, Scope.Scope>>
> => {
  const stromboli = <A extends object>(make: Effect.Effect<A, unknown, Agents | Execution | Sessions | Scope.Scope>) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Layer.provideMerge(Agents.layer, Embedded.services()))
      const embedded = Context.get(context, EmbeddedStromboli)
      return {
        handle: yield* Effect.provide(make, context),
        sent: Effect.map(embedded.requests, (requests) => requests.length)
      }
    })
  const daytona = <A extends object>(make: Effect.Effect<A, unknown, LanguageServer | Process | Pty | Scope.Scope>) =>
    Effect.gen(function* () {
      // The answer to everything that a handle begins with.
      const { layer, sent } = services(Script.json({ cmdId: "command" }), [frames(control({ status: "connected" }))])
      const context = yield* Layer.build(layer)
      return { handle: yield* Effect.provide(make, context), sent: Effect.sync(sent) }
    })
  const project = { language: "typescript", project: "/app" } as const
  const terminal = PtyId.make("terminal")
  return {
    Conversation: stromboli(Effect.flatMap(Agents, ({ converse }) => converse())),
    Session: stromboli(Session.make()),
    Running: daytona(Effect.flatMap(LanguageServer, ({ start }) => start(project))),
    RunningProcess: daytona(Effect.flatMap(Process, ({ start }) => start("sleep 1"))),
    Terminal: daytona(Effect.flatMap(Pty, ({ attach }) => attach(terminal))),
    PersistentTerminal: daytona(Effect.flatMap(Pty, ({ attachPersistently }) => attachPersistently(terminal)))
  }
}

describe("handles", () => {
  const signatures = systems
    .flatMap(([, file]) => signaturesOf(file).handles)
    // A connected sandbox has the services from above.
    .filter(({ service }) => !["ApiClient", "ConnectedSandbox", "OpenedSocket", "SocketClient"].includes(service))
  const names = [...new Set(signatures.map(({ service }) => service))]

  it("are all known", () => expect(names.sort()).toEqual(Object.keys(handles()).sort()))

  it.scoped.each(names)("no argument of a %s is a defect, and none keeps a method from ending", (name) =>
    Effect.gen(function* () {
      const { handle, sent } = yield* handles()[name] ?? Effect.dieMessage(`${name} is not made`)
      const wrong = yield* oddCalls(
        signatures.filter(({ service }) => service === name),
        ({ method }) => at(handle, method),
        sent
      )
      expect(wrong).toEqual([])
    })
  )
})
