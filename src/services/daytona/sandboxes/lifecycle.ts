/** Changes the state of sandboxes, and waits for it to be reached. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError, Conflict, NotFound, Unprocessable } from "../../../errors/ApiError.js"
import type { SandboxFailed, SandboxWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import type { SandboxId, SandboxName, SandboxRef } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox, SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { ResizeSandbox } from "../../../schema/daytona/SandboxUpdate.js"
import type { DaytonaClient } from "../DaytonaClient.js"
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
   * Recovers a sandbox that is in error and `recoverable`, and waits until it runs.
   * `POST /sandbox/{sandboxIdOrName}/recover`
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
   * whether the snapshot was created. `POST /sandbox/{sandboxIdOrName}/snapshot`
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

export const make = (client: DaytonaClient.Service, wait: Waits.Waiter): SandboxLifecycle => {
  const at = (sandbox: SandboxRef) => ({ path: { sandboxIdOrName: sandbox } })

  /** One deadline for the request and the wait after it. */
  const thenWait = <E>(
    request: Effect.Effect<Sandbox, E>,
    operation: { readonly name: string },
    goal: Waits.Goal,
    { wait: waits = true, timeout = Waits.defaultTimeout, ...options }: WaitOptions
  ): Effect.Effect<Sandbox, E | Waits.WaitError> =>
    waits
      ? Effect.flatMap(Effect.timed(request), ([spent, seen]) =>
          wait(
            { operation: operation.name, id: seen.id, goal, seen },
            { ...options, timeout: Duration.subtract(timeout, spent) }
          )
        )
      : request

  const start: SandboxLifecycle["start"] = (sandbox, options = {}) =>
    thenWait(client.call(operations.start, at(sandbox)), operations.start, Waits.started, options)

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
    recover: (sandbox, { skipStart, ...options } = {}) =>
      thenWait(
        client.call(operations.recover, { ...at(sandbox), query: { skipStart } }),
        operations.recover,
        skipStart === true ? Waits.settled("have been recovered") : Waits.started,
        options
      ),
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
        client.call(operations.createSnapshot, { ...at(sandbox), body: snapshot }),
        operations.createSnapshot,
        Waits.settled("be available again after its snapshot"),
        options
      ),
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
