/** Which calls are allowed in which state. */
import { badRequest, conflict, type HttpError } from "../http/HttpError.js"
import type { SandboxState } from "./state.js"

/** The calls that depend on the state that the sandbox shows. */
export type TransitionCall =
  | "start"
  | "stop"
  | "archive"
  | "pause"
  | "resize"
  | "snapshot"
  | "fork"
  | "delete"
  | "recover"

/** The state of a sandbox, as it is stored and as it is shown. */
export interface States {
  readonly stored: SandboxState
  readonly shown: SandboxState
}

/** `undefined` when the call is allowed. */
export type Rejection = HttpError | undefined

/** The error of a call that arrives while the state is changing. */
export const stateChangeInProgress = conflict("Sandbox state change in progress")

/** The error of a call that needs the runner while it has a job for the sandbox. */
export const operationInProgress = conflict("An operation is already in progress for this resource")

const erroredState = badRequest("Sandbox is in an errored state")
const notStoppable = badRequest("Sandbox is not in a stoppable state")
const notStopped = badRequest("Sandbox is not stopped")
const notStartedToPause = badRequest("Sandbox must be in started state to pause")
const notStartedToFork = badRequest("Sandbox must be in started state to fork")
const notReadyToResize = badRequest("Sandbox must be in started or stopped state to resize")
const notReadyToSnapshot = badRequest("Sandbox must be in started or stopped state to create a snapshot")
const notRecoverable = badRequest("Sandbox is not in a recoverable state")

interface Row {
  readonly settled: Readonly<Record<"started" | "stopped" | "archiving" | "archived" | "paused" | "error", Rejection>>
  /** The sandbox is changing its state. */
  readonly underway: Rejection
  /** The sandbox is starting, but still stored as `stopped`. */
  readonly starting: Rejection
  /** The sandbox is being stopped or destroyed. */
  readonly ending: Rejection
  /** The state that counts is the stored one, which lags behind the one that is shown. */
  readonly ofStored?: true
}

const always = (rejection: Rejection): Row["settled"] => ({
  started: rejection,
  stopped: rejection,
  archiving: rejection,
  archived: rejection,
  paused: rejection,
  error: rejection
})

const busy = { underway: stateChangeInProgress, starting: stateChangeInProgress, ending: stateChangeInProgress }

const rows: Readonly<Record<TransitionCall, Row>> = {
  start: { ...busy, settled: { ...always(undefined), error: erroredState } },
  stop: {
    ...busy,
    settled: {
      started: undefined,
      stopped: notStoppable,
      archiving: stateChangeInProgress,
      archived: notStoppable,
      paused: undefined,
      error: erroredState
    }
  },
  archive: {
    ...busy,
    settled: {
      started: notStopped,
      stopped: undefined,
      archiving: stateChangeInProgress,
      archived: notStopped,
      paused: notStopped,
      error: erroredState
    }
  },
  pause: {
    ofStored: true,
    underway: notStartedToPause,
    starting: notStartedToPause,
    ending: notStartedToPause,
    settled: { ...always(notStartedToPause), started: undefined }
  },
  resize: {
    ofStored: true,
    underway: notReadyToResize,
    starting: notReadyToResize,
    ending: notReadyToResize,
    settled: { ...always(notReadyToResize), started: undefined, stopped: undefined }
  },
  snapshot: {
    ofStored: true,
    underway: notReadyToSnapshot,
    starting: notReadyToSnapshot,
    ending: notReadyToSnapshot,
    settled: { ...always(notReadyToSnapshot), started: undefined, stopped: undefined }
  },
  fork: {
    ofStored: true,
    underway: notStartedToFork,
    starting: notStartedToFork,
    ending: notStartedToFork,
    settled: { ...always(notStartedToFork), started: undefined }
  },
  delete: { ...busy, settled: always(undefined) },
  recover: {
    underway: notRecoverable,
    starting: notRecoverable,
    ending: notRecoverable,
    // Whether a failed sandbox can be recovered depends on the sandbox.
    settled: { ...always(notRecoverable), error: undefined }
  }
}

/** Why a call is refused for a sandbox in these states, if it is. */
export const rejection = (call: TransitionCall, states: States): Rejection => {
  const row = rows[call]
  const state = row.ofStored === true ? states.stored : states.shown
  switch (state) {
    case "started":
    case "stopped":
    case "archiving":
    case "archived":
    case "paused":
    case "error":
      return row.settled[state]
    case "build_failed":
      return row.settled.error
    case "pending_build":
      return call === "delete" ? undefined : row.underway
    case "starting":
      return row.starting
    case "stopping":
    case "destroying":
    case "destroyed":
      return row.ending
    default:
      return row.underway
  }
}
