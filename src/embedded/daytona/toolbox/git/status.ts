import * as Effect from "effect/Effect"
import * as responses from "../../http/responses.js"
import type { Handler } from "../Route.js"
import * as Repository from "./Repository.js"

const names: Readonly<Record<string, string>> = {
  " ": "Unmodified",
  "?": "Untracked",
  M: "Modified",
  // Git tells a file that became a link apart, the daemon does not.
  T: "Modified",
  A: "Added",
  D: "Deleted",
  R: "Renamed",
  C: "Copied",
  U: "Updated but unmerged"
}

interface FileStatus {
  readonly name: string
  /** What a renamed or copied file was called before. */
  readonly extra: string
  readonly staging: string
  readonly worktree: string
}

/** `GET /git/status`: what has changed, and how the current branch compares to its upstream. */
export const status =
  (context: Repository.GitContext): Handler =>
  (request) =>
    Effect.gen(function* () {
      const isOld = context.machine.generation === "0.190"
      const repository = yield* Repository.ofQuery(context, request)
      yield* Repository.head(context, repository)
      const branch = yield* Repository.currentBranch(repository)
      // The old daemon's git sees a file that is gone and a new one.
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

/** Two letters, a space and a path; after a rename or a copy comes what it was called before. */
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
