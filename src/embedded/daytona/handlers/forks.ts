/** Handlers for forks and snapshots of a sandbox. */
import * as Effect from "effect/Effect"
import { badRequest, conflict, notFound, unprocessable } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import * as quota from "../organization/quota.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Settings } from "../Settings.js"
import { isUnsafeName } from "../sandbox/createRequest.js"
import { isVm } from "../sandbox/intervals.js"
import type { Lifecycle } from "../sandbox/Lifecycle.js"
import * as newSandbox from "../sandbox/newSandbox.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { SnapshotCreation } from "../snapshot/SnapshotCreation.js"
import type { Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"
import { guardJob, guardState, guardSuspended } from "./stateGuards.js"

const mostAncestors = 50
const mostForks = 100

/** Forks and snapshots of a sandbox, and its ancestors. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly snapshotCreation: SnapshotCreation
  readonly lifecycle: Lifecycle
  readonly outcomes: OutcomeRegistry
  readonly view: SandboxView
}) => {
  const { lifecycle, outcomes, sandboxes, settings, snapshotCreation, view } = dependencies

  /** The root first, and the parent last. */
  const ancestorsOf = (sandbox: Sandbox): ReadonlyArray<Sandbox> => {
    const parent = sandbox.parentId === undefined ? undefined : sandboxes.get(sandbox.parentId)
    return parent === undefined ? [] : [...ancestorsOf(parent), parent]
  }

  return {
    "POST /sandbox/{idOrName}/fork": (call) =>
      Effect.gen(function* () {
        const name = call.fields.text("name")
        if (name !== undefined && isUnsafeName(name)) {
          call.fields.addProblem("name must not contain HTML tags, URLs, or control characters")
        }
        yield* call.fields.problems
        const parent = yield* view.find(call)
        if (!isVm(parent.sandboxClass)) return yield* unprocessable("Forking is not supported for this sandbox")
        yield* guardSuspended(call.organization)
        yield* guardState(outcomes, "fork", "fork", parent)
        if (name !== undefined && sandboxes.find(call.organization.id, name) !== undefined) {
          return yield* conflict("Sandbox with this name already exists")
        }
        yield* quota.check(call.organization, yield* sandboxes.all, parent)
        const { autoArchiveInterval, autoDeleteInterval, autoPauseInterval, autoStopInterval } = parent
        const {
          cpu,
          disk,
          entrypoint,
          env,
          gpu,
          gpuType,
          labels,
          memory,
          organizationId,
          sandboxClass,
          snapshot,
          user
        } = parent
        const child = yield* newSandbox.make(settings, {
          ...(name === undefined ? {} : { name }),
          ...{ autoArchiveInterval, autoDeleteInterval, autoPauseInterval, autoStopInterval },
          ...{ cpu, disk, entrypoint, env, gpu, gpuType, labels, memory, organizationId, sandboxClass, snapshot, user },
          target: parent.target,
          parentId: parent.id
        })
        yield* sandboxes.insert(child)
        yield* lifecycle.fork(parent, child)
        return view.answer(call, child)
      }),
    "GET /sandbox/{idOrName}/forks": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        const withDestroyed = call.query.get("includeDestroyed") === "true"
        const children = (yield* sandboxes.all).filter(
          ({ parentId, state }) => parentId === sandbox.id && (withDestroyed || state !== "destroyed")
        )
        return responses.json(
          200,
          children.slice(0, mostForks).map((child) => view.whole(call, child))
        )
      }),
    "GET /sandbox/{idOrName}/parent": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        const parent = ancestorsOf(sandbox).at(-1)
        return parent === undefined
          ? yield* notFound(`Parent sandbox not found for sandbox ${call.parameter("idOrName")}`)
          : view.answer(call, parent)
      }),
    "GET /sandbox/{idOrName}/ancestors": (call) =>
      Effect.map(view.find(call), (sandbox) =>
        responses.json(
          200,
          ancestorsOf(sandbox)
            .slice(-mostAncestors)
            .map((ancestor) => view.whole(call, ancestor))
        )
      ),
    "POST /sandbox/{idOrName}/snapshot": (call) =>
      Effect.gen(function* () {
        const name = call.fields.requiredText("name")
        const withMemory = call.fields.flag("includeMemory")
        yield* call.fields.problems
        const sandbox = yield* view.find(call)
        yield* guardSuspended(call.organization)
        yield* guardState(outcomes, "snapshot", "snapshot", sandbox)
        if (withMemory === true && sandbox.sandboxClass !== "windows") {
          return yield* badRequest("includeMemory is only supported for Windows sandboxes")
        }
        // A name that is taken is only noticed when the snapshot has been taken, and then nobody is told.
        yield* snapshotCreation.checkQuota(call.organization, sandbox)
        yield* guardJob(lifecycle, sandbox)
        yield* lifecycle.snapshot(sandbox, snapshotCreation.fromSandbox(sandbox, name))
        return yield* view.answerCurrent(call, sandbox)
      })
  } satisfies Record<string, Handler>
}
