/** Moving sandboxes from state to state, and waiting until they are there. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError, Conflict, NotFound, Unprocessable } from "../../../errors/ApiError.js"
import type { SandboxFailed, SandboxWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import type { SandboxId, SandboxName, SandboxRef } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox, SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { Resize } from "../../../schema/daytona/SandboxChange.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"
import * as Waits from "./waits.js"

type WaitOptions = Waits.WaitOptions

/** What a change with a wait can meet. */
type ChangeError = ApiError | NotFound | Conflict | SandboxFailed | SandboxWaitTimeout

/**
 * Every method waits until the sandbox is where it sends it; `wait: false` leaves that out, `timeout` (60 seconds) is for the
 * request and the wait together. While another change is on its way, the server refuses; the client tries a few times, and
 * then fails with `Conflict`, whose `retryable` says so.
 */
export interface SandboxLifecycle {
  /**
   * Starts a sandbox that is stopped, archived or paused, and waits until it runs; nothing happens to one that does. An
   * errored one is `BadRequest`: see `recover`. `POST /sandbox/{sandboxIdOrName}/start`
   */
  readonly start: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /** Lets a paused sandbox go on: another name for `start`. */
  readonly resume: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Stops a sandbox, and waits until it is. An ephemeral one is destroyed thereby, and returned with that state. One that
   * does not run is `BadRequest`. `POST /sandbox/{sandboxIdOrName}/stop`
   */
  readonly stop: (
    sandbox: SandboxRef,
    options?: WaitOptions & {
      /** Kill what runs in it instead of asking it to end; default `false`. */
      readonly force?: boolean | undefined
    }
  ) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Freezes a running sandbox with its memory, and waits until it is. Only virtual machines can; others fail with
   * `Unprocessable`. `POST /sandbox/{sandboxIdOrName}/pause`
   */
  readonly pause: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Moves a stopped sandbox to cheaper storage. That takes its time, so the default is not to wait for it. Ephemeral
   * sandboxes, and those that are not stopped, are `BadRequest`. `POST /sandbox/{sandboxIdOrName}/archive`
   */
  readonly archive: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Brings back a sandbox that is in error and `recoverable`, and waits until it runs.
   * `POST /sandbox/{sandboxIdOrName}/recover`
   */
  readonly recover: (
    sandbox: SandboxRef,
    options?: WaitOptions & {
      /** Leave it stopped; default `false`. */
      readonly skipStart?: boolean | undefined
    }
  ) => Effect.Effect<Sandbox, ChangeError>
  /**
   * Changes the size of a sandbox, and waits until it has it. Cores and memory can grow while it runs, and shrink while it
   * is stopped; the disk can only grow, and only while it is stopped. `NotFound` also where the organization may not
   * resize. `POST /sandbox/{sandboxIdOrName}/resize`
   */
  readonly resize: (
    sandbox: SandboxRef,
    size: Resize,
    options?: WaitOptions
  ) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Makes a second sandbox of a running one, with its memory, and waits until the second runs. Returns the second. Only
   * virtual machines can; others fail with `Unprocessable`. `POST /sandbox/{sandboxIdOrName}/fork`
   */
  readonly fork: (
    sandbox: SandboxRef,
    options?: WaitOptions & { readonly name?: SandboxName | undefined }
  ) => Effect.Effect<Sandbox, ChangeError | Unprocessable>
  /**
   * Makes a snapshot of a sandbox, and waits until the sandbox is free again. Whether there is a snapshot then, the
   * snapshots tell. `POST /sandbox/{sandboxIdOrName}/snapshot`
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
   * Deletes a sandbox; the default is not to wait until it is gone. One with forks that live is `BadRequest`. Fails with
   * `NotFound` when it is gone already. `DELETE /sandbox/{sandboxIdOrName}`
   */
  readonly delete: (sandbox: SandboxRef, options?: WaitOptions) => Effect.Effect<void, ChangeError>

  /** Waits until a sandbox runs. Does not start it. */
  readonly awaitStarted: (sandbox: SandboxId, options?: Waits.AwaitOptions) => Effect.Effect<Sandbox, Waits.WaitError>
  /** Waits until a sandbox does not run any more; also `archived` and `destroyed` are that. */
  readonly awaitStopped: (sandbox: SandboxId, options?: Waits.AwaitOptions) => Effect.Effect<Sandbox, Waits.WaitError>
  /** Waits until a sandbox is gone. One that is not known is. */
  readonly awaitDestroyed: (
    sandbox: SandboxId,
    options?: Waits.AwaitOptions
  ) => Effect.Effect<void, ApiError | SandboxFailed | SandboxWaitTimeout>
  /** Waits until a sandbox is in one of these states. Fails with `SandboxFailed` when it is in error instead. */
  readonly awaitState: (
    sandbox: SandboxId,
    states: SandboxState | ReadonlyArray<SandboxState>,
    options?: Waits.AwaitOptions
  ) => Effect.Effect<Sandbox, Waits.WaitError>
}

const isSizedAs =
  (size: Resize) =>
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
        skipStart === true ? Waits.settled("to be recovered") : Waits.started,
        options
      ),
    resize: (sandbox, size, options = {}) =>
      thenWait(
        client.call(operations.resize, { ...at(sandbox), body: size }),
        operations.resize,
        Waits.settled("to be resized", isSizedAs(size)),
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
        Waits.settled("to be free again after its snapshot"),
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
