/** The endpoint that changes the environment. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"

const invalid = new Refusal({
  status: 400,
  message: "invalid body request: expected set, unset or unsetValuePrefix",
  old: "empty"
})

// No process could be started with it.
const containsNul = new Refusal({
  status: 400,
  message: "invalid body request: set must not contain NUL characters",
  old: "empty"
})

type Variables = Readonly<Record<string, string>>

/** `POST /env`: changes the environment of later processes until the sandbox stops, and responds with all of it. */
export const change =
  (machine: Machine): Handler =>
  ({ json }) =>
    Effect.gen(function* () {
      const body = yield* json
      if (!Predicate.isRecord(body)) return yield* invalid
      const set = body["set"] ?? {}
      const unset = body["unset"] ?? []
      const prefix = body["unsetValuePrefix"] ?? ""
      if (!isVariables(set) || !isNames(unset) || !Predicate.isString(prefix)) return yield* invalid
      const hasNul = Object.entries(set).some(([name, value]) => `${name}${value}`.includes("\0"))
      if (hasNul) return yield* containsNul
      const removed = new Set(unset)
      const after = machine.changeEnvironment((before) => ({
        ...Object.fromEntries(
          Object.entries(before).filter(
            ([name, value]) => !removed.has(name) && (prefix === "" || !value.startsWith(prefix))
          )
        ),
        ...set
      }))
      return responses.json(200, after)
    })

const isVariables = (value: unknown): value is Variables =>
  Predicate.isRecord(value) && Object.values(value).every(Predicate.isString)

const isNames = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every(Predicate.isString)
