/** Putting a file into the place of another in one step. The daemon's own move refuses that, the shell's does not. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { type ApiError, BadRequest } from "../../../../errors/ApiError.js"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import * as Operation from "../../../../internal/Operation.js"
import { wireStruct } from "../../../../schema/wireStruct.js"
import type { Toolbox } from "../Toolbox.js"
import { operations as entries } from "./entries.js"

export const operations = {
  replace: Operation.make("Files.upload", "POST", "/process/execute", {
    body: wireStruct({ command: Schema.String }),
    success: wireStruct({ exitCode: Schema.Number, result: Schema.optional(Schema.String) }),
    retry: "always"
  })
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/**
 * `mv` would put the file into a directory of that name; a path is never an option where it follows `--`. Proxies may deliver
 * this twice, and the second time there is nothing left to do.
 */
const command = (from: string, to: string): string =>
  [
    `if [ -d ${quoted(to)} ]; then echo "it is a directory"; exit 1; fi`,
    `if [ ! -e ${quoted(from)} ] && [ -e ${quoted(to)} ]; then exit 0; fi`,
    `mv -f -- ${quoted(from)} ${quoted(to)} </dev/null`
  ].join("\n")

/** A hidden name beside the path: only within a file system does `mv` take one step. */
const beside = (path: string, random: number): string => {
  const name = path.lastIndexOf("/") + 1
  // A long name is cut, since the whole must not be longer than 255 bytes.
  return `${path.slice(0, name)}.${path.slice(name, name + 40)}.${random.toString(36)}.upload`
}

/** Writes to a place beside the path, and moves that there when it is whole. */
export const replacing = <E, R>(
  toolbox: Toolbox.Service,
  path: string,
  write: (target: string) => Effect.Effect<void, E, R>
): Effect.Effect<void, ApiError | E, R> =>
  Effect.gen(function* () {
    const target = beside(path, yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER))
    const at = { query: { path: target }, subject: path }
    const permissions = toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
      Effect.flatMap(({ permissions }) =>
        toolbox.call(entries.setPermissions, { query: { path: target, mode: permissions }, subject: path })
      ),
      Effect.catchTag("NotFound", () => Effect.void)
    )
    const moved = Effect.flatMap(
      toolbox.call(operations.replace, { body: { command: command(target, path) }, subject: path }),
      ({ exitCode, result = "no further words" }) =>
        exitCode === 0 ? Effect.void : Effect.fail(refused(toolbox, path, result.trim()))
    )
    yield* Effect.onExit(Effect.zipRight(write(target), Effect.zipRight(permissions, moved)), (exit) =>
      exit._tag === "Success" ? Effect.void : Effect.ignore(finalizerRequest(toolbox.call(entries.delete, at)))
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
    message: `The file was uploaded, but could not be put in the place of ${path}, and was removed again: ${detail}`,
    attempts: 1,
    retryable: false,
    admitted: "no"
  })
