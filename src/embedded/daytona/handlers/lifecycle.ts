/** Handlers that create, read and delete sandboxes and change their state. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError, notFound, unprocessable } from "../http/HttpError.js"
import * as quota from "../organization/quota.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Settings } from "../Settings.js"
import { awaitRecovered, awaitStarted, type Creation } from "../sandbox/Creation.js"
import * as createRequest from "../sandbox/createRequest.js"
import { isVm } from "../sandbox/intervals.js"
import type { Lifecycle } from "../sandbox/Lifecycle.js"
import { isEphemeral, type Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"
import { guardJob, guardState, guardSuspended } from "./stateGuards.js"

/** Creates, reads and deletes sandboxes, and changes their state. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly lifecycle: Lifecycle
  readonly creation: Creation
  readonly outcomes: OutcomeRegistry
  readonly view: SandboxView
}) => {
  const { creation, lifecycle, outcomes, sandboxes, settings, view } = dependencies

  return {
    "POST /sandbox": (call) =>
      Effect.gen(function* () {
        const request = yield* createRequest.read(call.fields, settings.generation)
        yield* guardSuspended(call.organization)
        return view.answerNew(call, yield* creation.create(call.organization, request))
      }),
    "GET /sandbox/{idOrName}": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        if (settings.getStaleness === 0) return view.answer(call, sandbox)
        const seen = (yield* sandboxes.asOf(settings.getStaleness)).find(({ id }) => id === sandbox.id)
        return view.answer(call, seen ?? sandbox)
      }),
    "DELETE /sandbox/{idOrName}": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardState(outcomes, "delete", "destroy", sandbox)
        const all = yield* sandboxes.all
        if (all.some(({ desiredState, parentId }) => parentId === sandbox.id && desiredState !== "destroyed")) {
          return yield* badRequest(
            "Cannot delete sandbox which has active fork children. The forks must be deleted first."
          )
        }
        yield* lifecycle.destroy(sandbox)
        return yield* view.answerChanged(call, sandbox)
      }),
    "POST /sandbox/{idOrName}/start": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardSuspended(call.organization)
        yield* guardState(outcomes, "start", sandbox.state === "paused" ? "resume" : "start", sandbox)
        if (sandbox.state === "started") return view.answer(call, sandbox)
        yield* quota.checkStart(call.organization, yield* sandboxes.all, sandbox)
        yield* lifecycle.start(sandbox)
        // Restoring an archived sandbox takes too long to keep the request waiting.
        return sandbox.state === "archived"
          ? yield* view.answerChanged(call, sandbox)
          : yield* Effect.flatMap(awaitStarted(sandboxes, settings, sandbox), (started) =>
              view.answerChanged(call, started)
            )
      }),
    "POST /sandbox/{idOrName}/stop": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardState(outcomes, "stop", "stop", sandbox)
        yield* lifecycle.stop(sandbox)
        return yield* view.answerChanged(call, sandbox)
      }),
    "POST /sandbox/{idOrName}/pause": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardState(outcomes, "pause", "pause", sandbox)
        if (!isVm(sandbox.sandboxClass)) return yield* unprocessable("Pausing is not supported for this sandbox")
        yield* lifecycle.pause(sandbox)
        return yield* view.answerCurrent(call, sandbox)
      }),
    "POST /sandbox/{idOrName}/archive": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardState(outcomes, "archive", "archive", sandbox)
        if (isEphemeral(sandbox)) return yield* badRequest("Ephemeral sandboxes cannot be archived")
        yield* lifecycle.archive(sandbox)
        return yield* view.answerCurrent(call, sandbox)
      }),
    "POST /sandbox/{idOrName}/recover": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        yield* guardSuspended(call.organization)
        yield* guardState(outcomes, "recover", "recover", sandbox)
        if (!sandbox.recoverable) return yield* badRequest("Sandbox is not in a recoverable state")
        const skipStart = call.query.get("skipStart") === "true"
        yield* lifecycle.recover(sandbox, { skipStart })
        // The answer is the sandbox as it was before. A recovery that fails changes no state, so nothing ends the wait.
        const seen = skipStart ? sandbox : yield* awaitRecovered(sandboxes, settings, sandbox)
        return view.answer(call, seen)
      }),
    "POST /sandbox/{idOrName}/resize": (call) =>
      Effect.gen(function* () {
        if (!settings.resize) return yield* notFound(`Cannot ${call.method} ${call.url}`)
        const asked = {
          cpu: call.fields.number("cpu", { least: 1 }),
          memory: call.fields.number("memory", { least: 1 }),
          disk: call.fields.number("disk", { least: 1 })
        }
        yield* call.fields.problems
        const sandbox = yield* view.find(call)
        yield* guardState(outcomes, "resize", "resize", sandbox)
        const size = {
          cpu: asked.cpu ?? sandbox.cpu,
          memory: asked.memory ?? sandbox.memory,
          disk: asked.disk ?? sandbox.disk
        }
        yield* checkSize(sandbox, size)
        yield* quota.checkResize(call.organization, yield* sandboxes.all, sandbox, size)
        yield* guardJob(lifecycle, sandbox)
        yield* lifecycle.resize(sandbox, size)
        return settings.runner === "v2"
          ? yield* view.answerCurrent(call, sandbox)
          : view.answer(call, yield* awaitStarted(sandboxes, settings, sandbox))
      })
  } satisfies Record<string, Handler>
}

const checkSize = (
  sandbox: Sandbox,
  { cpu, disk, memory }: { readonly cpu: number; readonly memory: number; readonly disk: number }
): Effect.Effect<void, HttpError> => {
  const isRunning = sandbox.state === "started"
  if (cpu === sandbox.cpu && memory === sandbox.memory && disk === sandbox.disk) {
    return badRequest("No resource changes specified - sandbox is already at the desired configuration")
  }
  if (disk < sandbox.disk) return badRequest("Sandbox disk size cannot be decreased")
  if (isRunning && disk !== sandbox.disk) return badRequest("Disk resize can only be performed on a stopped sandbox")
  if (isRunning && cpu < sandbox.cpu) {
    return badRequest("Sandbox must be in stopped state to decrease the number of CPU cores")
  }
  return isRunning && memory < sandbox.memory
    ? badRequest("Sandbox must be in stopped state to decrease memory")
    : Effect.void
}
