/** All endpoints for files. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { Route } from "../Route.js"
import { bulkDownload } from "./bulkDownload.js"
import { bulkUpload } from "./bulkUpload.js"
import * as changes from "./changes.js"
import { download } from "./download.js"
import * as listing from "./listing.js"
import { replace } from "./replace.js"
import * as search from "./search.js"
import { upload, uploadOrBody } from "./upload.js"

/** The files of the machine. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.succeed([
    { method: "GET", path: "/files", handler: listing.list(machine) },
    { method: "GET", path: "/files/", handler: listing.list(machine) },
    { method: "GET", path: "/files/info", handler: listing.info(machine) },
    { method: "POST", path: "/files/folder", handler: changes.folder(machine) },
    { method: "DELETE", path: "/files", handler: changes.remove(machine) },
    { method: "DELETE", path: "/files/", handler: changes.remove(machine) },
    { method: "POST", path: "/files/move", handler: changes.move(machine) },
    { method: "POST", path: "/files/permissions", handler: changes.permissions(machine) },
    { method: "GET", path: "/files/search", handler: search.search(machine) },
    { method: "GET", path: "/files/find", handler: search.find(machine) },
    { method: "POST", path: "/files/replace", handler: replace(machine) },
    { method: "GET", path: "/files/download", handler: download(machine) },
    { method: "POST", path: "/files/bulk-download", handler: bulkDownload(machine) },
    { method: "POST", path: "/files/upload", only: "0.190", handler: upload(machine) },
    { method: "POST", path: "/files/upload-v2", only: "current", handler: uploadOrBody(machine) },
    { method: "POST", path: "/files/bulk-upload", handler: bulkUpload(machine) }
  ])
