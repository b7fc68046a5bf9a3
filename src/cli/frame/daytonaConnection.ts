/** The layer of a command that talks to Daytona. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona } from "../../daytona.js"
import { NodeTransport } from "../../node/index.js"
import { target } from "./connection.js"
import { findServer } from "./embeddedServers.js"
import { type Failure, UsageError } from "./failures.js"
import { note, type Output } from "./Output.js"
import type { DaytonaValues } from "./options.js"

const names = {
  url: ["DAYTONA_API_URL", "DAYTONA_SERVER_URL"],
  secrets: ["DAYTONA_API_KEY", "DAYTONA_JWT_TOKEN"],
  others: ["DAYTONA_ORGANIZATION_ID", "DAYTONA_TARGET"]
}

/** Which Daytona a command talks to. */
export const server = (values: DaytonaValues) => target(values, names, { flag: "--key-file", path: values.keyFile })

/** The transport of all commands. Proxies are those of the environment. */
export const transport = NodeTransport.layerWith({ proxy: "environment" })

const userAgent = "effect-sandboxes-cli"

/** An embedded Daytona takes any key. */
const anyKey = Redacted.make("embedded")

const inThisProcess = (application: string | undefined) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { EmbeddedDaytona } = yield* Effect.promise(() => import("../../embedded/daytona/index.js"))
      yield* note("Using a Daytona in this process; its sandboxes end with this command.")
      return Daytona.layer({ apiKey: anyKey, apiUrl: "http://daytona.embedded/api", application }).pipe(
        Layer.provide(EmbeddedDaytona.layerHttpClient())
      )
    })
  )

/** All services of the Daytona that the options name. */
export const layer = (values: DaytonaValues): Layer.Layer<Daytona.Daytona, Failure, FileSystem.FileSystem | Output> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const application = Option.getOrUndefined(values.application ?? Option.none())
      if (values.embedded) {
        const kept = yield* findServer("daytona")
        return kept === undefined
          ? inThisProcess(application)
          : Layer.provide(
              Daytona.layer({ apiKey: kept.secret ?? anyKey, apiUrl: `${kept.url}/api`, application, userAgent }),
              transport
            )
      }
      const { secret, url, variables } = yield* server(values)
      const redacted = (name: string) => {
        const value = variables.get(name)
        return value === undefined ? undefined : Redacted.make(value)
      }
      const apiKey = Option.getOrElse(secret, () => redacted("DAYTONA_API_KEY"))
      const jwtToken = apiKey === undefined ? redacted("DAYTONA_JWT_TOKEN") : undefined
      if (apiKey === undefined && jwtToken === undefined) {
        return yield* new UsageError({
          message: "No credentials for Daytona. Set DAYTONA_API_KEY, give --key-file, or try it without: --embedded"
        })
      }
      return Daytona.layer({
        apiUrl: url,
        apiKey,
        jwtToken,
        organizationId: variables.get("DAYTONA_ORGANIZATION_ID"),
        target: variables.get("DAYTONA_TARGET"),
        application,
        userAgent
      }).pipe(Layer.provide(transport))
    })
  )
