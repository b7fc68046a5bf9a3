/** Secrets in the body of a request that the server echoes. */

import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Fault } from "../../src/embedded/stromboli/index.js"
import { SecretName } from "../../src/schema/stromboli/Identifiers.js"
import { Auth } from "../../src/services/stromboli/auth/Auth.js"
import { Secrets } from "../../src/services/stromboli/Secrets.js"
import { inject, services } from "../support/embedded.js"

const secret = "echo-canary-7c1f"
const echo = (status: number) => Fault.status(status, { body: JSON.stringify({ error: `no use for ${secret}` }) })

describe("a secret that the server echoes", () => {
  it.effect("is not in the failure when it is the value of a secret", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/secrets", fault: echo(400) })
      const create = (yield* Secrets).create({ name: SecretName.make("x"), value: Redacted.make(secret) })
      const failure = yield* Effect.flip(create)
      expect(failure).toMatchObject({ _tag: "BadRequest", detail: "no use for <redacted>" })
      expect(inspect(failure, { depth: 20 })).not.toContain(secret)
    }).pipe(Effect.provide(services({ client: { retry: false } })))
  )

  it.effect("is not in the failure when it is a refresh token", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/refresh", fault: echo(401) })
      const failure = yield* Effect.flip((yield* Auth).refresh(Redacted.make(secret)))
      expect(failure).toMatchObject({ _tag: "Unauthorized", detail: "no use for <redacted>" })
      expect(inspect(failure, { depth: 20 })).not.toContain(secret)
    }).pipe(Effect.provide(services({ client: { retry: false } })))
  )
})
