/** The checks of a Stromboli server. */
import * as Effect from "effect/Effect"
import { Agents, Compatibility, Images, Jobs, Secrets, Sessions, System, withRequestOptions } from "../../stromboli.js"
import { findServer } from "../frame/embeddedServers.js"
import type { StromboliValues } from "../frame/options.js"
import { layer, server, transport } from "../frame/stromboliConnection.js"
import { count } from "../frame/words.js"
import { available, type Check, checked, foundAt, inThisProcess } from "./Check.js"
import { clockCheck, skew } from "./clock.js"

const system = "stromboli"

const version = (reported: string): Check => {
  const { message, status } = Compatibility.check(reported)
  const name = "version"
  if (status === "compatible") return { system, name, status: "ok", detail: reported }
  return { system, name, status: status === "unknown" ? "limited" : "failed", detail: message }
}

/** What is looked at once the server responds. */
const insideChecks = Effect.gen(function* () {
  const claude = yield* Effect.flatMap(System, ({ claudeStatus }) =>
    checked(system, "claude", claudeStatus, ({ configured, message }) => ({
      status: configured ? "ok" : "failed",
      detail: message
    }))
  )
  const jobs = yield* Jobs
  const credentials = yield* checked(system, "credentials", jobs.list, (found) => ({
    status: "ok",
    detail: `accepted; ${count(found.length, "job")}`
  }))
  if (credentials.status === "failed") return [claude, credentials]
  const { sessions, agents, secrets, images } = yield* Effect.all({
    sessions: Effect.flatMap(Sessions, ({ list }) =>
      available(system, "sessions", list, (found) => count(found.length, "session"))
    ),
    agents: Effect.flatMap(Agents, ({ list }) =>
      available(system, "agents", list, (found) => count(found.length, "agent"))
    ),
    secrets: Effect.flatMap(Secrets, ({ list }) =>
      available(system, "secrets", list, (found) => count(found.length, "secret"))
    ),
    images: Effect.flatMap(Images, ({ list }) =>
      available(system, "images", list, (found) => {
        // 4: cannot run Claude; 0: unknown.
        const suitable = found.filter(({ compatibilityRank: rank }) => rank >= 1 && rank <= 3)
        return `${count(found.length, "image")}, ${suitable.length} of them for Claude`
      })
    )
  })
  return [claude, credentials, sessions, agents, secrets, images]
})

/** The address that the checks use, if there is one. */
const addressOf = (values: StromboliValues) =>
  values.embedded
    ? Effect.map(findServer(system), (kept) => (kept === undefined ? undefined : { url: kept.url, from: "serve" }))
    : Effect.map(server(values), ({ url, variables }) =>
        url === undefined ? undefined : { url, from: variables.from }
      )

const clock = (url: string) =>
  Effect.map(Effect.provide(skew(`${url.replace(/\/+$/, "")}/health`), transport), (found) => clockCheck(system, found))

/** Everything about the server; nothing if none is configured. With `alone`, it is one in this process. */
export const checks = (values: StromboliValues, { alone }: { readonly alone: boolean }) =>
  Effect.gen(function* () {
    const address = alone ? undefined : yield* addressOf(values)
    if (address === undefined && !alone) return []
    const named: Check = address === undefined ? inThisProcess(system) : foundAt(system, address.url, address.from)
    return yield* Effect.gen(function* () {
      const health = yield* Effect.either(Effect.flatMap(System, (service) => service.health))
      if (health._tag === "Left") {
        return [named, yield* checked(system, "health", health, () => ({ status: "ok", detail: "" }))]
      }
      const { components = [], status, version: reported } = health.right
      const broken = components.filter((component) => component.status !== "ok")
      const healthy: Check = {
        system,
        name: "health",
        status: status === "ok" ? "ok" : "limited",
        detail:
          broken.length === 0
            ? status
            : broken.map(({ error, name }) => `${name}: ${error ?? "does not work"}`).join("; ")
      }
      const clocks = address === undefined ? [] : [yield* clock(address.url)]
      return [named, healthy, version(reported), ...clocks, ...(yield* insideChecks)]
    }).pipe(withRequestOptions({ timeout: "10 seconds", retry: false }), Effect.provide(layer(values)))
  })
