/** Scripts for what the daemon's own operations get wrong, each with a single request. */
import * as Effect from "effect/Effect"
import { type ApiError, BadRequest, Forbidden, NotFound } from "../../../../errors/ApiError.js"
import type { RequestFailureFields } from "../../../../errors/RequestFailure.js"
import { operations as processes } from "../process/operations.js"
import { cleanPath, quotePath } from "../quotePath.js"
import type { Toolbox } from "../Toolbox.js"

/** The exit code for a path that does not exist. */
const missing = 44

/** The exit code for a target that is inside the source. */
const inside = 45

/** A second run changes nothing. */
const script = (name: string) => ({ ...processes.executeMerged, name, retry: "always", timeout: undefined }) as const

type ScriptOperation = ReturnType<typeof script>

export const operations = {
  checkMove: script("Files.move"),
  deleteLink: script("Files.delete"),
  setSpecialBits: script("Files.setPermissions"),
  checkEmpty: script("Files.download")
}

const run = (toolbox: Toolbox.Service, operation: ScriptOperation, path: string, lines: ReadonlyArray<string>) =>
  toolbox.call(operation, { body: { command: lines.join("\n") }, subject: path })

const failed = (
  { sandboxId }: Toolbox.Service,
  { method, name, path: endpoint }: ScriptOperation,
  path: string,
  { exitCode, result }: { readonly exitCode: number; readonly result: string }
): BadRequest | Forbidden | NotFound => {
  const detail = result.trim() || (exitCode === missing ? "no such file or directory" : `exit code ${exitCode}`)
  const fields: RequestFailureFields = {
    system: "daytona",
    operation: name,
    method,
    path: endpoint,
    subject: path,
    sandboxId,
    detail,
    message: `${name} of ${path} failed: ${detail}`,
    attempts: 1,
    retryable: false,
    admitted: "no"
  }
  if (exitCode === missing) return new NotFound(fields)
  return /not permitted|permission denied/i.test(detail) ? new Forbidden(fields) : new BadRequest(fields)
}

/**
 * Whether a directory would be moved into itself, also through a link: the daemon would then delete it. A link is moved
 * itself, wherever it leads.
 */
export const movesIntoItself = (
  toolbox: Toolbox.Service,
  from: string,
  to: string
): Effect.Effect<boolean, ApiError | NotFound> => {
  const source = cleanPath(from)
  const target = cleanPath(to)
  if (target.startsWith(`${source}/`)) return Effect.succeed(true)
  const name = target.lastIndexOf("/")
  const parent = name === 0 ? "/" : name === -1 ? "." : target.slice(0, name)
  return Effect.flatMap(
    run(toolbox, operations.checkMove, from, [
      `from=${quotePath(source)} parent=${quotePath(parent)} here=$PWD`,
      'if [ ! -d "$from" ] || [ -L "$from" ]; then exit 0; fi',
      // What cannot be entered, the daemon refuses. `-P` makes `PWD` a path without links.
      'cd -P -- "$from" 2> /dev/null || exit 0',
      'from=$PWD; cd -- "$here" && cd -P -- "$parent" 2> /dev/null || exit 0',
      `case "$PWD/" in "$from"/*) exit ${inside} ;; esac`
    ]),
    (answer) =>
      answer.exitCode === 0 || answer.exitCode === inside
        ? Effect.succeed(answer.exitCode === inside)
        : Effect.fail(failed(toolbox, operations.checkMove, from, answer))
  )
}

/** Deletes a link that leads nowhere, which the daemon does not find; `NotFound` if there is none. */
export const deleteDanglingLink = (toolbox: Toolbox.Service, path: string): Effect.Effect<void, ApiError | NotFound> =>
  Effect.flatMap(
    run(toolbox, operations.deleteLink, path, [
      `file=${quotePath(cleanPath(path))}`,
      `if [ ! -L "$file" ] || [ -e "$file" ]; then exit ${missing}; fi`,
      'rm -f -- "$file" 2>&1 < /dev/null'
    ]),
    (answer) =>
      answer.exitCode === 0 ? Effect.void : Effect.fail(failed(toolbox, operations.deleteLink, path, answer))
  )

/** Whether a mode has set-user-ID, set-group-ID or sticky bits, which the daemon drops. */
export const hasSpecialBits = (mode: string): boolean => Number.parseInt(mode, 8) > 0o777

export const setSpecialBits = (
  toolbox: Toolbox.Service,
  path: string,
  mode: string
): Effect.Effect<void, ApiError | NotFound> => {
  const bits = Number.parseInt(mode, 8)
  const tests = [...(bits & 0o4000 ? ['[ -u "$file" ]'] : []), ...(bits & 0o2000 ? ['[ -g "$file" ]'] : [])]
  return Effect.flatMap(
    run(toolbox, operations.setSpecialBits, path, [
      `file=${quotePath(path)}`,
      `if [ ! -e "$file" ]; then exit ${missing}; fi`,
      `chmod ${mode} -- "$file" 2>&1 < /dev/null || exit 1`,
      // The system drops them silently for a group that the daemon's user is not in.
      ...tests.map((test) => `${test} || { echo "the system did not set all bits"; exit 1; }`)
    ]),
    (answer) =>
      answer.exitCode === 0 ? Effect.void : Effect.fail(failed(toolbox, operations.setSpecialBits, path, answer))
  )
}

/** Whether a file that was announced with a length of 0 is really an empty file. */
export const isEmptyFile = (toolbox: Toolbox.Service, path: string): Effect.Effect<boolean, ApiError> =>
  Effect.map(
    run(toolbox, operations.checkEmpty, path, [
      `file=${quotePath(path)}`,
      // It may have been removed in the meantime.
      'if [ ! -e "$file" ]; then exit 0; fi',
      'if [ ! -f "$file" ]; then exit 1; fi',
      // A file with a length has changed in the meantime.
      'if [ -s "$file" ]; then exit 0; fi',
      'if IFS= read -r line < "$file" || [ -n "$line" ]; then exit 1; fi',
      "exit 0"
    ]),
    ({ exitCode }) => exitCode === 0
  )
