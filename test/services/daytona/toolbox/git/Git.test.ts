import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Git } from "../../../../../src/services/daytona/toolbox/git/Git.js"
import { operations } from "../../../../../src/services/daytona/toolbox/git/operations.js"
import { withoutSecret } from "../../../../../src/services/daytona/toolbox/git/requests.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { done, newRefusal, noSuchRoute, oldRefusal, scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const over = (...answers: ReadonlyArray<Answer>) => {
  const server = scriptedToolbox(...answers)
  return {
    ...server,
    run: <A, E>(use: (git: Git.Service) => Effect.Effect<A, E>) =>
      Effect.flatMap(Git, use).pipe(Effect.provide(Git.layer), Effect.provide(server.layer))
  }
}

/** What comes before the daemon's own operation: the directory to clone into, or a sandbox without the git program. */
const empty = json([])
const noProgram = json({ exitCode: 97, result: "" })
const clean = json({ currentBranch: "main", fileStatus: null })

const credentials = { username: "ada", password: Redacted.make("ghp_tell_nobody") }

describe("git", () => {
  it.effect("clones, changes, commits and pushes", () =>
    Effect.gen(function* () {
      const server = over(empty, done, noProgram, done, json({ hash: "a".repeat(40) }), done)
      const hash = yield* server.run((git) =>
        Effect.gen(function* () {
          yield* git.clone({ url: "https://example.com/a.git", path: "work/a", credentials, commitId: "abc" })
          yield* git.add("work/a")
          const hash = yield* git.commit("work/a", {
            message: "Say hello",
            author: { name: "Ada", email: "ada@example.com" },
            allowEmpty: true
          })
          yield* git.push("work/a", { credentials })
          return hash
        })
      )
      expect(hash).toBe("a".repeat(40))
      expect(server.lines()).toEqual([
        "GET /files?path=work%2Fa",
        "POST /git/clone",
        "POST /process/execute",
        "POST /git/add",
        "POST /git/commit",
        "POST /git/push"
      ])
      expect(server.bodies().filter((_, index) => index !== 0 && index !== 2)).toEqual([
        {
          url: "https://example.com/a.git",
          path: "work/a",
          username: "ada",
          password: "ghp_tell_nobody",
          commit_id: "abc"
        },
        { path: "work/a", files: ["."] },
        {
          path: "work/a",
          message: "Say hello",
          author: "Ada",
          email: "ada@example.com",
          allow_empty: true
        },
        { path: "work/a", username: "ada", password: "ghp_tell_nobody" }
      ])
    })
  )

  it.effect("reads the state of a repository, with its files sorted by name", () =>
    Effect.gen(function* () {
      const file = (name: string, worktree: string) => ({ name, extra: "", staging: "Unmodified", worktree })
      const server = over(
        json({
          currentBranch: "main",
          fileStatus: [file("b", "Modified"), file("a/z", "Untracked"), file("a", "Sparse")],
          branchPublished: true,
          ahead: 1,
          behind: 0
        }),
        json({ currentBranch: "main", fileStatus: null })
      )
      const [busy, clean] = yield* server.run((git) => Effect.all([git.status("/r"), git.status("/r")]))
      expect(busy.fileStatus.map(({ name, worktree }) => [name, worktree])).toEqual([
        ["a", "Sparse"],
        ["a/z", "Untracked"],
        ["b", "Modified"]
      ])
      expect(clean).toEqual({ currentBranch: "main", fileStatus: [], branchPublished: false, ahead: 0, behind: 0 })
    })
  )

  it.effect("sorts lists, and reads a missing list as empty", () =>
    Effect.gen(function* () {
      const server = over(
        json({ branches: ["main", "feature"] }),
        json({ branches: null }),
        json(null),
        json({ remotes: null }),
        json({
          remotes: [
            { name: "up", url: "u" },
            { name: "origin", url: "o" }
          ]
        }),
        json({ remotes: [{ name: "origin", url: "o" }] }),
        json({}),
        json({ value: "Ada" })
      )
      const found = yield* server.run((git) =>
        Effect.all([
          git.branches("/r"),
          git.branches("/r"),
          git.history("/r"),
          git.remotes("/r"),
          git.remotes("/r"),
          git.remote("/r", { name: "other" }),
          git.getConfig("user.name"),
          git.getConfig("user.name", { scope: "local", path: "/r" })
        ])
      )
      expect(found).toEqual([
        { branches: ["feature", "main"] },
        { branches: [] },
        [],
        [],
        [
          { name: "origin", url: "o" },
          { name: "up", url: "u" }
        ],
        Option.none(),
        Option.none(),
        Option.some("Ada")
      ])
      expect(server.lines().at(-1)).toBe("GET /git/config?key=user.name&scope=local&path=%2Fr")
    })
  )

  it.effect("sends the bodies of the newer operations", () =>
    Effect.gen(function* () {
      const server = over(...Array.from({ length: 7 }, () => done), noProgram, clean, done, noProgram, clean, done)
      yield* server.run((git) =>
        Effect.all([
          git.init("/r", { bare: true, initialBranch: "main" }),
          git.reset("/r", { mode: "hard", target: "HEAD~1", files: ["a"] }),
          git.restore("/r", { files: ["a"], staged: true, source: "main" }),
          git.addRemote("/r", { name: "up", url: "git@example.com:a/b.git", fetch: true, overwrite: true }),
          git.setConfig({ key: "pull.ff", value: "only", scope: "local", path: "/r" }),
          git.configureUser({ name: "Ada", email: "ada@example.com" }),
          git.dangerouslyStoreCredentials({ ...credentials, host: "example.com" }),
          git.createBranch("/r", { name: "b" }),
          git.checkout("/r", { branch: "a".repeat(40) }),
          git.deleteBranch("/r", { name: "b" })
        ])
      )
      const isOfProgram = (_: unknown, index: number) => /POST \/process|GET/.test(server.lines()[index] ?? "")
      expect(server.bodies().filter((body, index) => !isOfProgram(body, index))).toEqual([
        { path: "/r", bare: true, initial_branch: "main" },
        { path: "/r", mode: "hard", target: "HEAD~1", files: ["a"] },
        { path: "/r", files: ["a"], staged: true, source: "main" },
        { path: "/r", name: "up", url: "git@example.com:a/b.git", fetch: true, overwrite: true },
        { key: "pull.ff", value: "only", scope: "local", path: "/r" },
        { name: "Ada", email: "ada@example.com" },
        { username: "ada", password: "ghp_tell_nobody", host: "example.com" },
        { path: "/r", name: "b" },
        { path: "/r", branch: "a".repeat(40) },
        { path: "/r", name: "b" }
      ])
      expect(server.lines().at(-1)).toBe("DELETE /git/branches")
    })
  )
})

describe("before anything is sent", () => {
  const refused: ReadonlyArray<
    readonly [string, string, (git: Git.Service) => Effect.Effect<unknown, { readonly _tag: string }>]
  > = [
    [
      "a user name without a password",
      "credentials.password",
      (git) => git.push("/r", { credentials: { username: "ada", password: Redacted.make("") } })
    ],
    [
      "a password without a user name",
      "credentials.username",
      (git) => git.pull("/r", { credentials: { ...credentials, username: "" } })
    ],
    [
      "a password in the address",
      "url",
      (git) => git.clone({ url: "https://ada:ghp_tell_nobody@example.com/a.git", path: "/r" })
    ],
    ["a token in the address", "url", (git) => git.clone({ url: "https://ghp_tell_nobody@example.com/a", path: "/r" })],
    [
      "a password in the address of a remote",
      "url",
      (git) => git.addRemote("/r", { name: "up", url: "ssh://git:ghp_tell_nobody@example.com/a" })
    ],
    [
      "an author without a name",
      "author.name",
      (git) => git.commit("/r", { message: "m", author: { name: "", email: "e" } })
    ],
    ["an empty message", "message", (git) => git.commit("/r", { message: "", author: { name: "a", email: "e" } })],
    ["an empty path", "path", (git) => git.status("")],
    ["a depth of nothing", "depth", (git) => git.clone({ url: "https://e.com/a", path: "/r", depth: 0 })],
    ["local settings of no repository", "path", (git) => git.getConfig("a.b", { scope: "local" })]
  ]
  it.effect.each(refused)("%s is refused, naming %s", ([, field, use]) =>
    Effect.gen(function* () {
      const server = over(json({}))
      const error = yield* server.run((git) => Effect.flip(use(git)))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field })
      expect(String(error)).not.toContain("ghp_tell_nobody")
      expect(server.lines().filter((line) => line !== "GET /git/config?key=user.name")).toEqual([])
    })
  )
})

describe("an address", () => {
  const clone = (url: string) => {
    const server = over(empty, done)
    return Effect.map(Effect.either(server.run((git) => git.clone({ url, path: "/r" }))), Either.isRight)
  }

  it.effect.each([
    "https://example.com/a@b.git",
    "https://example.com/a?at=me@example.com",
    "ssh://git@example.com/a.git",
    "git@example.com:a/b.git",
    "file:///srv/a:b@c.git",
    "/srv/a.git"
  ])("without a secret is taken: %s", (url) => Effect.map(clone(url), (taken) => expect(taken).toBe(true)))

  it("with a user name or password is refused", () => {
    const text = FastCheck.string().map(encodeURIComponent)
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom("https", "http", "HTTPS"),
        text,
        FastCheck.option(text),
        FastCheck.constantFrom("", " ", "\n"),
        (scheme, user, password, space) => {
          const url = `${space}${scheme}://${user}${password === null ? "" : `:${password}`}@example.com/a.git`
          const error = Effect.runSync(Effect.flip(withoutSecret(operations.clone, url, "")))
          expect(error.field).toBe("url")
        }
      )
    )
  })
})

describe("a failure of git", () => {
  const commit = (git: Git.Service) => git.commit("/r", { message: "m", author: { name: "a", email: "e" } })
  const clone = (git: Git.Service) => git.clone({ url: "https://example.com/a", path: "/r" })
  const createBranch = (git: Git.Service) => git.createBranch("/r", { name: "remote" })
  const checkout = (git: Git.Service) => git.checkout("/r", { branch: "b" })
  const push = (git: Git.Service) => git.push("/r")
  const pull = (git: Git.Service) => git.pull("/r")
  const status = (git: Git.Service) => git.status("/r")

  const before = new Map<unknown, ReadonlyArray<Answer>>([
    [clone, [empty]],
    [createBranch, [noProgram, clean]],
    [checkout, [noProgram, clean, json({ branches: ["b"] })]],
    [pull, [noProgram, clean]]
  ])
  const overUse = (use: unknown, answer: Answer) => over(...(before.get(use) ?? []), answer)

  type Case = readonly [
    string,
    Answer,
    (git: Git.Service) => Effect.Effect<unknown, { readonly _tag: string }>,
    Readonly<Record<string, unknown>>
  ]

  const cases: ReadonlyArray<Case> = [
    [
      "a refused log-in, of the older daemon",
      oldRefusal(401, "UNAUTHORIZED", "unauthorized: authentication required"),
      clone,
      { _tag: "GitAuthenticationFailed", status: 401, admitted: "no" }
    ],
    [
      "a right that is missing, of the older daemon",
      oldRefusal(403, "FORBIDDEN", "forbidden: authorization failed"),
      push,
      { _tag: "GitAuthenticationFailed", status: 403 }
    ],
    [
      "a refused log-in",
      newRefusal(401, "GIT_AUTH_FAILED", "authentication failed: no"),
      pull,
      { _tag: "GitAuthenticationFailed", serverCode: "GIT_AUTH_FAILED" }
    ],
    [
      "credentials that the proxy refuses, which is no matter of git",
      oldRefusal(401, "UNAUTHORIZED", "unauthorized: authentication failed: Bearer token is invalid"),
      push,
      { _tag: "Unauthorized" }
    ],
    [
      "credentials that the proxy misses, which is no matter of git",
      oldRefusal(401, "UNAUTHORIZED", "unauthorized: missing authentication: authentication required"),
      push,
      { _tag: "Unauthorized" }
    ],
    [
      "a proxy that says who it is",
      json({ message: "authentication required", source: "DAYTONA_PROXY" }, 401),
      push,
      { _tag: "Unauthorized" }
    ],
    [
      "a repository that is not there, of the older daemon",
      oldRefusal(404, "NOT_FOUND", "not found: repository does not exist"),
      status,
      { _tag: "GitNotFound", what: "repository", subject: "/r", sandboxId: "box" }
    ],
    [
      "a repository that is not there",
      newRefusal(404, "GIT_REPO_NOT_FOUND"),
      clone,
      { _tag: "GitNotFound", what: "repository" }
    ],
    [
      "a repository without commits",
      oldRefusal(404, "NOT_FOUND", "not found: reference not found"),
      status,
      { _tag: "GitNotFound", what: "reference" }
    ],
    [
      "an unknown branch",
      newRefusal(404, "GIT_BRANCH_NOT_FOUND"),
      checkout,
      { _tag: "GitNotFound", what: "reference" }
    ],
    [
      "an unknown branch, of the older daemon, as 500",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", "failed to checkout branch or commit 'b': reference not found"),
      checkout,
      { _tag: "GitNotFound", what: "reference" }
    ],
    [
      "an unknown remote",
      oldRefusal(404, "NOT_FOUND", "not found: remote not found"),
      push,
      { _tag: "GitNotFound", what: "remote" }
    ],
    [
      "something else that is not there",
      oldRefusal(404, "NOT_FOUND", "not found: a thing"),
      status,
      { _tag: "GitNotFound", what: "unknown" }
    ],
    [
      "a sandbox that is not there, which is no matter of git",
      oldRefusal(404, "NOT_FOUND", "not found: sandbox container not found"),
      status,
      { _tag: "UnexpectedStatus" }
    ],
    [
      "a branch that is there, of the older daemon, as 500",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", 'a branch named "refs/heads/remote" already exists'),
      createBranch,
      { _tag: "GitAlreadyExists", what: "branch", admitted: "no" }
    ],
    [
      "a branch that is there",
      newRefusal(409, "GIT_BRANCH_EXISTS"),
      createBranch,
      { _tag: "GitAlreadyExists", what: "branch" }
    ],
    [
      "a repository that is there",
      oldRefusal(409, "CONFLICT", "conflict: repository already exists"),
      clone,
      { _tag: "GitAlreadyExists", what: "repository" }
    ],
    [
      "a push of another history, of the older daemon",
      oldRefusal(409, "CONFLICT", "conflict: non-fast-forward update: refs/heads/main"),
      push,
      { _tag: "GitPushRejected", reason: "diverged" }
    ],
    ["a push of another history", newRefusal(409, "GIT_PUSH_REJECTED"), push, { _tag: "GitPushRejected" }],
    [
      "a push against the rules of the remote",
      newRefusal(422, "GIT_REMOTE_REJECTED", "pre-receive hook declined"),
      push,
      { _tag: "GitPushRejected", reason: "refused" }
    ],
    [
      "a pull of another history, of the older daemon",
      oldRefusal(409, "CONFLICT", "conflict: non-fast-forward update"),
      pull,
      { _tag: "GitMergeConflict" }
    ],
    ["a pull of another history", newRefusal(409, "GIT_MERGE_CONFLICT"), pull, { _tag: "GitMergeConflict" }],
    [
      "changes that are in the way",
      oldRefusal(409, "CONFLICT", "conflict: worktree contains unstaged changes"),
      checkout,
      { _tag: "GitDirtyWorktree", admitted: "unknown", message: expect.stringContaining("HEAD may have moved") }
    ],
    [
      "changes that are in the way of a pull",
      newRefusal(409, "GIT_DIRTY_WORKTREE"),
      pull,
      { _tag: "GitDirtyWorktree", admitted: "unknown" }
    ],
    [
      "changes that are in the way of a reset, which looks at them first",
      newRefusal(409, "GIT_DIRTY_WORKTREE"),
      (git) => git.reset("/r", { mode: "keep" }),
      { _tag: "GitDirtyWorktree", admitted: "no" }
    ],
    [
      "a file that is not there",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", "entry not found"),
      (git) => git.add("/r", { files: ["a", "b"] }),
      { _tag: "GitNotFound", what: "file", admitted: "unknown" }
    ],
    [
      "a remote that is a directory, for a daemon that is the first process",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", "waitid: no child processes"),
      push,
      { _tag: "GitRemoteUnreachable", admitted: "unknown", message: expect.stringContaining("over HTTP") }
    ],
    [
      "an empty commit",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", "cannot create empty commit: clean working tree"),
      commit,
      { _tag: "GitNothingToCommit", retryable: false, admitted: "no" }
    ],
    [
      "a remote that is not there, of the older daemon",
      oldRefusal(
        500,
        "INTERNAL_SERVER_ERROR",
        'Get "https://example.com/a": dial tcp: lookup example.com: no such host'
      ),
      clone,
      { _tag: "GitRemoteUnreachable", retryable: true, admitted: "unknown" }
    ],
    ["a remote that is not there", newRefusal(502, "GIT_TRANSPORT_FAILED"), push, { _tag: "GitRemoteUnreachable" }],
    [
      "a log-in that the program was refused",
      oldRefusal(
        500,
        "INTERNAL_SERVER_ERROR",
        "fatal: unable to access 'https://example.com/': The requested URL returned error: 403"
      ),
      push,
      { _tag: "GitAuthenticationFailed" }
    ],
    ["a daemon that is away, which is no matter of git", { status: 502 }, push, { _tag: "ServerError", status: 502 }],
    [
      "what nobody has a name for",
      oldRefusal(500, "INTERNAL_SERVER_ERROR", "object store is upside down"),
      commit,
      { _tag: "ServerError", detail: "object store is upside down" }
    ],
    [
      "an operation that the daemon does not have",
      noSuchRoute,
      (git) => git.init("/r"),
      { _tag: "UnexpectedStatus", message: expect.stringContaining("newer snapshot") }
    ]
  ]

  it.effect.each(cases)("is classified: %s", ([, answer, use, expected]) =>
    Effect.gen(function* () {
      const error = yield* overUse(use, answer).run((git) => Effect.flip(use(git)))
      expect(error).toMatchObject(expected)
    })
  )

  it.effect("is not retried if it starts work", () =>
    Effect.gen(function* () {
      const starting: ReadonlyArray<Case[2]> = [clone, commit, push, pull, createBranch]
      for (const use of starting) {
        const server = overUse(use, { status: 502 })
        yield* server.run((git) => Effect.flip(use(git)))
        expect(server.lines()).toHaveLength(1 + (before.get(use) ?? []).length)
      }
    })
  )

  it.effect("never quotes a password", () =>
    Effect.gen(function* () {
      const server = over(oldRefusal(500, "INTERNAL_SERVER_ERROR", "cannot read ghp_tell_nobody: reference not found"))
      const error = yield* server.run((git) => Effect.flip(git.push("/r", { credentials })))
      expect(error).toMatchObject({ _tag: "GitNotFound", detail: "cannot read <redacted>: reference not found" })
      expect(JSON.stringify(error)).not.toContain("ghp_tell_nobody")
    })
  )
})

describe("an option of newer daemons", () => {
  const uses: ReadonlyArray<readonly [string, (git: Git.Service) => Effect.Effect<void, { readonly _tag: string }>]> = [
    ["depth", (git) => git.clone({ url: "https://example.com/a", path: "/r", depth: 1 })],
    ["branch", (git) => git.push("/r", { branch: "b" })],
    ["setUpstream", (git) => git.push("/r", { setUpstream: true })],
    ["remote", (git) => git.push("/r", { remote: "up" })]
  ]

  it.effect.each(uses)("%s is refused for an older daemon, which would ignore it", ([field, use]) =>
    Effect.gen(function* () {
      const server = over(noSuchRoute)
      const error = yield* server.run((git) => Effect.flip(use(git)))
      expect(error).toMatchObject({ _tag: "UnsupportedByDaemon", field, admitted: "no", sandboxId: "box" })
      expect(server.lines()).toEqual(["GET /git/config?key=user.name"])
    })
  )

  it.effect("is sent to a newer daemon, which is detected once", () =>
    Effect.gen(function* () {
      const server = over(json({}), done)
      yield* server.run((git) =>
        Effect.all([git.push("/r", { setUpstream: true, remote: "up" }), git.push("/r", { branch: "b" })])
      )
      expect(server.lines()).toEqual(["GET /git/config?key=user.name", "POST /git/push", "POST /git/push"])
      expect(server.bodies().slice(1)).toEqual([
        { path: "/r", remote: "up", set_upstream: true },
        { path: "/r", branch: "b" }
      ])
    })
  )

  it.effect("is not detected when it is not used", () =>
    Effect.gen(function* () {
      const server = over(done)
      yield* server.run((git) => git.push("/r", { setUpstream: false }))
      expect(server.lines()).toEqual(["POST /git/push"])
    })
  )

  it.effect("fails like any request when the sandbox cannot be reached", () =>
    Effect.gen(function* () {
      const server = over(oldRefusal(404, "NOT_FOUND", "not found: sandbox container not found"))
      const error = yield* server.run((git) => Effect.flip(git.push("/r", { branch: "b" })))
      expect(error).toMatchObject({ _tag: "UnexpectedStatus", detail: expect.stringContaining("sandbox container") })
    })
  )
})
