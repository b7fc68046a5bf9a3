/** The services, errors and requirements of each layer, checked by the compiler. */
import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expectTypeOf, it } from "@effect/vitest"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError, InvalidRequest } from "../../src/errors/ApiError.js"
import type { IncompatibleServer } from "../../src/errors/stromboli/failures.js"
import type { Job } from "../../src/schema/stromboli/Job.js"
import type { Agents } from "../../src/services/stromboli/agents/Agents.js"
import type { Auth } from "../../src/services/stromboli/auth/Auth.js"
import type { Execution } from "../../src/services/stromboli/execution/Execution.js"
import type { Images } from "../../src/services/stromboli/Images.js"
import { Jobs } from "../../src/services/stromboli/Jobs.js"
import type { Secrets } from "../../src/services/stromboli/Secrets.js"
import * as Stromboli from "../../src/services/stromboli/Stromboli.js"
import type { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import type { System } from "../../src/services/stromboli/System.js"
import type { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"
import type { Webhooks } from "../../src/services/stromboli/Webhooks.js"

type Options = StromboliClient.Options
type Http = HttpClient.HttpClient

describe("the layer of one service", () => {
  it("cannot fail, and requires only the client", () => {
    expectTypeOf<typeof Agents.layer>().toEqualTypeOf<Layer.Layer<Agents, never, StromboliClient>>()
    expectTypeOf<typeof Auth.layer>().toEqualTypeOf<Layer.Layer<Auth, never, StromboliClient>>()
    expectTypeOf<typeof Execution.layer>().toEqualTypeOf<Layer.Layer<Execution, never, StromboliClient>>()
    expectTypeOf<typeof Images.layer>().toEqualTypeOf<Layer.Layer<Images, never, StromboliClient>>()
    expectTypeOf<typeof Jobs.layer>().toEqualTypeOf<Layer.Layer<Jobs, never, StromboliClient>>()
    expectTypeOf<typeof Secrets.layer>().toEqualTypeOf<Layer.Layer<Secrets, never, StromboliClient>>()
    expectTypeOf<typeof Sessions.layer>().toEqualTypeOf<Layer.Layer<Sessions, never, StromboliClient>>()
    expectTypeOf<typeof System.layer>().toEqualTypeOf<Layer.Layer<System, never, StromboliClient>>()
  })

  it("of webhooks requires nothing, and fails with an invalid secret", () => {
    expectTypeOf<typeof Webhooks.layer>().toEqualTypeOf<
      (options: Webhooks.Options) => Layer.Layer<Webhooks, InvalidRequest>
    >()
  })
})

describe("the layer of all services", () => {
  it("provides every service and the client", () => {
    expectTypeOf<Stromboli.Stromboli>().toEqualTypeOf<
      Agents | Auth | Execution | Images | Jobs | Secrets | Sessions | StromboliClient | System
    >()
  })

  it("requires a transport, and fails with an invalid option", () => {
    expectTypeOf<typeof Stromboli.layer>().toEqualTypeOf<
      (options: Options) => Layer.Layer<Stromboli.Stromboli, InvalidRequest, Http>
    >()
    expectTypeOf<typeof StromboliClient.layer>().toEqualTypeOf<
      (options: Options) => Layer.Layer<StromboliClient, InvalidRequest, Http>
    >()
  })

  it("fails with the errors of the version check when it has one", () => {
    expectTypeOf<typeof Stromboli.layerCompatible>().toEqualTypeOf<
      (options: Options) => Layer.Layer<Stromboli.Stromboli, ApiError | IncompatibleServer, Http>
    >()
  })

  it("fails with the errors of the configuration when it reads one", () => {
    expectTypeOf<typeof Stromboli.layerConfig>().toEqualTypeOf<
      (options?: Stromboli.StromboliConfig) => Layer.Layer<Stromboli.Stromboli, ConfigError | InvalidRequest, Http>
    >()
  })

  it("leaves only the transport to be provided", () => {
    const program = (options: Options) =>
      Effect.flatMap(Jobs, (jobs) => jobs.list).pipe(Effect.provide(Stromboli.layer(options)))
    expectTypeOf(program).returns.toEqualTypeOf<Effect.Effect<ReadonlyArray<Job>, ApiError, Http>>()
  })

  it("can have one service replaced", () => {
    const jobs = Layer.mock(Jobs, { list: Effect.succeed([]) })
    expectTypeOf(jobs).toEqualTypeOf<Layer.Layer<Jobs>>()
  })
})
