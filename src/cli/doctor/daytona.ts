/** The checks of a Daytona. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { DaytonaClient, Regions, Sandboxes, Snapshots, Volumes, withRequestOptions } from "../../daytona.js"
import { layer, server, transport } from "../frame/daytonaConnection.js"
import { findServer } from "../frame/embeddedServers.js"
import type { DaytonaValues } from "../frame/options.js"
import { count } from "../frame/words.js"
import { available, type Check, checked, foundAt, inThisProcess } from "./Check.js"
import { clockCheck, skew } from "./clock.js"

const system = "daytona"

/** Whether there are credentials, without which there is nothing to check. */
const isConfigured = (values: DaytonaValues) =>
  values.embedded
    ? Effect.map(findServer(system), (kept) => (kept === undefined ? undefined : "serve"))
    : Effect.map(server(values), ({ variables }) =>
        ["DAYTONA_API_KEY", "DAYTONA_JWT_TOKEN"].some((name) => variables.get(name) !== undefined)
          ? variables.from
          : undefined
      )

/** Everything about the service; nothing if there are no credentials. With `alone`, it is one in this process. */
export const checks = (values: DaytonaValues, { alone }: { readonly alone: boolean }) =>
  Effect.gen(function* () {
    const from = alone ? undefined : yield* isConfigured(values)
    if (from === undefined && !alone) return []
    return yield* Effect.gen(function* () {
      const { apiUrl, target } = yield* DaytonaClient
      const named: Check = from === undefined ? inThisProcess(system) : foundAt(system, apiUrl, from)
      const sandboxes = yield* Sandboxes
      const credentials = yield* checked(
        system,
        "credentials",
        Stream.runHead(sandboxes.list({ pageSize: 1 })),
        (first) => ({ status: "ok", detail: `accepted; ${Option.isNone(first) ? "no sandboxes" : "has sandboxes"}` })
      )
      const clock = from === undefined ? [] : [clockCheck(system, yield* Effect.provide(skew(apiUrl), transport))]
      if (credentials.status === "failed") return [named, credentials, ...clock]
      const regions = yield* Effect.flatMap(Regions, ({ listShared }) =>
        available(system, "regions", listShared, (found) =>
          [`${found.map(({ name }) => name).join(", ")}`, ...(target === undefined ? [] : [`using ${target}`])].join(
            "; "
          )
        )
      )
      const snapshots = yield* Effect.flatMap(Snapshots, (service) =>
        available(system, "snapshots", Stream.runCount(service.list()), (found) => count(found, "snapshot"))
      )
      const volumes = yield* Effect.flatMap(Volumes, (service) =>
        available(system, "volumes", service.list(), (found) => count(found.length, "volume"))
      )
      return [named, credentials, ...clock, regions, snapshots, volumes]
    }).pipe(withRequestOptions({ timeout: "10 seconds", retry: false }), Effect.provide(layer(values)))
  })
