/** The machine of a sandbox, as the toolbox's handlers see it. */
import type * as Effect from "effect/Effect"
import type { Refusal } from "./Refusal.js"

/** What is needed of a child process. Not its type: programs import this one without the types of Node. */
export interface Child {
  readonly pid?: number | undefined
  once(event: "exit", listener: () => void): unknown
}

/** The machine that a sandbox stands for: a directory of this computer, and the processes started in it. */
export interface Machine {
  readonly sandboxId: string
  readonly generation: "current" | "0.190"
  /** What `GET /version` reports. */
  readonly version: string
  /** The machine's directory, by its real path. The daemon's own files are below `home`. */
  readonly root: string
  /** `$HOME`. */
  readonly home: string
  /** The directory that relative paths are resolved against. */
  readonly workDir: string
  /** The absolute path of the shell that runs everything. */
  readonly shell: string
  /**
   * The environment that every process starts with: a small part of this program's, and the sandbox's. `POST /env`
   * changes it.
   */
  readonly environment: () => Readonly<Record<string, string>>
  /** Replaces the environment with the result of `change`, and returns it. */
  readonly changeEnvironment: (
    change: (before: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
  ) => Readonly<Record<string, string>>
  /**
   * The absolute path of a file in the sandbox, which need not exist. Fails with 403 if it is outside, including
   * through a symbolic link, unless the sandbox may leave its directory.
   */
  readonly resolve: (path: string, old?: Refusal["old"]) => Effect.Effect<string, Refusal>
  /** Registers a process, the leader of its own group, to be killed with the group when the sandbox stops. */
  readonly adopt: (child: Child) => void
  /** The ids of the sandbox's processes, including those that left their group. Empty on systems other than Linux. */
  readonly processIds: Effect.Effect<ReadonlySet<number>>
  /**
   * Registers a cleanup that runs when the sandbox stops, before its processes are killed. Returns how to unregister
   * it.
   */
  readonly onStop: (cleanup: Effect.Effect<void>) => () => void
}
