/** Terminals over scripted web sockets. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PtyId } from "../../../../../src/schema/daytona/toolbox/Pty.js"
import { Pty } from "../../../../../src/services/daytona/toolbox/pty/Pty.js"
import type { Answer } from "../../../../support/scriptedServer.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { control, type SocketScript, scriptedWebSockets } from "../../../../support/scriptedWebSockets.js"

export const id = PtyId.make("term 1")

export const connected = control({ status: "connected" })

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const exitReason = (exitCode: number, exitReason?: string): string => JSON.stringify({ exitCode, exitReason })

/** The service, with a script for each web socket and one for all requests. */
export const ptyOver = (sockets: ReadonlyArray<SocketScript>, ...answers: ReadonlyArray<Answer>) => {
  const webSockets = scriptedWebSockets(...sockets)
  const toolbox = scriptedToolbox(...answers)
  return {
    ...webSockets,
    lines: toolbox.lines,
    bodies: toolbox.bodies,
    asked: toolbox.asked,
    layer: Pty.layer.pipe(Layer.provide(toolbox.layer), Layer.provide(webSockets.layer))
  }
}

/** Runs a program with the terminals of a script. */
export const overSockets =
  (...sockets: ReadonlyArray<SocketScript>) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.provide(program, ptyOver(sockets).layer)
