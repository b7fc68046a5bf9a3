/** Changes the state of sandboxes, and waits for it to be reached. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ApiError, Conflict, type NotFound, type Unprocessable } from "../../../errors/ApiError.js"
import type { SandboxFailed, SandboxWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import { isSnapshotName } from "../../../schema/daytona/CreateSnapshot.js"
import type { SandboxId, SandboxName, SandboxRef } from "../../../schema/daytona/Identifiers.js"
import { isFailed, type Sandbox, type SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { ResizeSandbox } from "../../../schema/daytona/SandboxUpdate.js"
import type { Snapshot } from "../../../schema/daytona/Snapshot.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations as snapshotOperations } from "../snapshots/operations.js"
import { operations } from "./operations.js"
import * as Waits from "./waits.js"

type WaitOptions = Waits.WaitOptions

/** The failures of a change and of the wait for it. */
type ChangeError = ApiError | NotFound | Conflict | SandboxFailed | SandboxWaitTimeout

/**
 * Every method waits until the sandbox has reached the expected state, unless `wait` is `false`. `timeout`, by default
 * 60 seconds, covers the request and the wait. While another change is in progress, the server refuses requests; the
 * client retries a few times, and then fails with a `Conflict` that is `retryable`.
 */
export interface SandboxLifecycle {
  /**
   * Starts a sandbox that is stopped, archived or paused, and waits until it runs. Does nothing to one that runs
   * already. One in error is `BadRequest`: see `recover`. `POST /sandbox/{sandboxIdOrName}/start`
   */
  readonly start: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /** Resumes a paused sandbox: an alias of `start`. */
  readonly resume: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Stops a sandbox, and waits until it is stopped. An ephemeral one is destroyed, and returned with that state. One
   * that does not run is `BadRequest`. `POST /sandbox/{sandboxIdOrName}/stop`
   */
  readonly stop: (
    sandbox: SandboxRef,
    options?: WaitOptions & {
      /** Kill its processes instead of terminating them gracefully; default `false`. */
      readonly force?: boolean | undefined
    }
  ) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Pauses a running sandbox with its memory, and waits until it is paused. Only for virtual machines; others fail with
   * `Unprocessable`. `POST /sandbox/{sandboxIdOrName}/pause`
   */
  readonly pause: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Moves a stopped sandbox to cheaper storage. That can take long, so by default it does not wait. A sandbox that is
   * ephemeral or not stopped is `BadRequest`. `POST /sandbox/{sandboxIdOrName}/archive`
   */
  readonly archive: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Recovers a sandbox that is in error and `recoverable`, and waits until it runs; with `skipStart`, until it is
   * stopped, or runs: one that did not start in time is restored from its backup, and started all the same, at most
   * once in an hour (`Conflict`). Meanwhile its state is still `error`. Fails with `SandboxFailed` when the recovery
   * fails, and with `SandboxWaitTimeout` where the server does not show that it did: when it fails at once and for the
   * same reason. `POST /sandbox/{sandboxIdOrName}/recover`
   */
  readonly recover: (
    sandbox: SandboxRef,
    options?: WaitOptions & {
      /** Do not start it after the recovery; default `false`. */
      readonly skipStart?: boolean | undefined
    }
  ) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Resizes a sandbox, and waits until that is done. Cores and memory can grow while it runs, and shrink while it is
   * stopped; the disk can only grow, and only while it is stopped. Also fails with `NotFound` if the organization is
   * not allowed to resize sandboxes. `POST /sandbox/{sandboxIdOrName}/resize`
   */
  readonly resize: (
    sandbox: SandboxRef,
    size: ResizeSandbox,
    options?: WaitOptions
  ) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Forks a running sandbox with its memory, waits until the fork runs, and returns the fork. Only for virtual
   * machines; others fail with `Unprocessable`. `POST /sandbox/{sandboxIdOrName}/fork`
   */
  readonly fork: (
    sandbox: SandboxRef,
    options?: WaitOptions & { readonly name?: SandboxName | undefined }
  ) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Takes a snapshot of a sandbox, and waits until the sandbox is available again. Use `Snapshots.get` to find out
   * whether the snapshot was created. A name that is taken fails with `Conflict` before anything is sent, since some
   * servers drop the snapshot and report success; also afterwards, when another sandbox took the name meanwhile, if it
   * waits and the server names the source of a snapshot. `GET /snapshots/{id}`, `POST
   * /sandbox/{sandboxIdOrName}/snapshot`
   */
  readonly createSnapshot: (
    sandbox: SandboxRef,
    snapshot: {
      readonly name: string
      /** Default `false`. */
      readonly includeMemory?: boolean | undefined
    },
    options?: WaitOptions
  ) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Deletes a sandbox; by default without waiting until it is destroyed. One with existing forks is `BadRequest`. Fails
   * with `NotFound` when it does not exist. `DELETE /sandbox/{sandboxIdOrName}`
   */
  readonly delete: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<void, ChangeError>

  /** Waits until a sandbox runs, without starting it. */
  readonly awaitStarted: (sandbox: SandboxId, options?: Waits.AwaitOptions) => Effect.Effect<Sandbox, Waits.WaitError>
  /** Waits until a sandbox no longer runs: until it is stopped, archived or destroyed. */
  readonly awaitStopped: (sandbox: SandboxId, options?: Waits.AwaitOptions) => Effect.Effect<Sandbox, Waits.WaitError>
  /** Waits until a sandbox is destroyed. An unknown one counts as destroyed. */
  readonly awaitDestroyed: (
    sandbox: SandboxId,
    options?: Waits.AwaitOptions
  ) => Effect.Effect<void, ApiError | SandboxFailed | SandboxWaitTimeout>
  /** Waits until a sandbox is in one of the given states. Fails with `SandboxFailed` when it is in error instead. */
  readonly awaitState: (
    sandbox: SandboxId,
    states: SandboxState | ReadonlyArray<SandboxState>,
    options?: Waits.AwaitOptions
  ) => Effect.Effect<Sandbox, Waits.WaitError>
}

const isSizedAs =
  (size: ResizeSandbox) =>
  (sandbox: Sandbox): boolean =>
    (size.cpu === undefined || size.cpu === sandbox.cpu) &&
    (size.memory === undefined || size.memory === sandbox.memory) &&
    (size.disk === undefined || size.disk === sandbox.disk)

const nameTaken = (
  sandbox: SandboxRef,
  { id, name }: Snapshot,
  { attempts, admitted }: Pick<Conflict, "admitted" | "attempts">
): Conflict =>
  new Conflict({
    system: "daytona",
    operation: operations.createSnapshot.name,
    method: operations.createSnapshot.method,
    path: operations.createSnapshot.path,
    subject: sandbox,
    attempts,
    retryable: false,
    admitted,
    message: `No snapshot was ${attempts === 0 ? "taken" : "kept"} of sandbox ${sandbox}: there is one named ${name} already, with the id ${id}. Choose another name; or, only if nobody needs that one, delete it first`
  })

export const make = (client: DaytonaClient.Service, wait: Waits.Waiter): SandboxLifecycle => {
  const at = (sandbox: SandboxRef) => ({ path: { sandboxIdOrName: sandbox } })

  /** One deadline for the request and the wait after it. */
  const thenWait = <E>(
    request: Effect.Effect<Sandbox, E>,
    operation: { readonly name: string },
    goal: Waits.Goal,
    { wait: waits = true, ...options }: WaitOptions,
    failureOf?: (answer: Sandbox) => Waits.Wait["hasFailed"]
  ): Effect.Effect<Sandbox, E | Waits.WaitError> =>
    waits
      ? Effect.flatMap(Effect.timed(request), ([spent, seen]) =>
          wait({ operation: operation.name, id: seen.id, goal, seen, spent, hasFailed: failureOf?.(seen) }, options)
        )
      : request

  /**
   * Recovers a sandbox. The server shows neither that a recovery is under way nor that it has failed: the sandbox stays
   * in error. Only the time of its last change moves, once when the recovery begins and once when it fails.
   */
  const recover: SandboxLifecycle["recover"] = (sandbox, { skipStart, ...options } = {}) =>
    Effect.suspend(() => {
      const changes = new Set<string | undefined>()
      const request = client.call(operations.recover, { ...at(sandbox), query: { skipStart } })
      // The server may hold the request for 30 seconds. The change of the beginning can only be seen meanwhile.
      const glance = Effect.sleep("1 second").pipe(
        Effect.zipRight(client.call(operations.get, at(sandbox))),
        Effect.tap(({ updatedAt }) => Effect.sync(() => changes.add(updatedAt))),
        Effect.ignore
      )
      return thenWait(
        Effect.scoped(Effect.zipRight(Effect.forkScoped(glance), request)),
        operations.recover,
        skipStart === true ? Waits.settled("have been recovered") : Waits.started,
        options,
        (answer) => (found) => {
          if (!isFailed(found)) return false
          changes.add(found.updatedAt)
          // The answer is the sandbox as it was before.
          changes.delete(answer.updatedAt)
          return found.errorReason !== answer.errorReason || found.recoverable === false || changes.size > 1
        }
      )
    })

  const start: SandboxLifecycle["start"] = (sandbox, options = {}) =>
    thenWait(client.call(operations.start, at(sandbox)), operations.start, Waits.started, options)

  /** The snapshot with this name, unless it is one that everybody has. An invalid name is for the request to refuse. */
  const ownSnapshot = (name: string): Effect.Effect<Option.Option<Snapshot>, ApiError> =>
    isSnapshotName(name)
      ? client.call(snapshotOperations.get, { path: { id: name } }).pipe(
          Effect.map((found) => (found.general ? Option.none() : Option.some(found))),
          Effect.catchTag("NotFound", () => Effect.succeedNone)
        )
      : Effect.succeedNone

  /** Some servers drop a snapshot whose name is taken, and report success. */
  const refuseTakenName = (sandbox: SandboxRef, name: string): Effect.Effect<void, ApiError | Conflict> =>
    Effect.flatMap(ownSnapshot(name), (found) =>
      Option.isSome(found) ? Effect.fail(nameTaken(sandbox, found.value, { attempts: 0, admitted: "no" })) : Effect.void
    )

  /** Another sandbox may have taken the name after it was looked up. The change itself does not fail for this look. */
  const refuseDropped = ({ id }: Sandbox, name: string): Effect.Effect<void, Conflict> =>
    Effect.flatMap(
      Effect.orElseSucceed(ownSnapshot(name), () => Option.none()),
      (found) =>
        Option.isSome(found) && found.value.sourceSandboxId !== undefined && found.value.sourceSandboxId !== id
          ? Effect.fail(nameTaken(id, found.value, { attempts: 1, admitted: "yes" }))
          : Effect.void
    )

  const waitFor =
    (operation: string, goal: Waits.Goal) =>
    (id: SandboxId, options: Waits.AwaitOptions = {}) =>
      wait({ operation, id, goal }, options)

  return {
    start,
    resume: start,
    stop: (sandbox, { force, ...options } = {}) =>
      thenWait(
        client.call(operations.stop, { ...at(sandbox), query: { force } }),
        operations.stop,
        Waits.stopped,
        options
      ),
    pause: (sandbox, options = {}) =>
      thenWait(client.call(operations.pause, at(sandbox)), operations.pause, Waits.paused, options),
    archive: (sandbox, options = {}) =>
      thenWait(client.call(operations.archive, at(sandbox)), operations.archive, Waits.archived, {
        wait: false,
        ...options
      }),
    recover,
    resize: (sandbox, size, options = {}) =>
      thenWait(
        client.call(operations.resize, { ...at(sandbox), body: size }),
        operations.resize,
        Waits.settled("have been resized", isSizedAs(size)),
        options
      ),
    fork: (sandbox, { name, ...options } = {}) =>
      thenWait(
        client.call(operations.fork, { ...at(sandbox), body: { name } }),
        operations.fork,
        Waits.started,
        options
      ),
    createSnapshot: (sandbox, snapshot, options = {}) =>
      thenWait(
        Effect.zipRight(
          refuseTakenName(sandbox, snapshot.name),
          client.call(operations.createSnapshot, { ...at(sandbox), body: snapshot })
        ),
        operations.createSnapshot,
        Waits.settled("be available again after its snapshot"),
        options
      ).pipe(Effect.tap((settled) => (options.wait === false ? Effect.void : refuseDropped(settled, snapshot.name)))),
    delete: (sandbox, options = {}) =>
      Effect.asVoid(
        thenWait(client.call(operations.delete, at(sandbox)), operations.delete, Waits.destroyed, {
          wait: false,
          ...options
        })
      ),

    awaitStarted: waitFor("Sandboxes.awaitStarted", Waits.started),
    awaitStopped: waitFor("Sandboxes.awaitStopped", Waits.stopped),
    awaitDestroyed: (id, options) =>
      waitFor("Sandboxes.awaitDestroyed", Waits.destroyed)(id, options).pipe(
        Effect.catchTag("NotFound", () => Effect.void),
        Effect.asVoid
      ),
    awaitState: (id, states, options) =>
      waitFor("Sandboxes.awaitState", Waits.inStates(typeof states === "string" ? [states] : states))(id, options)
  }
}
