/** Files and directories as wholes: looking at them, making, moving and removing them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, Conflict, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { MoveIncomplete } from "../../../../errors/daytona/files.js"
import { brokenBody, invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  DeleteQuery,
  FileInfo,
  FileInfoList,
  FolderQuery,
  ListQuery,
  MoveAnswer,
  MoveQuery,
  PathQuery,
  PermissionsQuery
} from "../../../../schema/daytona/toolbox/File.js"
import type { Toolbox } from "../Toolbox.js"

export interface FilesEntries {
  /**
   * What is in a directory; links that lead nowhere are left out. Fails with `NotFound`, and with `BadRequest` when it is no
   * directory. `GET /files`
   */
  readonly list: (
    path: string,
    options?: {
      /** How many levels to descend, from 1 on; default 1. Older daemons know only that, whatever is asked for. */
      readonly depth?: number | undefined
    }
  ) => Effect.Effect<ReadonlyArray<FileInfo>, ApiError | NotFound>
  /** One file or directory. Fails with `NotFound`, also for a link that leads nowhere. `GET /files/info` */
  readonly info: (path: string) => Effect.Effect<FileInfo, ApiError | NotFound>
  /** Whether there is a file or directory at this path. `GET /files/info` */
  readonly exists: (path: string) => Effect.Effect<boolean, ApiError>
  /**
   * Makes a directory, and those above it. One that exists already stays as it is, and is no failure; anything else at this
   * path is `BadRequest`. `POST /files/folder`
   */
  readonly createFolder: (
    path: string,
    options?: {
      /** Octal digits, from which the daemon's umask is taken off; default `0755`. */
      readonly mode?: string | undefined
    }
  ) => Effect.Effect<void, ApiError>
  /** Removes a file, or a directory when that is said. Fails with `NotFound`. `DELETE /files` */
  readonly delete: (
    path: string,
    options?: {
      /** Removes a directory with all that is in it; without it a directory is `BadRequest`. Default `false`. */
      readonly recursive?: boolean | undefined
    }
  ) => Effect.Effect<void, ApiError | NotFound>
  /**
   * Moves a file or directory. Fails with `NotFound` when it, or the directory to put it in, does not exist; with `Conflict`
   * when there is something at the new path already; with `MoveIncomplete` when it was copied to another file system and
   * could not be removed from the old one. `POST /files/move`
   */
  readonly move: (options: {
    readonly from: string
    /** The new path of the thing itself, not of the directory to put it in. */
    readonly to: string
  }) => Effect.Effect<void, ApiError | NotFound | Conflict | MoveIncomplete>
  /**
   * Changes permissions and owners; what is not given stays. The mode is set before the owners are, and stays set when those
   * are refused (`BadRequest`: an unknown name, or not allowed). Fails with `NotFound`. `POST /files/permissions`
   */
  readonly setPermissions: (
    path: string,
    /** At least one of them. */
    change: {
      /** Octal digits, such as `0644`. */
      readonly mode?: string | undefined
      /** Name or number. */
      readonly owner?: string | undefined
      /** Name or number. */
      readonly group?: string | undefined
    }
  ) => Effect.Effect<void, ApiError | NotFound>
}

/** Older daemons send these statuses without a word. */
export const missing = { 403: "permission denied", 404: "there is no such file or directory" } as const

const moveName = "Files.move"

export const operations = {
  list: Operation.make("Files.list", "GET", "/files", {
    query: ListQuery,
    success: FileInfoList,
    fails: [NotFound],
    meanings: { ...missing, 400: "it is not a directory, or cannot be read" }
  }),
  info: Operation.make("Files.info", "GET", "/files/info", {
    query: PathQuery,
    success: FileInfo,
    fails: [NotFound],
    meanings: { ...missing, 400: "it cannot be looked at" }
  }),
  createFolder: Operation.make("Files.createFolder", "POST", "/files/folder", {
    query: FolderQuery,
    success: Schema.Void,
    // A directory that is there already is no failure.
    retry: "always",
    meanings: { 400: "something else has this name already, or permission was denied" }
  }),
  delete: Operation.make("Files.delete", "DELETE", "/files", {
    query: DeleteQuery,
    success: Schema.Void,
    fails: [NotFound],
    meanings: { ...missing, 400: "it is a directory (`recursive` removes those), or cannot be removed" }
  }),
  move: Operation.make(moveName, "POST", "/files/move", {
    query: MoveQuery,
    success: Schema.Void,
    fails: [NotFound, Conflict],
    meanings: {
      403: missing[403],
      404: "there is no such file or directory, or no directory to put it in",
      409: "there is something at the new path already",
      400: "it cannot be moved there"
    }
  }),
  setPermissions: Operation.make("Files.setPermissions", "POST", "/files/permissions", {
    query: PermissionsQuery,
    success: Schema.Void,
    fails: [NotFound],
    retry: "always",
    meanings: { ...missing, 400: "there is no such user or group, or the change was refused" }
  })
}

const moveAnswer = Schema.decodeUnknownOption(Schema.parseJson(MoveAnswer))

/** More than the daemon ever says. */
const answerLimit = 64 * 1024

export const make = (toolbox: Toolbox.Service): FilesEntries => {
  const { sandboxId } = toolbox
  const info: FilesEntries["info"] = (path) => toolbox.call(operations.info, { query: { path }, subject: path })

  /** The empty body of a success, or the object of a half success: no JSON in the usual case, so it is read here. */
  const moved = (from: string, to: string) =>
    toolbox
      .stream(operations.move, { query: { from, to }, subject: from }, ({ bytes, context, status }) =>
        Stream.mapError(Stream.decodeText(bytes), (error) =>
          error._tag === "Timeout"
            ? error
            : brokenBody(context, status, { code: error.causeCode, summary: error.message, unsent: false })
        )
      )
      .pipe(
        Stream.runFold("", (text, more) => (text.length > answerLimit ? text : text + more)),
        Effect.map((text) => moveAnswer(text))
      )

  return {
    list: (path, { depth } = {}) =>
      Effect.map(toolbox.call(operations.list, { query: { path, depth }, subject: path }), (found) => found ?? []),
    info,
    exists: (path) =>
      info(path).pipe(
        Effect.as(true),
        Effect.catchTag("NotFound", () => Effect.succeed(false))
      ),
    createFolder: (path, { mode = "0755" } = {}) =>
      toolbox.call(operations.createFolder, { query: { path, mode }, subject: path }),
    delete: (path, { recursive = false } = {}) =>
      toolbox.call(operations.delete, { query: { path, ...(recursive ? { recursive } : {}) }, subject: path }),
    move: ({ from, to }) =>
      Effect.flatMap(moved(from, to), (answer) => {
        const reason = Option.getOrUndefined(answer)?.error
        if (reason === undefined) return Effect.void
        const message = `${from} was copied to ${to}, but could not be removed: ${reason}`
        return new MoveIncomplete({
          system: "daytona",
          operation: moveName,
          sandboxId,
          path: from,
          destination: to,
          reason,
          message
        })
      }),
    setPermissions: (path, { group, mode, owner }) =>
      group === undefined && mode === undefined && owner === undefined
        ? Effect.fail(nothingToSet)
        : toolbox.call(operations.setPermissions, { query: { path, mode, owner, group }, subject: path })
  }
}

const nothingToSet: InvalidRequest = invalidRequest(
  { system: "daytona", operation: operations.setPermissions.name },
  "mode",
  "must be given, or `owner` or `group`"
)
