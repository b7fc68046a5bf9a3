/** Searches files by name and content, and replaces text in them. */
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
import type { ReplacedFile } from "../../../../schema/daytona/toolbox/FileResult.js"
import type { Toolbox } from "../Toolbox.js"

export interface FilesSearch {
  /**
   * The files and directories at and below a path whose **names** match a pattern with `*`, `?` and `[…]`. There is no
   * `**`. A pattern with `/`, a malformed pattern and a path that does not exist all yield no matches.
   * `GET /files/search`
   */
  readonly search: (path: string, pattern: string) => Effect.Effect<ReadonlyArray<string>, ApiError>
  /**
   * The lines at and below a path that contain a text, matched literally and case-sensitively. Skips binary files, and
   * the rest of a file after a line of more than 64 KiB. The number of results is not limited. `GET /files/find`
   */
  readonly find: (path: string, text: string) => Effect.Effect<ReadonlyArray<TextMatch>, ApiError>
  /**
   * Replaces all occurrences of a text, matched literally, and returns one result per file, in order. Files without a
   * match are rewritten too. Permissions stay. A pipe is waited for until the call fails with `Timeout`; files before
   * it are done then. `POST /files/replace`
   */
  readonly replace: (options: {
    readonly files: readonly [string, ...Array<string>]
    /** Must not be empty. */
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
        error: success ? undefined : (error ?? "no details")
      }))
    )
})
