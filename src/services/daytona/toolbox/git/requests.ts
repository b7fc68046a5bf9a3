/** What is checked before git is asked for anything: credentials, addresses, and options that older daemons would ignore. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type ApiError, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { UnsupportedByDaemon } from "../../../../errors/daytona/daemon.js"
import { invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { GitConfigQuery, type GitConfigScope, GitSetting } from "../../../../schema/daytona/toolbox/Git.js"
import type { Toolbox } from "../Toolbox.js"
import type { GitCredentials } from "./options.js"

type Named = { readonly name: string; readonly method: Operation.Method }

const refuse = ({ method, name }: Named, field: string, problem: string) =>
  Effect.fail(invalidRequest({ system: "daytona", operation: name, method }, field, problem))

/** The daemon uses credentials only when it has both, and asks anonymously otherwise, without a word. */
export const credentialFields = (
  operation: Named,
  credentials: GitCredentials | undefined
): Effect.Effect<Partial<GitCredentials>, InvalidRequest> => {
  if (credentials === undefined) return Effect.succeed({})
  const { password, username } = credentials
  if (username === "") return refuse(operation, "credentials.username", "must not be empty")
  if (Redacted.value(password) === "") return refuse(operation, "credentials.password", "must not be empty")
  return Effect.succeed({ username, password })
}

export const authorFields = (
  operation: Named,
  { email, name }: { readonly name: string; readonly email: string }
): Effect.Effect<{ readonly author: string; readonly email: string }, InvalidRequest> => {
  if (name === "") return refuse(operation, "author.name", "must not be empty")
  if (email === "") return refuse(operation, "author.email", "must not be empty")
  return Effect.succeed({ author: name, email })
}

/** `https://user:token@host/…`; the user name alone is usual for ssh, and often a token for HTTP. */
const secretInAddress = /^(https?:\/\/[^/?#]*@|[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#]*@)/i

/** An address stays in the configuration of the repository, in logs and in errors: no place for a secret. */
export const withoutSecret = (operation: Named, url: string, instead: string): Effect.Effect<void, InvalidRequest> =>
  secretInAddress.test(url.trim())
    ? refuse(operation, "url", `must not hold a user name or password, which would be kept and shown; ${instead}`)
    : Effect.void

/** Only a repository has local settings. */
export const settingsPlace = (
  operation: Named,
  { path, scope }: { readonly scope?: GitConfigScope | undefined; readonly path?: string | undefined }
): Effect.Effect<void, InvalidRequest> =>
  scope === "local" && path === undefined
    ? refuse(operation, "path", "must be given for the scope `local`: it is that of one repository")
    : Effect.void

const probe = Operation.make("Git.daemonGeneration", "GET", "/git/config", {
  query: GitConfigQuery,
  success: GitSetting,
  fails: [NotFound]
})

const isRouteMissing = (error: ApiError): boolean =>
  error._tag === "UnexpectedStatus" && error.status === 404 && error.detail === undefined

/**
 * Whether the daemon knows options that came with newer ones, by field. An older daemon would ignore them, so it is asked
 * for something else that came with them, once: its version may be unset.
 */
export const newerOptions = (toolbox: Toolbox.Service) => {
  let isNewer = false
  const asked = toolbox.call(probe, { query: { key: "user.name" } }).pipe(
    Effect.as(true),
    Effect.catchTag("NotFound", () => Effect.succeed(true)),
    Effect.catchIf(isRouteMissing, () => Effect.succeed(false)),
    Effect.tap((answer) =>
      Effect.sync(() => {
        isNewer = answer
      })
    )
  )
  return (
    operation: Named,
    options: Readonly<Record<string, unknown>>
  ): Effect.Effect<void, ApiError | UnsupportedByDaemon> => {
    const field = Object.keys(options).find((name) => options[name] !== undefined && options[name] !== false)
    if (field === undefined || isNewer) return Effect.void
    return Effect.flatMap(asked, (known) =>
      known
        ? Effect.void
        : Effect.fail(
            new UnsupportedByDaemon({
              system: "daytona",
              operation: operation.name,
              sandboxId: toolbox.sandboxId,
              field,
              message: `${operation.name} was not sent: the daemon in sandbox ${toolbox.sandboxId} is older than \`${field}\` and would ignore it. Leave it out, run git as a command, or use a sandbox from a newer snapshot.`
            })
          )
    )
  }
}
