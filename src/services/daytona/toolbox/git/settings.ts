/** What a repository, or the git of a sandbox, is set up with: remotes, settings, credentials. Recent daemons only. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { GitAlreadyExists, GitNotFound } from "../../../../errors/daytona/git.js"
import type { GitRemote } from "../../../../schema/daytona/toolbox/Git.js"
import type { Toolbox } from "../Toolbox.js"
import { failingWith } from "./failures.js"
import { operations } from "./operations.js"
import type { GitConfigPlace, GitCredentials, GitRemoteError } from "./options.js"
import { settingsPlace, withoutSecret } from "./requests.js"

/** An older daemon has none of these operations: `UnexpectedStatus`, with a hint. */
export interface GitSettings {
  /** Adds a remote. Its URL must hold no secret. `POST /git/remotes` */
  readonly addRemote: (
    path: string,
    remote: GitRemote & {
      /** Also fetch from it. */
      readonly fetch?: boolean | undefined
      /** Replace one of the same name. */
      readonly overwrite?: boolean | undefined
    }
  ) => Effect.Effect<void, GitRemoteError | GitNotFound | GitAlreadyExists>
  /** The remotes, by name. `GET /git/remotes` */
  readonly remotes: (path: string) => Effect.Effect<ReadonlyArray<GitRemote>, ApiError | GitNotFound>
  /** One remote, if there is one of that name. `GET /git/remotes` */
  readonly remote: (
    path: string,
    options: { readonly name: string }
  ) => Effect.Effect<Option.Option<GitRemote>, ApiError | GitNotFound>
  /** A setting such as `user.name`, if it is set. `GET /git/config` */
  readonly getConfig: (
    key: string,
    place?: GitConfigPlace
  ) => Effect.Effect<Option.Option<string>, ApiError | GitNotFound>
  /** Changes a setting; it must be no secret. `POST /git/config` */
  readonly setConfig: (
    setting: GitConfigPlace & { readonly key: string; readonly value: string }
  ) => Effect.Effect<void, ApiError | GitNotFound>
  /** The name and the address of whoever commits with git as a command. `POST /git/config/user` */
  readonly configureUser: (
    user: GitConfigPlace & { readonly name: string; readonly email: string }
  ) => Effect.Effect<void, ApiError | GitNotFound>
  /**
   * Keeps credentials **as plain text** in the sandbox, for every git there, until somebody deletes them: whatever runs in
   * the sandbox can read them. Prefer `credentials` of `clone`, `pull` and `push`.
   * `POST /git/credentials`
   */
  readonly dangerouslyStoreCredentials: (
    credentials: GitCredentials & {
      /** Default `github.com`. */
      readonly host?: string | undefined
      /** Default `https`. */
      readonly protocol?: string | undefined
    }
  ) => Effect.Effect<void, ApiError>
}

/** The daemon's own order is a random one. */
export const byName = Order.mapInput(Order.string, ({ name }: { readonly name: string }) => name)

export const makeSettings = (toolbox: Toolbox.Service): GitSettings => {
  const remotes: GitSettings["remotes"] = (path) =>
    toolbox.call(operations.remotes, { query: { path }, subject: path }).pipe(
      failingWith("GitNotFound"),
      Effect.map((found) => [...found.remotes].sort(byName))
    )

  return {
    remotes,
    addRemote: (path, remote) =>
      Effect.zipRight(
        withoutSecret(operations.addRemote, remote.url, "`pull` and `push` take `credentials`"),
        toolbox.call(operations.addRemote, { body: { ...remote, path }, subject: path })
      ).pipe(failingWith("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitAlreadyExists")),
    remote: (path, { name }) =>
      Effect.map(remotes(path), (all) => Option.fromNullable(all.find((each) => each.name === name))),
    getConfig: (key, place = {}) =>
      Effect.zipRight(
        settingsPlace(operations.getConfig, place),
        toolbox.call(operations.getConfig, { query: { ...place, key }, subject: key })
      ).pipe(
        failingWith("GitNotFound"),
        Effect.map(({ value }) => Option.fromNullable(value))
      ),
    setConfig: (setting) =>
      Effect.zipRight(
        settingsPlace(operations.setConfig, setting),
        toolbox.call(operations.setConfig, { body: setting, subject: setting.key })
      ).pipe(failingWith("GitNotFound")),
    configureUser: (user) =>
      Effect.zipRight(
        settingsPlace(operations.configureUser, user),
        toolbox.call(operations.configureUser, { body: user })
      ).pipe(failingWith("GitNotFound")),
    dangerouslyStoreCredentials: (credentials) => toolbox.call(operations.storeCredentials, { body: credentials })
  }
}
