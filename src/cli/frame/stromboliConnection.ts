/** The layer of a command that talks to a Stromboli server. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { NodeTransport } from "../../node/index.js"
import { Stromboli } from "../../stromboli.js"
import { target } from "./connection.js"
import { findServer } from "./embeddedServers.js"
import { type Failure, UsageError } from "./failures.js"
import { note, type Output } from "./Output.js"
import type { StromboliValues } from "./options.js"

const names = { url: ["STROMBOLI_URL"], secrets: ["STROMBOLI_TOKEN"], others: [] }

/** Which server a command talks to. */
export const server = (values: StromboliValues) =>
  target(values, names, { flag: "--token-file", path: values.tokenFile })

/** The transport of all commands. Proxies are those of the environment. */
export const transport = NodeTransport.layerWith({ proxy: "environment" })

const over = (url: string, token: Redacted.Redacted | undefined) =>
  Stromboli.layer({ baseUrl: url, userAgent: "effect-sandboxes-cli", token }).pipe(Layer.provide(transport))

const inThisProcess = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { Claude, EmbeddedStromboli } = yield* Effect.promise(() => import("../../embedded/stromboli/index.js"))
    const announced = Layer.effectDiscard(
      Effect.flatMap(Claude, ({ description }) =>
        note(`Using a Stromboli server in this process; prompts are answered by ${description}.`)
      )
    )
    return Stromboli.layer({ baseUrl: "http://stromboli.embedded" }).pipe(
      Layer.provide(EmbeddedStromboli.layerHttpClient()),
      Layer.provide(Layer.provideMerge(announced, Claude.layerDefault))
    )
  })
)

/** All services of the server that the options name. */
export const layer = (
  values: StromboliValues
): Layer.Layer<Stromboli.Stromboli, Failure, FileSystem.FileSystem | Output> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      if (values.embedded) {
        const kept = yield* findServer("stromboli")
        return kept === undefined ? inThisProcess : over(kept.url, kept.secret)
      }
      const { secret, url, variables } = yield* server(values)
      if (url === undefined) {
        return yield* new UsageError({
          message:
            "No Stromboli server is configured. Set STROMBOLI_URL, give --url, or try it without a server: --embedded"
        })
      }
      const token = variables.get("STROMBOLI_TOKEN")
      return over(
        url,
        Option.getOrElse(secret, () => (token === undefined ? undefined : Redacted.make(token)))
      )
    })
  )
