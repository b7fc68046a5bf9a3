/** Handlers that change a sandbox's settings in any state: labels, intervals, visibility, network, secrets. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { Secrets } from "../organization/Secrets.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Settings } from "../Settings.js"
import { checkAttached } from "../sandbox/Creation.js"
import { nonNegative, storable } from "../sandbox/createRequest.js"
import * as intervals from "../sandbox/intervals.js"
import type { Lifecycle } from "../sandbox/Lifecycle.js"
import * as networkRules from "../sandbox/networkRules.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Call, Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"
import { guardJob } from "./stateGuards.js"

/** The settings of a sandbox that can be changed in any state. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly secrets: Secrets
  readonly lifecycle: Lifecycle
  readonly outcomes: OutcomeRegistry
  readonly view: SandboxView
}) => {
  const { lifecycle, outcomes, sandboxes, secrets, settings, view } = dependencies

  /** Changes the sandbox, unless an injected outcome says that it was modified concurrently, and responds with it. */
  const change = (
    call: Call,
    status: number,
    changesOf: (sandbox: Sandbox) => Effect.Effect<Partial<Sandbox>, HttpError>
  ) =>
    Effect.gen(function* () {
      const sandbox = yield* view.find(call)
      yield* outcomes.admit("update", sandbox)
      const changes = yield* changesOf(sandbox)
      yield* sandboxes.update(sandbox.id, changes)
      return yield* view.answerCurrent(call, sandbox, status)
    })

  // These respond 201, contrary to the specification: it is the framework's default for POST.
  const setInterval =
    (
      name: string,
      leastMessage: string | undefined,
      changesOf: (sandbox: Sandbox, minutes: number) => Effect.Effect<Partial<Sandbox>, HttpError>
    ): Handler =>
    (call) =>
      Effect.gen(function* () {
        // Not validated: the database refuses anything that is not an integer.
        const minutes = Number(call.parameter(name))
        if (leastMessage !== undefined) yield* nonNegative(minutes, leastMessage)
        yield* storable(minutes)
        return yield* change(call, 201, (sandbox) => changesOf(sandbox, minutes))
      })

  return {
    "PUT /sandbox/{idOrName}/labels": (call) =>
      Effect.gen(function* () {
        // Not validated: whatever was sent is stored. Without labels, nothing changes.
        const labels = call.fields.raw("labels")
        return yield* change(call, 200, () => Effect.succeed(labels === undefined ? {} : { labels }))
      }),
    "POST /sandbox/{idOrName}/autostop/{interval}": setInterval(
      "interval",
      "Auto-stop interval must be non-negative",
      (_, minutes) => Effect.succeed({ autoStopInterval: minutes })
    ),
    "POST /sandbox/{idOrName}/autopause/{interval}": setInterval(
      "interval",
      "Auto-pause interval must be non-negative",
      intervals.withAutoPause
    ),
    "POST /sandbox/{idOrName}/autoarchive/{interval}": setInterval(
      "interval",
      "Auto-archive interval must be non-negative",
      (_, minutes) => Effect.succeed({ autoArchiveInterval: intervals.archiveInterval(settings, minutes) })
    ),
    "POST /sandbox/{idOrName}/autodelete/{interval}": setInterval("interval", undefined, intervals.withAutoDelete),
    "POST /sandbox/{idOrName}/ttl/{ttlMinutes}": setInterval(
      "ttlMinutes",
      "TTL must be non-negative",
      // Counted from now, not from the creation of the sandbox.
      (_, minutes) =>
        Effect.map(Clock.currentTimeMillis, (now) => ({
          autoDestroyAt: minutes === 0 ? undefined : now + minutes * 60_000
        }))
    ),
    "POST /sandbox/{idOrName}/public/{isPublic}": (call) =>
      Effect.suspend(() => {
        const isPublic = call.parameter("isPublic")
        return isPublic === "true" || isPublic === "false"
          ? change(call, 201, () => Effect.succeed({ public: isPublic === "true" }))
          : badRequest("Validation failed (boolean string is expected)")
      }),
    "POST /sandbox/{idOrName}/network-settings": (call) =>
      Effect.gen(function* () {
        const asked = {
          networkBlockAll: call.fields.flag("networkBlockAll"),
          networkAllowList: call.fields.text("networkAllowList"),
          domainAllowList: call.fields.text("domainAllowList")
        }
        yield* call.fields.problems
        if (Object.values(asked).every((value) => value === undefined)) {
          return yield* badRequest(
            "At least one of networkBlockAll, networkAllowList or domainAllowList must be provided"
          )
        }
        yield* networkRules.checkNetworks(asked.networkAllowList)
        yield* networkRules.checkDomains(asked.domainAllowList)
        if (call.organization.restrictedEgress) {
          return yield* badRequest("Network settings cannot be changed: the organization has restricted network egress")
        }
        return yield* change(call, 200, (sandbox) =>
          Effect.gen(function* () {
            yield* guardJob(lifecycle, sandbox)
            if (sandbox.runnerId !== null) yield* lifecycle.changeNetwork(sandbox)
            return networkRules.networkChanges(asked)
          })
        )
      }),
    "PUT /sandbox/{idOrName}/secrets": (call) =>
      Effect.gen(function* () {
        const attached = call.fields.maps("secrets")
        if (attached === undefined) call.fields.addProblem("secrets must be an array")
        yield* call.fields.problems
        yield* checkAttached(secrets, call.organization, attached ?? [])
        return yield* change(call, 200, () => Effect.succeed({ secrets: attached ?? [] }))
      }),
    "POST /sandbox/{id}/last-activity": (call) =>
      Effect.gen(function* () {
        // A name is accepted, too, and has no effect.
        const sandbox = yield* view.findNamed(call, call.parameter("id"))
        if (sandbox.id === call.parameter("id")) {
          yield* sandboxes.update(sandbox.id, { lastActivityAt: yield* Clock.currentTimeMillis })
        }
        return responses.empty(201)
      })
  } satisfies Record<string, Handler>
}
