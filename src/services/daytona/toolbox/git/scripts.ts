/**
 * Scripts for the git program of a sandbox. Unlike the library in the daemon, the program checks before it changes
 * anything. Hooks do not run, as in the daemon.
 */
import { quotePath } from "../quotePath.js"
import { shellQuote } from "../shellText.js"

/** The exit code of a script when the sandbox has no git program. Git itself never ends with it. */
export const noProgram = 97

/** The variables that a script reads credentials from. */
export const variables = { username: "effect_sandboxes_username", password: "effect_sandboxes_password" } as const

/** Begins a script in a repository: exactly this directory, not one above it. */
const inRepository = (path: string, ...lines: ReadonlyArray<string>): string =>
  [
    `command -v git > /dev/null 2>&1 || exit ${noProgram}`,
    "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE",
    "export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_ASKPASS= SSH_ASKPASS=",
    'g() { git -c core.hooksPath=/dev/null -c "safe.directory=*" "$@" < /dev/null 2>&1; }',
    'fail() { echo "$1"; exit 128; }',
    `cd -- ${quotePath(path)} 2> /dev/null || fail "repository does not exist"`,
    'prefix=$(g rev-parse --show-prefix) && [ -z "$prefix" ] || fail "repository does not exist"',
    ...lines
  ].join("\n")

/** Files that git ignores are also worth something. */
const careful = "--quiet --no-overwrite-ignore"

const fullHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i

export const isFullHash = (name: string): boolean => fullHash.test(name)

/** Checks out a local branch, a commit, or a branch that only `origin` has. */
export const checkout = (path: string, branch: string, discardChanges: boolean): string => {
  const name = shellQuote(branch)
  const options = discardChanges ? "--quiet --force" : careful
  return inRepository(
    path,
    `name=${name}`,
    'if g show-ref --verify --quiet "refs/heads/$name"; then',
    `  g checkout ${options} "$name" --`,
    ...(isFullHash(branch)
      ? ['elif g cat-file -e "$name^{commit}" > /dev/null; then', `  g checkout ${options} --detach "$name" --`]
      : []),
    'elif g show-ref --verify --quiet "refs/remotes/origin/$name"; then',
    `  g checkout ${options} --track -b "$name" "origin/$name" --`,
    "else",
    '  fail "failed to checkout branch or commit: reference not found"',
    "fi"
  )
}

/** Creates a branch at HEAD and checks it out, with all uncommitted changes. */
export const createBranch = (path: string, name: string): string =>
  inRepository(
    path,
    `name=${shellQuote(name)}`,
    'g show-ref --verify --quiet "refs/heads/$name" && fail "the branch already exists"',
    'g checkout --quiet -b "$name" --'
  )

/** How to reach a remote. */
export interface Remote {
  readonly name: string
  readonly withCredentials: boolean
}

/** `r` is git with the credentials, if there are any, for the host of the remote and no other. */
const withRemote = ({ name, withCredentials }: Remote): ReadonlyArray<string> => [
  `remote=${shellQuote(name)}`,
  'url=$(g config --get "remote.$remote.url") || fail "remote not found"',
  ...(withCredentials
    ? [
        'url=$(g ls-remote --get-url -- "$remote")',
        `host=$(printf %s "$url" | sed -n 's,^\\(https\\{0,1\\}://\\)\\([^/@]*@\\)\\{0,1\\}\\([^/]*\\).*,\\1\\3,p')`,
        `helper='!f() { [ "$1" = get ] && printf "username=%s\\npassword=%s\\n" "$${variables.username}" "$${variables.password}"; }; f'`,
        'r() { g -c credential.helper= -c "credential.$host.helper=$helper" "$@"; }'
      ]
    : ['r() { g "$@"; }'])
]

/** What a clone without a branch fetches: nothing is known about any branch of the remote. */
const headOnly = '"+HEAD:refs/remotes/$remote/HEAD"'

/**
 * Fetches one branch, or all of them. They become part of what the remote is configured to fetch: git compares only
 * with such branches.
 */
export const fetch = (path: string, remote: Remote, branch: string | undefined): string =>
  inRepository(
    path,
    ...withRemote(remote),
    `branch=${branch === undefined ? "'*'" : shellQuote(branch)}`,
    'wanted="+refs/heads/$branch:refs/remotes/$remote/$branch"',
    'r fetch --quiet -- "$remote" "$wanted" || exit 128',
    'fetched=$(g config --get-all "remote.$remote.fetch")',
    'case "$fetched" in',
    `  ${headOnly}) g config "remote.$remote.fetch" "$wanted" ;;`,
    '  *"$wanted"* | *"+refs/heads/*:refs/remotes/$remote/*"*) ;;',
    '  *) g config --add "remote.$remote.fetch" "$wanted" ;;',
    "esac"
  )

/** Fetches a branch, and moves the current one forward to it. */
export const pull = (path: string, remote: Remote, branch: string | undefined, discardChanges: boolean): string =>
  inRepository(
    path,
    ...withRemote(remote),
    branch === undefined
      ? 'branch=$(g symbolic-ref --quiet --short HEAD) || fail "HEAD is detached: reference not found"'
      : `branch=${shellQuote(branch)}`,
    'r fetch --quiet -- "$remote" "refs/heads/$branch" || exit 128',
    "theirs=$(g rev-parse FETCH_HEAD) || exit 128",
    ...(discardChanges
      ? [
          "if g rev-parse --quiet --verify HEAD > /dev/null; then",
          '  g merge-base --is-ancestor "$theirs" HEAD && exit 0',
          '  g merge-base --is-ancestor HEAD "$theirs" || fail "not possible to fast-forward"',
          "fi",
          'g reset --quiet --hard "$theirs"'
        ]
      : [`g merge --ff-only ${careful} "$theirs"`])
  )

/** After a clone without a branch: follows the branch that was cloned, as a clone of it would. */
export const followClonedBranch = (path: string): string =>
  inRepository(
    path,
    "remote=origin",
    `[ "$(g config --get-all remote.origin.fetch)" = ${headOnly} ] || exit 0`,
    'branch=$(g for-each-ref --format="%(refname:lstrip=2)" refs/heads)',
    'g update-ref "refs/remotes/origin/$branch" refs/remotes/origin/HEAD || exit 128',
    'g config remote.origin.fetch "+refs/heads/$branch:refs/remotes/origin/$branch"'
  )
