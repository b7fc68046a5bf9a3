/** Lists, creates, moves and deletes files and directories. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, Conflict, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { MoveIncomplete } from "../../../../errors/daytona/files.js"
import { brokenBody, describeParseError, invalidRequest } from "../../../../internal/failure.js"
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
import { FileMode, FilePath } from "../../../../schema/daytona/toolbox/FilePath.js"
import { parsedJson } from "../../../../schema/jsonFields.js"
import type { Toolbox } from "../Toolbox.js"
import { deleteDanglingLink, hasSpecialBits, movesIntoItself, setSpecialBits } from "./script.js"

export interface FilesEntries {
  /**
   * The entries of a directory, without broken links. Fails with `NotFound`, and with `BadRequest` when it is not a
   * directory. `GET /files`
   *
   * A name that is not UTF-8 has U+FFFD in place of the bytes that are not: no method finds a file by such a name.
   */
  readonly list: (
    path: string,
    options?: {
      /** How many levels to list, at least 1; default 1. Older daemons ignore it. */
      readonly depth?: number | undefined
    }
  ) => Effect.Effect<ReadonlyArray<FileInfo>, ApiError | NotFound>
  /** One file or directory. Fails with `NotFound`, also for a broken link. `GET /files/info` */
  readonly info: (path: string) => Effect.Effect<FileInfo, ApiError | NotFound>
  /** Whether a file or directory exists. `GET /files/info` */
  readonly exists: (path: string) => Effect.Effect<boolean, ApiError>
  /**
   * Creates a directory and its parents. Succeeds when the directory exists; anything else at this path is
   * `BadRequest`. `POST /files/folder`
   */
  readonly createFolder: (
    path: string,
    options?: {
      /**
       * Octal digits up to `0777`, subject to the daemon's umask; default `0755`. The daemon would drop set-user-ID,
       * set-group-ID and sticky bits: use `setPermissions`.
       */
      readonly mode?: string | undefined
    }
  ) => Effect.Effect<void, ApiError>
  /**
   * Deletes a file, a link, or with `recursive` a directory. Fails with `NotFound`. `DELETE /files`; for a link that
   * leads nowhere, which the daemon does not find, `POST /process/execute`
   */
  readonly delete: (
    path: string,
    options?: {
      /** Deletes a directory and everything in it; without it, a directory is `BadRequest`. Default `false`. */
      readonly recursive?: boolean | undefined
    }
  ) => Effect.Effect<void, ApiError | NotFound>
  /**
   * Moves a file or directory. Fails with `NotFound` when it, or the target directory, does not exist; with `Conflict`
   * when the new path exists already; and with `MoveIncomplete` when it was copied to another file system in part, or
   * could not be removed from the old one. A directory cannot be moved into itself, also not through a link:
   * `InvalidRequest`, because the daemon would delete it. `POST /process/execute` for this check, `POST /files/move`
   *
   * To another file system, a volume for example, the daemon copies. Links become copies of what they lead to; one that
   * leads nowhere or to a directory ends the copy, and a named pipe holds it up for ever. After a refusal,
   * `GET /files/info` shows whether a part of the copy is there.
   */
  readonly move: (options: {
    readonly from: string
    /** The new path itself, not the directory to move into. */
    readonly to: string
  }) => Effect.Effect<void, ApiError | NotFound | Conflict | MoveIncomplete>
  /**
   * Changes permissions and owners; what is left out stays. The mode is set first, and stays set when the change of
   * owners is refused (`BadRequest`: an unknown name, or not permitted). Fails with `NotFound`.
   * `POST /files/permissions`
   *
   * The daemon drops set-user-ID, set-group-ID and sticky bits, so a mode with any of them is set last, with `chmod`;
   * fails with `Forbidden` or `BadRequest` when that is refused. `POST /process/execute`
   */
  readonly setPermissions: (
    path: string,
    /** At least one of these. */
    change: {
      /** Octal digits, such as `0644` or `4755`. */
      readonly mode?: string | undefined
      /** A name or a number. */
      readonly owner?: string | undefined
      /** A name or a number. */
      readonly group?: string | undefined
    }
  ) => Effect.Effect<void, ApiError | NotFound>
}

/** Older daemons send these statuses without a message. */
export const missing = { 403: "permission denied", 404: "no such file or directory" } as const

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
    meanings: { ...missing, 400: "its information cannot be read" }
  }),
  createFolder: Operation.make("Files.createFolder", "POST", "/files/folder", {
    query: FolderQuery,
    success: Schema.Void,
    // Creating an existing directory succeeds.
    retry: "always",
    meanings: { 400: "something else exists at this path, or permission was denied" }
  }),
  delete: Operation.make("Files.delete", "DELETE", "/files", {
    query: DeleteQuery,
    success: Schema.Void,
    fails: [NotFound],
    meanings: { ...missing, 400: "it is a directory (use `recursive`), or cannot be deleted" }
  }),
  move: Operation.make(moveName, "POST", "/files/move", {
    query: MoveQuery,
    success: Schema.Void,
    fails: [NotFound, Conflict],
    meanings: {
      403: missing[403],
      404: "no such file or directory, or no such target directory",
      409: "the new path exists already",
      400: "it cannot be moved there"
    }
  }),
  setPermissions: Operation.make("Files.setPermissions", "POST", "/files/permissions", {
    query: PermissionsQuery,
    success: Schema.Void,
    fails: [NotFound],
    retry: "always",
    meanings: { ...missing, 400: "no such user or group, or the change was refused" }
  })
}

/** More than the daemon ever sends. */
const answerLimit = 64 * 1024

export const make = (toolbox: Toolbox.Service): FilesEntries => {
  const info: FilesEntries["info"] = (path) => toolbox.call(operations.info, { query: { path }, subject: path })

  /** A success has an empty body, a partial success an object. The usual case is not JSON, so the body is read here. */
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
        Effect.map((text) => Schema.decodeUnknownOption(MoveAnswer)(parsedJson(text))),
        // A copy to another file system has begun if there is something now: otherwise it would have been a conflict.
        Effect.catchTag("BadRequest", (error) =>
          Effect.flatMap(
            Effect.isSuccess(info(to)),
            (there): Effect.Effect<never, typeof error | MoveIncomplete> =>
              Effect.fail(there ? incomplete(from, to, "copy", error.detail ?? "the daemon does not say why") : error)
          )
        )
      )

  const incomplete = (from: string, to: string, step: MoveIncomplete["step"], reason: string) =>
    new MoveIncomplete({
      system: "daytona",
      operation: moveName,
      sandboxId: toolbox.sandboxId,
      path: from,
      destination: to,
      step,
      reason,
      message:
        step === "copy"
          ? `${from} was copied to ${to} in part, and is still complete itself: ${reason}`
          : `${from} was copied to ${to}, but could not be removed: ${reason}`
    })

  const movable = (from: string, to: string) =>
    Effect.gen(function* () {
      yield* checkedPath(moveName, "from", from)
      yield* checkedPath(moveName, "to", to)
      if (!(yield* movesIntoItself(toolbox, from, to))) return
      return yield* invalidRequest(
        { system: "daytona", operation: moveName, method: "POST" },
        "to",
        `is inside ${from}: a directory cannot be moved into itself`
      )
    })

  const change = (path: string, query: Omit<typeof PermissionsQuery.Type, "path">) =>
    toolbox.call(operations.setPermissions, { query: { ...query, path }, subject: path })

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
      toolbox
        .call(operations.delete, { query: { path, ...(recursive ? { recursive } : {}) }, subject: path })
        .pipe(
          Effect.catchTag("NotFound", "BadRequest", (error) =>
            Effect.catchTag(deleteDanglingLink(toolbox, path), "NotFound", () => Effect.fail(error))
          )
        ),
    move: ({ from, to }) =>
      Effect.flatMap(Effect.zipRight(movable(from, to), moved(from, to)), (answer) => {
        const reason = Option.getOrUndefined(answer)?.error
        if (reason === undefined) return Effect.void
        return incomplete(from, to, "removal", reason)
      }),
    setPermissions: (path, { group, mode, owner }) =>
      group === undefined && mode === undefined && owner === undefined
        ? Effect.fail(nothingToSet())
        : mode === undefined || !Schema.is(FileMode)(mode) || !hasSpecialBits(mode)
          ? change(path, { mode, owner, group })
          : Effect.gen(function* () {
              yield* checkedPath(operations.setPermissions.name, "path", path)
              // A change of owners clears the bits.
              if (owner !== undefined || group !== undefined) yield* change(path, { owner, group })
              yield* setSpecialBits(toolbox, path, mode)
            })
  }
}

const checkedPath = (operation: string, field: string, path: string) =>
  Either.mapBoth(Schema.decodeUnknownEither(FilePath)(path), {
    onLeft: (error) =>
      invalidRequest({ system: "daytona", operation, method: "POST" }, field, describeParseError(error).expected),
    onRight: () => undefined
  })

const nothingToSet = (): InvalidRequest =>
  invalidRequest(
    { system: "daytona", operation: operations.setPermissions.name },
    "mode",
    "must be given, or `owner`, or `group`"
  )
