/** A part of what the CLI does: what the model says there, and what the client must make of it. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Agents, Execution, Jobs, Sessions } from "effect-sandboxes/stromboli"
import type { Recordings } from "../cli/Recordings.js"
import type { Model } from "../model/Model.js"

/** What an area works with: the model, and the client of an embedded server that no other area uses. */
export type Services =
  | Agents
  | CommandExecutor.CommandExecutor
  | Execution
  | FileSystem.FileSystem
  | Jobs
  | Model
  | Recordings
  | Scope.Scope
  | Sessions

export interface Area {
  readonly name: string
  /** The first version of the CLI that has what the area needs, such as `2.1.0`. */
  readonly since?: string
  /** Kinds of line that must have been printed: see `report/lineKind.ts`. */
  readonly prints?: ReadonlyArray<string>
  /** Fails with what is wrong. */
  readonly drive: Effect.Effect<void, { readonly message: string }, Services>
}
