/** Finding files by their names and texts, and replacing text in them. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  FoundPaths,
  ReplacedFileList,
  Replacement,
  SearchQuery,
  type TextMatch,
  TextMatchList
} from "../../../../schema/daytona/toolbox/File.js"
import type { Toolbox } from "../Toolbox.js"

/** What became of one file of `replace`. */
export interface ReplacedFile {
  readonly path: string
  /** Why it was not done, in the daemon's own words. None: it was, perhaps without a match. */
  readonly error: string | undefined
}

export interface FilesSearch {
  /**
   * The paths of the files and directories at and below a path whose **names** match a pattern with `*`, `?` and `[…]`; there
   * is no `**`, and a pattern with `/` matches nothing. Neither does a malformed one, nor is there anything at or below a
   * path that does not exist. `GET /files/search`
   */
  readonly search: (path: string, pattern: string) => Effect.Effect<ReadonlyArray<string>, ApiError>
  /**
   * The lines at and below a path that contain a text, as it is: case counts, and nothing in it is special. Binary files are
   * left out, and so is what follows a line of more than 64 KiB. There may be many. `GET /files/find`
   */
  readonly find: (path: string, text: string) => Effect.Effect<ReadonlyArray<TextMatch>, ApiError>
  /**
   * Replaces a text, as it is, wherever it occurs in some files; one result for each file, in their order. A file without it
   * is written again all the same, and its permissions stay. `POST /files/replace`
   */
  readonly replace: (options: {
    readonly files: readonly [string, ...Array<string>]
    /** Not empty. */
    readonly pattern: string
    /** May be empty. */
    readonly replacement: string
  }) => Effect.Effect<ReadonlyArray<ReplacedFile>, ApiError>
}

export const operations = {
  search: Operation.make("Files.search", "GET", "/files/search", {
    query: SearchQuery,
    success: FoundPaths,
    meanings: { 400: "it cannot be searched" }
  }),
  find: Operation.make("Files.find", "GET", "/files/find", {
    query: SearchQuery,
    success: TextMatchList,
    meanings: { 400: "it cannot be searched" }
  }),
  replace: Operation.make("Files.replace", "POST", "/files/replace", {
    body: Replacement,
    success: ReplacedFileList,
    meanings: { 400: "the files cannot be changed" }
  })
}

export const make = (toolbox: Toolbox.Service): FilesSearch => ({
  search: (path, pattern) =>
    Effect.map(toolbox.call(operations.search, { query: { path, pattern }, subject: path }), ({ files }) => files),
  find: (path, text) =>
    Effect.map(
      toolbox.call(operations.find, { query: { path, pattern: text }, subject: path }),
      (matches) => matches ?? []
    ),
  replace: ({ files, pattern, replacement }) =>
    Effect.map(toolbox.call(operations.replace, { body: { files, pattern, replacement } }), (results) =>
      (results ?? []).map(({ error, file = "", success = false }) => ({
        path: file,
        error: success ? undefined : (error ?? "no further words")
      }))
    )
})
