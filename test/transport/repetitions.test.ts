/** What a transport sends again without being told. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Raw from "../support/rawServer.js"
import { at, run, transports } from "../support/transports.js"

describe.each(transports)("over $name", (transport) => {
  it.scoped("a run that was answered with 421 was not processed, and is sent once, except by fetch itself", () =>
    Effect.gen(function* () {
      const { outcome, sent } = yield* at(transport, run, Raw.json({ error: "misdirected" }, 421))
      expect(outcome).toMatchObject({ left: { _tag: "UnexpectedStatus", status: 421, attempts: 1, admitted: "no" } })
      expect(sent).toBe(transport.name === "FetchHttpClient" ? 2 : 1)
    })
  )

  it.scoped("a run whose connection was kept, and is reset, is sent once", () =>
    Effect.gen(function* () {
      const body = { id: "run-1", status: "completed", output: "done" }
      const { outcome, sent } = yield* at(transport, Effect.zipRight(run, run), Raw.json(body), Raw.reset)
      expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown" } })
      expect(sent).toBe(2)
    })
  )
})
