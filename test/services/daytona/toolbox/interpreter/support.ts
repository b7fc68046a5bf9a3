/** The code interpreter over scripted web sockets. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { CodeInterpreter } from "../../../../../src/services/daytona/toolbox/interpreter/CodeInterpreter.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { frames, type SocketScript, type Step, scriptedWebSockets } from "../../../../support/scriptedWebSockets.js"

/** A message of the daemon: always with all five keys. */
export const frame = (type: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ type, text: "", name: "", value: "", traceback: "", ...fields })

export const stdout = (text: string): Step => frames(frame("stdout", { text }))
export const completed: Step = frames(frame("control", { text: "completed" }))
export const interrupted: Step = frames(frame("control", { text: "interrupted" }))
export const regularEnd: ReadonlyArray<Step> = [completed, { close: 1000 }]

/** Waits for the code before it continues. */
export const afterCode = (...steps: ReadonlyArray<Step>): SocketScript => [{ sent: 1 }, ...steps]

export const context = (id: string): ReturnType<typeof json> =>
  json({ id, cwd: "/home/daytona", createdAt: "2026-06-01T00:00:00Z", active: true, language: "python" })

/** The service, with a script for each web socket and one for all requests. */
export const interpreterOver = (sockets: ReadonlyArray<SocketScript>, ...answers: ReadonlyArray<Answer>) => {
  const webSockets = scriptedWebSockets(...sockets)
  const toolbox = scriptedToolbox(...answers)
  return {
    ...webSockets,
    lines: toolbox.lines,
    bodies: toolbox.bodies,
    asked: toolbox.asked,
    /** The requests for executions, one for each web socket. */
    requests: (): ReadonlyArray<unknown> =>
      webSockets.sent.flat().map((message): unknown => JSON.parse(typeof message === "string" ? message : "null")),
    layer: CodeInterpreter.layer.pipe(Layer.provide(toolbox.layer), Layer.provide(webSockets.layer))
  }
}

export const use = <A, E, R>(run: (interpreter: CodeInterpreter.Service) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(CodeInterpreter, run)

/** The elements of a stream, and how it ended. */
export const readAll = <R>(events: Stream.Stream<CodeInterpreter.ExecuteEvent, CodeInterpreter.ExecuteError, R>) =>
  Effect.suspend(() => {
    const seen: Array<CodeInterpreter.ExecuteEvent> = []
    return Stream.runForEach(events, (event) => Effect.sync(() => seen.push(event))).pipe(
      Effect.either,
      Effect.map((end) => ({ events: seen, end }))
    )
  })
