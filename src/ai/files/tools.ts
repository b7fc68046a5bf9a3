/** Reading, writing, editing and finding files. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { Count, FilledText, Flag, note, Text } from "../parameters.js"

const path = described(FilledText, "Absolute, or relative to the work directory. `~` is not expanded.")

const start = optional(FilledText, "Where to search, with all directories below. Default: the work directory.")

export const readFile = define("read_file", {
  title: "Read a file",
  description:
    "Reads lines of a text file. Each line is shown as its number, `: ` and its text; the number is not part of the " +
    "file. Lines that are too long are cut, and so is the answer; the note says what is missing and from which line " +
    "to read on. A file that is not UTF-8 text is not shown: the failure says what it seems to be.",
  effects: { reads: true },
  parameters: {
    path,
    firstLine: optional(Count, "The first line to show, from 1. Default 1."),
    lines: optional(Count, "How many lines to show at most. Default 500.")
  },
  success: Schema.Struct({
    content: Schema.String,
    /** The first line that is shown; 0 when none is. */
    firstLine: Schema.Number,
    lastLine: Schema.Number,
    ...note
  })
})

export const writeFile = define("write_file", {
  title: "Write a file",
  description:
    "Writes a whole text file, and creates the directories above it. What was in the file before is lost. To change a " +
    "part of a file, use edit_file.",
  effects: { destroys: true, repeatable: true },
  parameters: { path, content: described(Text, "The whole new content. May be empty.") },
  success: Schema.Struct({
    /** How many bytes were written. */
    bytes: Schema.Number,
    /** Whether there was no such file before. */
    created: Schema.Boolean,
    ...note
  })
})

export const editFile = define("edit_file", {
  title: "Edit a file",
  description:
    "Replaces text in a file. The text to find must be in the file exactly as given, with all its spaces and line " +
    "breaks, and only once unless `everywhere` is set; take a few lines around the change to make it unique. Nothing " +
    "is changed otherwise, and the failure shows the lines that come closest, or where the text is. The answer shows " +
    "the lines after the change.",
  effects: { destroys: true },
  parameters: {
    path,
    find: described(FilledText, "The text to replace, without line numbers."),
    replacement: described(Text, "The text to put there. Empty: the text is removed."),
    everywhere: optional(Flag, "Replaces every occurrence. Default false.")
  },
  success: Schema.Struct({
    replacements: Schema.Number,
    /** The changed lines with those around them, numbered. */
    changed: Schema.String,
    ...note
  })
})

export const listDirectory = define("list_directory", {
  title: "List a directory",
  description:
    "Lists the entries of one directory in order of their names: a `/` follows the name of a directory, the size in " +
    "bytes that of a file.",
  effects: { reads: true },
  parameters: { path: optional(FilledText, "The directory. Default: the work directory.") },
  success: Schema.Struct({
    /** One entry a line. */
    entries: Schema.String,
    /** How many entries there are, also those that were cut. */
    count: Schema.Number,
    ...note
  })
})

export const findFiles = define("find_files", {
  title: "Find files by name",
  description:
    "Finds files and directories by name, in a directory and all below it. What is in `.git` and `node_modules` is " +
    "left out, unless the search starts there.",
  effects: { reads: true },
  parameters: {
    pattern: described(
      FilledText,
      "What the name is like, with `*`, `?` and `[a-z]`, such as `*.test.ts`. A name only: no `/`, no `**`."
    ),
    path: start
  },
  success: Schema.Struct({
    /** One path a line. */
    paths: Schema.String,
    /** How many were found, also those that were cut. */
    count: Schema.Number,
    ...note
  })
})

export const searchFiles = define("search_files", {
  title: "Search in files",
  description:
    "Finds the lines that contain a text, in a file or in a directory and all below it. The text is taken literally, " +
    "upper and lower case differ, and it is searched within lines. Each match is shown as path, `:`, line number, " +
    "`: ` and the line. Binary files are skipped. What is in `.git` and `node_modules` is left out, unless the search " +
    "starts there.",
  effects: { reads: true },
  parameters: { text: described(FilledText, "The text, without line breaks."), path: start },
  success: Schema.Struct({
    /** One match a line. */
    matches: Schema.String,
    /** How many lines were found, also those that were cut. */
    count: Schema.Number,
    ...note
  })
})

export const toolkit = Toolkit.make(
  readFile.tool,
  writeFile.tool,
  editFile.tool,
  listDirectory.tool,
  findFiles.tool,
  searchFiles.tool
)
