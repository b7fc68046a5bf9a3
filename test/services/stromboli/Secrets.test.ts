/** Podman secrets: stored, and never shown again. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Fault } from "../../../src/embedded/stromboli/index.js"
import { SecretName } from "../../../src/schema/stromboli/Identifiers.js"
import { Secrets } from "../../../src/services/stromboli/Secrets.js"
import {
  inject,
  lastBody,
  lines,
  printedSpans,
  requests,
  type Setup,
  services,
  withSpans
} from "../../support/embedded.js"

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const name = SecretName.make("database")
const canary = "canary-v4lue"
const value = Redacted.make(canary)

const create = (given: Redacted.Redacted = value, as = name) =>
  Effect.flatMap(Secrets, (secrets) => secrets.create({ name: as, value: given }))

describe("a secret", () => {
  it.effect("is created, listed, looked up and deleted", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      expect(yield* secrets.list).toEqual([])
      yield* create()
      expect(yield* lastBody).toEqual({ name: "database", value: canary })
      yield* TestClock.adjust("10 days")
      const [listed, ...others] = yield* secrets.list
      expect(listed).toEqual({ id: expect.any(String), name: "database", createdAt: "1 week ago" })
      expect(others).toEqual([])
      expect(yield* secrets.get(name)).toEqual({ ...listed, createdAt: "1970-01-01T00:00:00Z" })
      yield* secrets.delete(name)
      expect(yield* secrets.list).toEqual([])
      expect(yield* lines).toEqual([
        "GET /secrets",
        "POST /secrets",
        "GET /secrets",
        "GET /secrets/database",
        "DELETE /secrets/database",
        "GET /secrets"
      ])
    }).pipe(over())
  )

  it.effect("list is empty when the server returns null", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.replaceBody('{"secrets":null}', "application/json") })
      expect(yield* (yield* Secrets).list).toEqual([])
    }).pipe(over())
  )

  it.effect("list is ServerError with the server's message when Podman fails", () =>
    Effect.gen(function* () {
      const body = '{"secrets":null,"error":"failed to list secrets"}'
      yield* inject({ fault: Fault.status(500, { body, contentType: "application/json" }) })
      expect(yield* Effect.flip((yield* Secrets).list)).toMatchObject({
        _tag: "ServerError",
        detail: "failed to list secrets"
      })
    }).pipe(over())
  )

  it.effect("whose name is taken is Conflict: it cannot be overwritten", () =>
    Effect.gen(function* () {
      yield* create()
      expect(yield* Effect.flip(create(Redacted.make("another")))).toMatchObject({
        _tag: "Conflict",
        code: "CONFLICT",
        status: 409,
        operation: "Secrets.create",
        detail: "secret already exists",
        admitted: "no"
      })
    }).pipe(over())
  )

  it.effect("that does not exist is NotFound, for get and delete", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      for (const [operation, failing] of [
        ["Secrets.get", secrets.get(name)],
        ["Secrets.delete", secrets.delete(name)]
      ] as const) {
        expect(yield* Effect.flip(failing)).toMatchObject({
          _tag: "NotFound",
          status: 404,
          operation,
          path: "/secrets/database",
          detail: "secret not found"
        })
      }
    }).pipe(over())
  )

  it.effect("may have the longest name and the largest value that the server accepts", () =>
    Effect.gen(function* () {
      const longest = SecretName.make("n".repeat(253))
      yield* create(Redacted.make("é".repeat(500_000)), longest)
      expect((yield* (yield* Secrets).get(longest)).name).toBe(longest)
    }).pipe(over())
  )

  for (const [what, field, given, as] of [
    ["an empty value", "value", "", "database"],
    ["a value over 1 MB", "value", `${canary}${"é".repeat(500_000)}`, "database"],
    ["no name", "name", canary, ""],
    ["a name with a dot", "name", canary, "data.base"],
    ["a name with a slash", "name", canary, "data/base"],
    ["a name with a line break", "name", canary, "database\n"],
    ["a name of 254 characters", "name", canary, "n".repeat(254)]
  ] as const) {
    it.effect(`with ${what} is not sent: \`${field}\` is named, and the value is not shown`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(create(Redacted.make(given), SecretName.make(as)))
        expect(failure).toMatchObject({ _tag: "InvalidRequest", operation: "Secrets.create", field, admitted: "no" })
        expect(`${inspect(failure, { depth: 10 })}${JSON.stringify(failure)}`).not.toContain(canary)
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("whose name would be another path is neither looked up nor deleted", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      for (const wrong of ["", "..", "a/b"].map((text) => SecretName.make(text))) {
        expect(yield* Effect.flip(secrets.get(wrong))).toMatchObject({ _tag: "InvalidRequest", field: "name" })
        expect(yield* Effect.flip(secrets.delete(wrong))).toMatchObject({ _tag: "InvalidRequest", field: "name" })
      }
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("is BadRequest with the server's message when the name is invalid", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip((yield* Secrets).get(SecretName.make("data.base")))
      expect(failure).toMatchObject({ _tag: "BadRequest", status: 400, operation: "Secrets.get" })
      expect(failure.message).toContain("invalid secret name")
    }).pipe(over())
  )
})

describe("the value of a secret", () => {
  for (const [what, fault] of [
    ["that succeeded", undefined],
    ["that failed", Fault.status(400, { body: `{"error":"no: ${canary.length}"}` })],
    ["that broke off", Fault.resetAfterRequest]
  ] as const) {
    it.effect(`is in no span of a request ${what}`, () =>
      Effect.gen(function* () {
        if (fault !== undefined) yield* inject({ path: "/secrets", fault })
        const { result, spans } = yield* withSpans(Effect.exit(create()))
        expect(Exit.isSuccess(result)).toBe(fault === undefined)
        expect(yield* lastBody).toMatchObject({ value: canary })
        expect(spans.map((span) => span.name)).toEqual(["Stromboli.Secrets.create"])
        expect(printedSpans(spans)).toContain("http://stromboli.test/secrets")
        expect(printedSpans(spans)).not.toContain(canary)
      }).pipe(over())
    )
  }

  for (const [what, fault] of [
    ["a response that echoes it", Fault.replaceBody(`{"name":"${canary}"}`, "application/json")],
    ["a response that is not JSON", Fault.replaceBody(`oops ${canary}`, "application/json")],
    [
      "a proxy's page that echoes it",
      Fault.status(502, { body: `<title>${canary}</title>`, contentType: "text/html" })
    ],
    ["a plain text that echoes it", Fault.status(400, { body: canary, contentType: "text/plain" })],
    ["a broken connection", Fault.resetAfterRequest]
  ] as const) {
    it.effect(`is in no error: ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ path: "/secrets", fault })
        const exit = yield* Effect.exit(create())
        const cause = yield* Exit.match(exit, { onFailure: Effect.succeed, onSuccess: () => Effect.fail("no failure") })
        const shown = [inspect(cause, { depth: 20 }), JSON.stringify(cause), Cause.pretty(cause), String(cause)].join()
        expect(shown).toContain("Secrets.create")
        expect(shown).not.toContain(canary)
      }).pipe(over())
    )
  }
})
