/** The operations of the snapshot endpoints. */
import * as Schema from "effect/Schema"
import { Conflict, NotFound } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import { CreateSnapshotBody } from "../../../schema/daytona/CreateSnapshot.js"
import { UrlResponse } from "../../../schema/daytona/SandboxAccess.js"
import { Snapshot, SnapshotPage } from "../../../schema/daytona/Snapshot.js"
import { ListSnapshotsQuery } from "../../../schema/daytona/SnapshotQuery.js"

const found = { success: Snapshot, fails: [NotFound] } as const

export const operations = {
  create: Operation.make("Snapshots.create", "POST", "/snapshots", {
    body: CreateSnapshotBody,
    success: Snapshot,
    fails: [NotFound, Conflict]
  }),
  list: Operation.make("Snapshots.list", "GET", "/snapshots", { query: ListSnapshotsQuery, success: SnapshotPage }),
  get: Operation.make("Snapshots.get", "GET", "/snapshots/{id}", found),
  delete: Operation.make("Snapshots.delete", "DELETE", "/snapshots/{id}", { success: Schema.Void, fails: [NotFound] }),
  activate: Operation.make("Snapshots.activate", "POST", "/snapshots/{id}/activate", found),
  deactivate: Operation.make("Snapshots.deactivate", "POST", "/snapshots/{id}/deactivate", {
    success: Schema.Void,
    fails: [NotFound],
    retry: "always"
  }),
  buildLogsUrl: Operation.make("Snapshots.buildLogsUrl", "GET", "/snapshots/{id}/build-logs-url", {
    success: UrlResponse,
    fails: [NotFound],
    // The server waits up to 30 seconds for a runner to take the build.
    timeout: "60 seconds"
  })
}
