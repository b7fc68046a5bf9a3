/** The endpoint for the status of a repository. */
import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { Handler } from "../Route.js"
import * as Repository from "./Repository.js"

const names: Readonly<Record<string, string>> = {
  " ": "Unmodified",
  "?": "Untracked",
  M: "Modified",
  // Git distinguishes a file that became a link; the daemon does not.
  T: "Modified",
  A: "Added",
  D: "Deleted",
  R: "Renamed",
  C: "Copied",
  U: "Updated but unmerged"
}

interface FileStatus {
  readonly name: string
  /** The previous name of a renamed or copied file. */
  readonly extra: string
  readonly staging: string
  readonly worktree: string
}

/** `GET /git/status`: the changed files, and how the current branch relates to its upstream. */
export const status =
  (context: Repository.GitContext): Handler =>
  (request) =>
    Effect.gen(function* () {
      const isOld = context.machine.generation === "0.190"
      const repository = yield* Repository.ofQuery(context, request)
      yield* Repository.head(context, repository)
      const branch = yield* Repository.currentBranch(repository)
      // The older daemon reports a rename as a deleted and a new file.
      const renames = isOld ? "--no-renames" : "--renames"
      const changes = yield* repository.run(["status", "--porcelain=v1", "-z", "--untracked-files=all", renames])
      const upstream = yield* repository.tryRun(["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"])
      const counts =
        upstream === undefined
          ? undefined
          : yield* repository.tryRun(["rev-list", "--left-right", "--count", `${upstream}...HEAD`])
      const [behind = 0, ahead = 0] = counts?.split("\t").map(Number) ?? []
      return responses.json(200, {
        currentBranch: branch ?? "HEAD",
        fileStatus: filesIn(changes),
        branchPublished: upstream !== undefined,
        ahead,
        behind,
        ...(isOld ? {} : { detached: branch === undefined, upstream: upstream ?? "" })
      })
    })

/** Two letters, a space and a path; for a rename or a copy the previous name follows. */
const filesIn = (changes: string): ReadonlyArray<FileStatus> => {
  const parts = changes.split("\0")
  const files: Array<FileStatus> = []
  for (let index = 0; index < parts.length; index++) {
    const entry = parts[index] ?? ""
    if (entry.length < 4) continue
    const [staging = "", worktree = ""] = entry
    const isMoved = /[RC]/.test(staging + worktree)
    files.push({
      name: entry.slice(3),
      extra: isMoved ? (parts[++index] ?? "") : "",
      staging: names[staging] ?? "",
      worktree: names[worktree] ?? ""
    })
  }
  return files
}
