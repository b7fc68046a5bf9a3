/** Remotes, configuration and stored credentials. Recent daemons only. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { GitAlreadyExists, GitNotFound } from "../../../../errors/daytona/git.js"
import type { GitRemote } from "../../../../schema/daytona/toolbox/Git.js"
import type { Toolbox } from "../Toolbox.js"
import { classifyGitFailure } from "./failures.js"
import { operations } from "./operations.js"
import type { ConfigLocation, Credentials, RemoteError } from "./options.js"
import { checkLocation, withoutSecret } from "./requests.js"

/** Older daemons lack these operations: they fail with `UnexpectedStatus`, with a hint. */
export interface GitSettings {
  /** Adds a remote. Its URL must not contain a secret. `POST /git/remotes` */
  readonly addRemote: (
    path: string,
    remote: GitRemote & {
      /** Also fetches from it. */
      readonly fetch?: boolean | undefined
      /** Replaces a remote of the same name. */
      readonly overwrite?: boolean | undefined
    }
  ) => Effect.Effect<void, RemoteError | GitNotFound | GitAlreadyExists>
  /** The remotes, sorted by name. `GET /git/remotes` */
  readonly remotes: (path: string) => Effect.Effect<ReadonlyArray<GitRemote>, ApiError | GitNotFound>
  /** The remote of this name, if there is one. `GET /git/remotes` */
  readonly remote: (
    path: string,
    options: { readonly name: string }
  ) => Effect.Effect<Option.Option<GitRemote>, ApiError | GitNotFound>
  /** A setting such as `user.name`, if it is set. `GET /git/config` */
  readonly getConfig: (
    key: string,
    location?: ConfigLocation
  ) => Effect.Effect<Option.Option<string>, ApiError | GitNotFound>
  /** Changes a setting; it must not be a secret. `POST /git/config` */
  readonly setConfig: (
    setting: ConfigLocation & { readonly key: string; readonly value: string }
  ) => Effect.Effect<void, ApiError | GitNotFound>
  /** Sets the name and email address of commits made with the git command. `POST /git/config/user` */
  readonly configureUser: (
    user: ConfigLocation & { readonly name: string; readonly email: string }
  ) => Effect.Effect<void, ApiError | GitNotFound>
  /**
   * Stores credentials **as plain text** in the sandbox, for every git command there, until they are deleted: every
   * program in the sandbox can read them. Prefer `credentials` of `clone`, `pull` and `push`. `POST /git/credentials`
   */
  readonly dangerouslyStoreCredentials: (
    credentials: Credentials & {
      /** Default `github.com`. */
      readonly host?: string | undefined
      /** Default `https`. */
      readonly protocol?: string | undefined
    }
  ) => Effect.Effect<void, ApiError>
}

/** The daemon returns a random order. */
export const byName = Order.mapInput(Order.string, ({ name }: { readonly name: string }) => name)

export const makeSettings = (toolbox: Toolbox.Service): GitSettings => {
  const remotes: GitSettings["remotes"] = (path) =>
    toolbox.call(operations.remotes, { query: { path }, subject: path }).pipe(
      classifyGitFailure("GitNotFound"),
      Effect.map((found) => [...found.remotes].sort(byName))
    )

  return {
    remotes,
    addRemote: (path, remote) =>
      Effect.zipRight(
        withoutSecret(operations.addRemote, remote.url, "pass `credentials` to `pull` and `push`"),
        toolbox.call(operations.addRemote, { body: { ...remote, path }, subject: path })
      ).pipe(classifyGitFailure("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitAlreadyExists")),
    remote: (path, { name }) =>
      Effect.map(remotes(path), (all) => Option.fromNullable(all.find((each) => each.name === name))),
    getConfig: (key, location = {}) =>
      Effect.zipRight(
        checkLocation(operations.getConfig, location),
        toolbox.call(operations.getConfig, { query: { ...location, key }, subject: key })
      ).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.map(({ value }) => Option.fromNullable(value))
      ),
    setConfig: (setting) =>
      Effect.zipRight(
        checkLocation(operations.setConfig, setting),
        toolbox.call(operations.setConfig, { body: setting, subject: setting.key })
      ).pipe(classifyGitFailure("GitNotFound")),
    configureUser: (user) =>
      Effect.zipRight(
        checkLocation(operations.configureUser, user),
        toolbox.call(operations.configureUser, { body: user })
      ).pipe(classifyGitFailure("GitNotFound")),
    dangerouslyStoreCredentials: (credentials) => toolbox.call(operations.storeCredentials, { body: credentials })
  }
}
