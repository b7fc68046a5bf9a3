/**
 * The connection to one sandbox over a scripted transport: for what the services in a sandbox send, and make of
 * answers.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SandboxId } from "../../src/schema/daytona/Identifiers.js"
import { DaytonaClient } from "../../src/services/daytona/DaytonaClient.js"
import { make, Toolbox } from "../../src/services/daytona/toolbox/Toolbox.js"
import { apiKey } from "./daytonaOver.js"
import { type Answer, json, scripted } from "./scriptedServer.js"

const toolboxUrl = "http://daytona.test/toolbox"

/** A toolbox that gives the answers in order, and the list of what it was asked. */
export const scriptedToolbox = (...answers: ReadonlyArray<Answer>) => {
  const { asked, layer } = scripted(...answers)
  const client = DaytonaClient.layer({ apiKey, apiUrl: "http://daytona.test/api" })
  const toolbox = Layer.effect(
    Toolbox,
    Effect.map(DaytonaClient, (made) =>
      make(made, { id: SandboxId.make("box"), labels: {}, toolboxProxyUrl: toolboxUrl })
    )
  )
  return {
    asked,
    /** What came over the wire, as `METHOD /path?query`. */
    lines: () => asked.map(({ method, url }) => `${method} ${url.replace(`${toolboxUrl}/box`, "")}`),
    /** The JSON bodies that came over the wire. */
    bodies: (): ReadonlyArray<unknown> => asked.map(({ body }) => (body === "" ? undefined : JSON.parse(body))),
    layer: toolbox.pipe(Layer.provide(client), Layer.provide(layer))
  }
}

/** A refusal of the older daemon. */
export const oldRefusal = (status: number, code: string, message: string): Answer =>
  json({ statusCode: status, message, code, timestamp: "2026-06-01T00:00:00Z", path: "/", method: "POST" }, status)

/** A refusal of the newer daemon. */
export const newRefusal = (status: number, code: string, message = "go-git said no"): Answer =>
  json(
    {
      statusCode: status,
      message,
      code,
      source: "DAYTONA_DAEMON",
      timestamp: "2026-08-01T00:00:00Z",
      path: "/",
      method: "POST"
    },
    status
  )

/** What the older daemon says of a path that it does not have. */
export const noSuchRoute: Answer = {
  status: 404,
  body: "404 page not found",
  headers: { "content-type": "text/plain" }
}

/** A success without a body. */
export const done: Answer = { status: 200 }
