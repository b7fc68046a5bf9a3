/** The state of a sandbox, as the API names it. */
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

/** Every state, to validate the list's filter. */
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

/** The state that a sandbox is to reach. */
export type DesiredState = "destroyed" | "started" | "stopped" | "resized" | "archived" | "paused"

interface Stored {
  readonly state: SandboxState
  readonly desiredState: DesiredState
}

/**
 * The state that responses show for a single sandbox. It may differ from the stored one: it anticipates what was
 * requested.
 */
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

/** The state that the list shows: it also reveals that an archived sandbox is being restored. */
export const listedState = (stored: Stored): SandboxState =>
  stored.state === "archived" && stored.desiredState === "started" ? "restoring" : shownState(stored)
