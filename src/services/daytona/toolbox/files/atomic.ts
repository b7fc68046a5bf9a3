/** Replaces a file in one step, with `mv`: the daemon's own move does not overwrite. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type ApiError, BadRequest } from "../../../../errors/ApiError.js"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import { operations as processOperations } from "../process/operations.js"
import { quotePath } from "../quotePath.js"
import { debtIn } from "../scopedCreation.js"
import type { Toolbox } from "../Toolbox.js"
import { operations as entries } from "./entries.js"

export const operations = {
  replace: {
    ...processOperations.executeMerged,
    name: "Files.upload",
    retry: "always",
    timeout: undefined,
    secretBody: false
  } as const
}

/**
 * `mv` would move the file into a directory of that name, so that is refused first. Proxies may deliver the command
 * twice: the second time there is nothing left to move. It would also replace a link, so the file behind that is named
 * instead; but only one that the daemon has found, since a link may lead to where the daemon lets nobody write.
 */
const command = (from: string, to: string, isThere: boolean): string =>
  [
    `from=${quotePath(from)} to=${quotePath(to)}`,
    'if [ -d "$to" ]; then echo "it is a directory"; exit 1; fi',
    'if [ ! -e "$from" ] && [ -e "$to" ]; then exit 0; fi',
    ...(isThere ? ['if [ -L "$to" ]; then to=$(readlink -f -- "$to") || exit 1; fi'] : []),
    'mv -f -- "$from" "$to" </dev/null'
  ].join("\n")

/** A hidden name in the same directory: `mv` is atomic only within a file system. */
const temporaryPath = (path: string, random: number): string => {
  const name = path.lastIndexOf("/") + 1
  // Cut, because a name must not exceed 255 bytes.
  return `${path.slice(0, name)}.${path.slice(name, name + 40)}.${random.toString(36)}.upload`
}

/** Writes to a temporary path, and moves the file into place when it is complete. */
export const replacing = <E, R>(
  toolbox: Toolbox.Service,
  path: string,
  write: (target: string) => Effect.Effect<void, E, R>
): Effect.Effect<void, ApiError | E, R> =>
  Effect.gen(function* () {
    const target = temporaryPath(path, yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER))
    const at = { query: { path: target }, subject: path }
    const permissions = toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
      Effect.flatMap(({ permissions }) =>
        toolbox.call(entries.setPermissions, { query: { path: target, mode: permissions }, subject: path })
      ),
      Effect.as(true),
      Effect.catchTag("NotFound", () => Effect.succeed(false))
    )
    const move = (isThere: boolean) =>
      Effect.flatMap(
        toolbox.call(operations.replace, { body: { command: command(target, path, isThere) }, subject: path }),
        ({ exitCode, result }) =>
          exitCode === 0 ? Effect.void : Effect.fail(refused(toolbox, path, result.trim() || "no details"))
      )
    yield* Effect.zipRight(write(target), Effect.flatMap(permissions, move)).pipe(
      Effect.onExit((exit) =>
        exit._tag === "Success" ? Effect.void : Effect.ignore(finalizerRequest(toolbox.call(entries.delete, at)))
      ),
      toolbox.pendingReleases.during(debtIn(toolbox, `the file ${target}`))
    )
  })

const refused = ({ sandboxId }: Toolbox.Service, path: string, detail: string): BadRequest =>
  new BadRequest({
    system: "daytona",
    operation: operations.replace.name,
    method: operations.replace.method,
    path: operations.replace.path,
    subject: path,
    sandboxId,
    detail,
    message: `The file was uploaded, but could not replace ${path}, and was removed again: ${detail}`,
    attempts: 1,
    retryable: false,
    admitted: "no"
  })
