/** Checks before a request is sent: credentials, URLs, and options that older daemons would ignore. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { type ApiError, type InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { UnsupportedByDaemon } from "../../../../errors/daytona/daemon.js"
import { describeParseError, invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { GitConfigQuery, type GitConfigScope, GitSetting } from "../../../../schema/daytona/toolbox/Git.js"
import type { Toolbox } from "../Toolbox.js"
import type { Credentials } from "./options.js"

type Named = { readonly name: string; readonly method: Operation.Method }

const refuse = ({ method, name }: Named, field: string, problem: string) =>
  Effect.fail(invalidRequest({ system: "daytona", operation: name, method }, field, problem))

const lineEnd = /[\r\n\0]/

const oneLine = "must not contain line breaks or NUL characters"

/** A branch, remote or path that becomes part of a script. */
export const withoutNul = (
  operation: Named,
  fields: Readonly<Record<string, string | undefined>>
): Effect.Effect<void, InvalidRequest> =>
  Effect.forEach(
    Object.entries(fields),
    ([field, value]) =>
      value === ""
        ? refuse(operation, field, "must not be empty")
        : value?.includes("\0")
          ? refuse(operation, field, "must not contain a NUL character")
          : Effect.void,
    { discard: true }
  )

/** What Git does not accept in the name of a branch, as `git check-ref-format --branch` does. */
const inBranchName: ReadonlyArray<readonly [RegExp, string]> = [
  [/(?![\u0080-\u009f])[\p{Cc} ~^:?*[\\]/u, "must not contain spaces, control characters, or any of ~ ^ : ? * [ \\"],
  [/\.\.|@\{|\/\/|^\/|\/$|\.$/, 'must not contain "..", "@{" or "//", begin or end with "/", or end with "."'],
  [/(^|\/)\.|\.lock($|\/)/, 'must have no part that begins with "." or ends with ".lock"'],
  [/^(-.*|@|HEAD)$/s, 'must not begin with "-", or be "@" or "HEAD"']
]

/** The name of a branch that is created. */
export const validBranchName = (operation: Named, name: string): Effect.Effect<void, InvalidRequest> => {
  const problem = inBranchName.find(([pattern]) => pattern.test(name))?.[1]
  return problem === undefined ? Effect.void : refuse(operation, "name", problem)
}

/** Checks the body of an operation that is not the first request. */
export const checkedBody = <Body>(
  operation: Named & { readonly encodeBody: Operation.Operation<string, never, Body, unknown, never>["encodeBody"] },
  body: Body
): Effect.Effect<void, InvalidRequest> => {
  const encoded = operation.encodeBody?.(body)
  if (encoded === undefined || Either.isRight(encoded)) return Effect.void
  const { expected, field } = describeParseError(encoded.left)
  return refuse(operation, field, expected)
}

/** The daemon silently ignores credentials unless it gets both a user name and a password. */
export const credentialFields = (
  operation: Named,
  credentials: Credentials | undefined
): Effect.Effect<Partial<Credentials>, InvalidRequest> => {
  if (credentials === undefined) return Effect.succeed({})
  const { password, username } = credentials
  if (username === "") return refuse(operation, "credentials.username", "must not be empty")
  if (Redacted.value(password) === "") return refuse(operation, "credentials.password", "must not be empty")
  // Git's programs exchange credentials line by line.
  if (lineEnd.test(username)) return refuse(operation, "credentials.username", oneLine)
  if (lineEnd.test(Redacted.value(password))) return refuse(operation, "credentials.password", oneLine)
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
const secretInUrl = /^(https?:\/\/[^/?#]*@|[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#]*@)/i

/** A URL ends up in the configuration of the repository, in logs and in errors, so it must not contain a secret. */
export const withoutSecret = (operation: Named, url: string, instead: string): Effect.Effect<void, InvalidRequest> =>
  secretInUrl.test(url.trim())
    ? refuse(operation, "url", `must not contain a user name or password, which would be stored and shown; ${instead}`)
    : Effect.void

/** Local settings need a repository. */
export const checkLocation = (
  operation: Named,
  { path, scope }: { readonly scope?: GitConfigScope | undefined; readonly path?: string | undefined }
): Effect.Effect<void, InvalidRequest> =>
  scope === "local" && path === undefined
    ? refuse(operation, "path", "is required for the scope `local`, which belongs to one repository")
    : Effect.void

const probe = Operation.make("Git.daemonGeneration", "GET", "/git/config", {
  query: GitConfigQuery,
  success: GitSetting,
  fails: [NotFound]
})

const isRouteMissing = (error: ApiError): boolean =>
  error._tag === "UnexpectedStatus" && error.status === 404 && error.detail === undefined

/**
 * Fails when the daemon is too old for one of the options, which it would silently ignore. Its version may be unset, so
 * support is detected, once, by an endpoint that was introduced together with them.
 */
export const supportsOptions = (toolbox: Toolbox.Service) => {
  let isSupported = false
  const detected = toolbox.call(probe, { query: { key: "user.name" } }).pipe(
    Effect.as(true),
    Effect.catchTag("NotFound", () => Effect.succeed(true)),
    Effect.catchIf(isRouteMissing, () => Effect.succeed(false)),
    Effect.tap((answer) =>
      Effect.sync(() => {
        isSupported = answer
      })
    )
  )
  return (
    operation: Named,
    options: Readonly<Record<string, unknown>>
  ): Effect.Effect<void, ApiError | UnsupportedByDaemon> => {
    const field = Object.keys(options).find((name) => options[name] !== undefined && options[name] !== false)
    if (field === undefined || isSupported) return Effect.void
    return Effect.flatMap(detected, (supported) =>
      supported
        ? Effect.void
        : Effect.fail(
            new UnsupportedByDaemon({
              system: "daytona",
              operation: operation.name,
              sandboxId: toolbox.sandboxId,
              field,
              message: `${operation.name} was not sent: the daemon in sandbox ${toolbox.sandboxId} is too old for \`${field}\` and would ignore it. Leave it out, run git as a command, or use a sandbox from a newer snapshot.`
            })
          )
    )
  }
}
