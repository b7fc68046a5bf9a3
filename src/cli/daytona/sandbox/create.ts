/** `sandbox create`. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CreateSandbox, RegionId, Sandboxes, SandboxName } from "../../../daytona.js"
import { UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { originOf } from "../connect.js"
import { environmentOf, pairsOf } from "../environment.js"
import type { OriginValues, ResourceValues } from "../newSandbox.js"
import { resourcesOf } from "../resources.js"
import { Shown, sandboxText, shownOf } from "./view.js"

/** What the options are read as. */
export interface Values extends OriginValues, ResourceValues {
  readonly env: ReadonlyArray<string>
  readonly label: ReadonlyArray<string>
  readonly volume: ReadonlyArray<string>
  readonly public: boolean
  readonly blockNetwork: boolean
  readonly autoStop: Option.Option<Duration.Duration>
  readonly autoDelete: Option.Option<Duration.Duration>
  readonly ttl: Option.Option<Duration.Duration>
  readonly region: Option.Option<string>
  readonly timeout: Option.Option<Duration.Duration>
  readonly name: Option.Option<string>
}

const volumesOf = (given: ReadonlyArray<string>) =>
  Effect.forEach(given, (each) => {
    const [, volumeId, mountPath] = /^([^:]+):(\/.*)$/s.exec(each) ?? []
    return volumeId === undefined || mountPath === undefined
      ? Effect.fail(
          new UsageError({ message: `--volume: expected NAME:/PATH, such as data:/data, got ${JSON.stringify(each)}` })
        )
      : Effect.succeed({ volumeId, mountPath })
  })

const requestOf = (values: Values): Effect.Effect<CreateSandbox, UsageError> =>
  Effect.gen(function* () {
    const origin = yield* originOf(values)
    const size = resourcesOf(values)
    const shared = {
      name: Option.getOrUndefined(Option.map(values.name, (name) => SandboxName.make(name))),
      target: Option.getOrUndefined(Option.map(values.region, (region) => RegionId.make(region))),
      env: yield* environmentOf(values.env),
      labels: yield* pairsOf("--label", "NAME=VALUE", values.label),
      volumes: yield* volumesOf(values.volume),
      public: values.public,
      networkBlockAll: values.blockNetwork,
      autoStop: Option.getOrUndefined(values.autoStop),
      autoDelete: Option.getOrUndefined(values.autoDelete),
      ttl: Option.getOrUndefined(values.ttl)
    }
    if (origin.image !== undefined) return { ...shared, ...size, image: origin.image }
    if (Object.values(size).some((each) => each !== undefined)) {
      return yield* new UsageError({
        message: "--cpu, --memory and --disk need --image: a snapshot determines the size of its sandboxes"
      })
    }
    return { ...shared, snapshot: origin.snapshot }
  })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const request = yield* requestOf(values)
    const created = yield* sandboxes
      .create(request, { timeout: Option.getOrUndefined(values.timeout) })
      .pipe(
        during("Creating a sandbox"),
        Output.noteOnInterrupt(
          "Interrupted: a sandbox that had been created is deleted, unless a warning says otherwise."
        )
      )
    const now = yield* Clock.currentTimeMillis
    yield* Output.show(Shown, shownOf(created), (shown) => sandboxText(shown, now))
  })
