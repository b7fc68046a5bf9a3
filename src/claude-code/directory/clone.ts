/** Clones a repository with the git of the place. */
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import { refused } from "../failures.js"
import type { Script } from "./Machine.js"
import type { WorkDirectory } from "./WorkDirectory.js"

/** What `clone` takes. */
export const shape = (directoryFields: Arguments.Parameters): Arguments.Shape =>
  Arguments.struct({
    ...Arguments.allOptional({
      ...directoryFields,
      ref: Arguments.text,
      depth: Arguments.kind(
        (value) => Number.isSafeInteger(value) && Number(value) > 0,
        "must be a whole number above 0"
      ),
      token: Arguments.secret,
      username: Arguments.text
    }),
    url: Arguments.text
  })

/** Names of git, as far as a shell or an option could be taken for one. */
const isRef = (text: string): boolean => /^[^-\s~^:?*[\\\p{Cc}][^\s~^:?*[\\\p{Cc}]*$/u.test(text)

export const problemOf = (
  operation: string,
  { ref, token, url, username }: WorkDirectory.CloneOptions
): InvalidRequest | undefined => {
  const isAddress = !/^[a-z+]+:\/\//i.test(url) || URL.canParse(url)
  if (url.trim() === "" || url.startsWith("-") || /\p{Cc}/u.test(url) || !isAddress) {
    return refused(operation, "url", "must be the address of a repository")
  }
  if (/^[a-z+]+:\/\/[^/]*:[^/]*@/i.test(url)) {
    return refused(operation, "url", "must not have a password, which the clone would keep: pass it as `token`")
  }
  if (token !== undefined && !url.startsWith("https://")) {
    return refused(operation, "token", "is only sent to `https://` addresses")
  }
  if (username !== undefined && token === undefined) return refused(operation, "username", "needs a `token`")
  return ref === undefined || isRef(ref)
    ? undefined
    : refused(operation, "ref", "must be the name of a branch or a tag, or the full id of a commit")
}

/** A commit is fetched by its id where the server allows that, and found in the whole history otherwise. */
const script = `command -v git > /dev/null 2>&1 || exit 127
url=$1 directory=$2 ref=$3 depth=$4
export GIT_TERMINAL_PROMPT=0
case $directory in /*) ;; *) directory=./$directory;; esac
if ! printf %s "$ref" | grep -Eqx '[0-9a-f]{40}|[0-9a-f]{64}'; then
  git clone --quiet \${depth:+--depth "$depth"} \${ref:+--branch "$ref"} -- "$url" "$directory" >&2 || exit 1
else
  git clone --quiet --no-checkout \${depth:+--depth "$depth"} -- "$url" "$directory" >&2 || exit 1
  git -C "$directory" cat-file -e "$ref^{commit}" 2> /dev/null ||
    git -C "$directory" fetch --quiet \${depth:+--depth "$depth"} origin "$ref" >&2 || exit 1
  git -C "$directory" checkout --quiet --detach "$ref" >&2 || exit 1
fi
git -C "$directory" rev-parse HEAD`

/** The token is a header of the requests to this one address, by the environment: it is in no argument and no file. */
export const scriptOf = (
  { depth, ref = "", token, url, username = "x-access-token" }: WorkDirectory.CloneOptions,
  directory: string
): Pick<Script, "script" | "args" | "environment"> => ({
  script,
  args: [url, directory, ref, depth === undefined ? "" : String(depth)],
  environment:
    token === undefined
      ? undefined
      : {
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
          GIT_CONFIG_VALUE_0: Redacted.make(
            `Authorization: Basic ${Encoding.encodeBase64(`${username}:${Redacted.value(token)}`)}`
          )
        }
})
