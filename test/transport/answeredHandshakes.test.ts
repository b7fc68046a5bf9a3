/** Handshakes of web sockets that something in between answers as if they were any other request. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CodeInterpreter } from "../../src/daytona.js"
import { json } from "../support/scriptedServer.js"
import { scriptedToolbox } from "../support/scriptedToolbox.js"
import { scriptedWebSockets } from "../support/scriptedWebSockets.js"

describe("a handshake that was answered with 200", () => {
  it.effect.each([
    ["a page", "<title>Blocked</title>", "an HTML page"],
    ["anything else", "OK", "an ordinary response"]
  ] as const)("is InvalidResponse with that status, for %s", ([, body, named]) => {
    const toolbox = scriptedToolbox(json({}))
    const sockets = scriptedWebSockets({ status: 200, body })
    return Effect.gen(function* () {
      const python = yield* CodeInterpreter
      const failure = yield* Effect.flip(python.run("print(1)"))
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "unknown" })
      expect(failure.message).toContain(named)
    }).pipe(Effect.provide(CodeInterpreter.layer.pipe(Layer.provide(toolbox.layer), Layer.provideMerge(sockets.layer))))
  })
})
