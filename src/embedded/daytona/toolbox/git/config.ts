/** The endpoints for git's configuration and stored credentials. */
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as responses from "../../http/responses.js"
import { requiredText, text } from "../jsonBody.js"
import type { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import { systemSettings } from "./Git.js"
import * as Repository from "./Repository.js"

const SetSetting = Schema.Struct({ key: requiredText, value: Schema.String, scope: text, path: text })

/** `POST /git/config`. */
export const set = (context: Repository.GitContext): Handler => {
  const read = Repository.body(SetSetting)
  return (request) =>
    Effect.gen(function* () {
      const { key, value, ...target } = yield* read(request)
      yield* write(context, target, [[key, value]])
      return responses.empty(200)
    })
}

/** `GET /git/config`: `null` for a key that is not set in this scope. */
export const get =
  (context: Repository.GitContext): Handler =>
  ({ query }) =>
    Effect.gen(function* () {
      const key = query.get("key") ?? ""
      if (key === "") return yield* Repository.badRequest("key is required")
      const { repository, scope } = yield* resolveTarget(context, {
        scope: query.get("scope") ?? "",
        path: query.get("path") ?? ""
      })
      yield* wellFormed(key)
      const value = yield* repository.tryRun(["config", scope, "--null", "--get", key])
      return responses.json(200, { value: value?.replace(/\0$/, "") ?? null })
    })

const SetUser = Schema.Struct({ name: requiredText, email: requiredText, scope: text, path: text })

/** `POST /git/config/user`: the user for git in the sandbox. Commits through the toolbox name their own author. */
export const setUser = (context: Repository.GitContext): Handler => {
  const read = Repository.body(SetUser)
  return (request) =>
    Effect.gen(function* () {
      const { email, name, ...target } = yield* read(request)
      yield* write(context, target, [
        ["user.name", name],
        ["user.email", email]
      ])
      return responses.empty(200)
    })
}

const StoreCredentials = Schema.Struct({ username: requiredText, password: requiredText, host: text, protocol: text })

/**
 * `POST /git/credentials`: stores them in plain text in `~/.git-credentials`, for all later operations on that host.
 */
export const storeCredentials = (context: Repository.GitContext): Handler => {
  const read = Repository.body(StoreCredentials)
  return (request) =>
    Effect.gen(function* () {
      const { host, password, protocol, username } = yield* read(request)
      const values = [protocol || "https", host || "github.com", username, password]
      if (values.some((value) => /[\n\0]/.test(value))) {
        return yield* Repository.badRequest("credentials must not contain line ends")
      }
      const [protocolValue, hostValue] = values
      yield* write(context, { scope: "global", path: "" }, [["credential.helper", "store"]])
      yield* Repository.at(context, context.machine.home).run(["credential", "approve"], {
        input: `protocol=${protocolValue}\nhost=${hostValue}\nusername=${username}\npassword=${password}\n\n`
      })
      return responses.empty(200)
    })
}

interface ConfigTarget {
  readonly scope: string
  readonly path: string
}

const write = (
  context: Repository.GitContext,
  target: ConfigTarget,
  values: ReadonlyArray<readonly [string, string]>
) =>
  Effect.gen(function* () {
    const { repository, scope } = yield* resolveTarget(context, target)
    if (scope === "--system") yield* Repository.makeDirectory(dirname(systemSettings(context.machine)))
    for (const [key, value] of values) {
      yield* wellFormed(key)
      yield* repository.run(["config", scope, "--replace-all", key, value])
    }
  })

/** Git's option for a scope, and the directory in which to run git. */
const resolveTarget = (context: Repository.GitContext, { path, scope }: ConfigTarget) => {
  switch (scope) {
    case "":
    case "global":
    case "system":
      return Effect.succeed({
        repository: Repository.at(context, context.machine.home),
        scope: scope === "system" ? "--system" : "--global"
      })
    case "local":
      return path === ""
        ? Effect.fail(Repository.badRequest("path is required when scope is local"))
        : Effect.map(Repository.open(context, path), (repository) => ({ repository, scope: "--local" }))
    default:
      return Effect.fail(
        Repository.badRequest(`unsupported config scope "${scope}" (supported: global, local, system)`)
      )
  }
}

const wellFormed = (key: string): Effect.Effect<void, Refusal> =>
  /^[A-Za-z0-9][A-Za-z0-9-]*\.(?:[^\n\0]*\.)?[A-Za-z][A-Za-z0-9-]*$/.test(key)
    ? Effect.void
    : Effect.fail(
        Repository.badRequest(`invalid config key "${key}" (expected section.name or section.subsection.name)`)
      )
