/** Where a sandbox stands, as the API names it. */
export type SandboxState =
  | "creating"
  | "restoring"
  | "destroyed"
  | "destroying"
  | "started"
  | "stopped"
  | "starting"
  | "stopping"
  | "error"
  | "build_failed"
  | "pending_build"
  | "building_snapshot"
  | "unknown"
  | "pulling_snapshot"
  | "archived"
  | "archiving"
  | "resizing"
  | "snapshotting"
  | "forking"
  | "pausing"
  | "paused"
  | "resuming"

/** Every state, for the validation of the list's filter. */
export const sandboxStates: ReadonlyArray<SandboxState> = [
  "creating",
  "restoring",
  "destroyed",
  "destroying",
  "started",
  "stopped",
  "starting",
  "stopping",
  "error",
  "build_failed",
  "pending_build",
  "building_snapshot",
  "unknown",
  "pulling_snapshot",
  "archived",
  "archiving",
  "resizing",
  "snapshotting",
  "forking",
  "pausing",
  "paused",
  "resuming"
]

/** Where a sandbox is to get to. */
export type DesiredState = "destroyed" | "started" | "stopped" | "resized" | "archived" | "paused"

interface Stored {
  readonly state: SandboxState
  readonly desiredState: DesiredState
}

/** The state that answers about one sandbox show, which is not always the stored one: it anticipates what was asked for. */
export const shownState = ({ desiredState, state }: Stored): SandboxState => {
  switch (`${state} ${desiredState}`) {
    case "started stopped":
      return "stopping"
    case "started destroyed":
    case "stopped destroyed":
      return "destroying"
    case "stopped started":
      return "starting"
    case "stopped archived":
      return "archiving"
    case "unknown started":
      return "creating"
    default:
      return state
  }
}

/** The state that the list shows: it also tells that an archived sandbox is being restored. */
export const listedState = (stored: Stored): SandboxState =>
  stored.state === "archived" && stored.desiredState === "started" ? "restoring" : shownState(stored)
