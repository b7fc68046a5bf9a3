/**
 * The operations of the sandbox endpoints. A sandbox includes its environment, which often holds keys, so errors never
 * quote such a body.
 */
import * as Schema from "effect/Schema"
import { Conflict, NotFound, Unprocessable } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import { CreateSandboxBody } from "../../../schema/daytona/CreateSandbox.js"
import { Sandbox } from "../../../schema/daytona/Sandbox.js"
import * as Access from "../../../schema/daytona/SandboxAccess.js"
import { MetricsQuery, MetricsResponse } from "../../../schema/daytona/SandboxMetrics.js"
import { ListSandboxesQuery, SandboxList, SandboxPageResponse } from "../../../schema/daytona/SandboxQuery.js"
import * as Update from "../../../schema/daytona/SandboxUpdate.js"

/** The server holds some requests open while it waits for the sandbox, for up to 30 seconds. */
const heldOpen = "60 seconds"

const one = "/sandbox/{sandboxIdOrName}"

const sandbox = { success: Sandbox, fails: [NotFound], secretBody: true } as const
const change = { success: Sandbox, fails: [NotFound, Conflict], secretBody: true } as const
/** Setting the same value twice is harmless. */
const setting = { ...change, retry: "always" } as const
const machineChange = { success: Sandbox, fails: [NotFound, Conflict, Unprocessable], secretBody: true } as const

export const operations = {
  create: Operation.make("Sandboxes.create", "POST", "/sandbox", {
    ...change,
    body: CreateSandboxBody,
    timeout: heldOpen
  }),
  list: Operation.make("Sandboxes.list", "GET", "/sandbox", {
    query: ListSandboxesQuery,
    success: SandboxPageResponse
  }),
  get: Operation.make("Sandboxes.get", "GET", one, sandbox),
  delete: Operation.make("Sandboxes.delete", "DELETE", one, change),
  forks: Operation.make("Sandboxes.forks", "GET", `${one}/forks`, {
    ...sandbox,
    query: Update.ForksQuery,
    success: SandboxList
  }),
  parent: Operation.make("Sandboxes.parent", "GET", `${one}/parent`, sandbox),
  ancestors: Operation.make("Sandboxes.ancestors", "GET", `${one}/ancestors`, { ...sandbox, success: SandboxList }),

  start: Operation.make("Sandboxes.start", "POST", `${one}/start`, { ...change, timeout: heldOpen }),
  stop: Operation.make("Sandboxes.stop", "POST", `${one}/stop`, { ...change, query: Update.StopQuery }),
  pause: Operation.make("Sandboxes.pause", "POST", `${one}/pause`, machineChange),
  archive: Operation.make("Sandboxes.archive", "POST", `${one}/archive`, change),
  recover: Operation.make("Sandboxes.recover", "POST", `${one}/recover`, {
    ...change,
    query: Update.RecoverQuery,
    timeout: heldOpen
  }),
  resize: Operation.make("Sandboxes.resize", "POST", `${one}/resize`, {
    ...machineChange,
    body: Update.ResizeBody,
    timeout: heldOpen
  }),
  fork: Operation.make("Sandboxes.fork", "POST", `${one}/fork`, { ...machineChange, body: Update.ForkBody }),
  createSnapshot: Operation.make("Sandboxes.createSnapshot", "POST", `${one}/snapshot`, {
    ...machineChange,
    body: Update.CreateSnapshotBody
  }),

  /** What is needed of the sandbox before its labels are replaced. */
  labels: Operation.make("Sandboxes.labels", "GET", one, { ...sandbox, success: Update.LabelsResponse }),
  setLabels: Operation.make("Sandboxes.setLabels", "PUT", `${one}/labels`, {
    ...change,
    body: Update.LabelsBody,
    success: Update.LabelsResponse
  }),
  setAutoStop: Operation.make("Sandboxes.setAutoStop", "POST", `${one}/autostop/{interval}`, setting),
  setAutoPause: Operation.make("Sandboxes.setAutoPause", "POST", `${one}/autopause/{interval}`, setting),
  setAutoArchive: Operation.make("Sandboxes.setAutoArchive", "POST", `${one}/autoarchive/{interval}`, setting),
  setAutoDelete: Operation.make("Sandboxes.setAutoDelete", "POST", `${one}/autodelete/{interval}`, setting),
  setTimeToLive: Operation.make("Sandboxes.setTimeToLive", "POST", `${one}/ttl/{ttlMinutes}`, setting),
  setPublic: Operation.make("Sandboxes.setPublic", "POST", `${one}/public/{isPublic}`, setting),
  updateNetworkSettings: Operation.make("Sandboxes.updateNetworkSettings", "POST", `${one}/network-settings`, {
    ...setting,
    body: Update.NetworkSettingsBody
  }),
  updateSecrets: Operation.make("Sandboxes.updateSecrets", "PUT", `${one}/secrets`, {
    ...change,
    body: Update.SecretsBody
  }),
  refreshActivity: Operation.make("Sandboxes.refreshActivity", "POST", "/sandbox/{sandboxId}/last-activity", {
    success: Schema.Void,
    fails: [NotFound],
    retry: "always"
  }),

  previewLink: Operation.make("Sandboxes.previewLink", "GET", `${one}/ports/{port}/preview-url`, {
    success: Access.PreviewLink,
    fails: [NotFound],
    secretBody: true
  }),
  signedPreviewUrl: Operation.make("Sandboxes.signedPreviewUrl", "GET", `${one}/ports/{port}/signed-preview-url`, {
    query: Access.SignedPreviewQuery,
    success: Access.SignedPreviewUrl,
    fails: [NotFound],
    secretBody: true
  }),
  expireSignedPreviewUrl: Operation.make(
    "Sandboxes.expireSignedPreviewUrl",
    "POST",
    `${one}/ports/{port}/signed-preview-url/{token}/expire`,
    { success: Schema.Void, fails: [NotFound], retry: "always", secretBody: true }
  ),
  createSshAccess: Operation.make("Sandboxes.createSshAccess", "POST", `${one}/ssh-access`, {
    query: Access.SshAccessQuery,
    success: Access.SshAccess,
    fails: [NotFound],
    secretBody: true
  }),
  revokeSshAccess: Operation.make("Sandboxes.revokeSshAccess", "DELETE", `${one}/ssh-access`, {
    query: Access.SshTokenQuery,
    success: Schema.Void,
    fails: [NotFound],
    secretUrl: true,
    secretBody: true
  }),
  validateSshAccess: Operation.make("Sandboxes.validateSshAccess", "GET", "/sandbox/ssh-access/validate", {
    query: Access.SshTokenQuery,
    success: Access.SshAccessValidation,
    fails: [NotFound],
    secretUrl: true,
    secretBody: true
  }),
  signingKey: Operation.make("Sandboxes.signedFileUrl", "GET", "/sandbox/{sandboxId}/signing-key", {
    success: Access.SigningKey,
    fails: [NotFound],
    secretBody: true
  }),
  rotateSigningKey: Operation.make("Sandboxes.rotateSigningKey", "POST", "/sandbox/{sandboxId}/signing-key/rotate", {
    // The new key is in the answer; it is fetched when it is needed.
    success: Schema.Void,
    fails: [NotFound],
    secretBody: true
  }),
  toolboxUrl: Operation.make("Sandboxes.toolboxUrl", "GET", "/sandbox/{sandboxId}/toolbox-proxy-url", {
    success: Access.UrlResponse,
    fails: [NotFound]
  }),
  buildLogsUrl: Operation.make("Sandboxes.buildLogs", "GET", `${one}/build-logs-url`, {
    success: Access.UrlResponse,
    fails: [NotFound]
  }),

  metrics: Operation.make("Sandboxes.metrics", "GET", "/sandbox/{sandboxId}/telemetry/metrics", {
    query: MetricsQuery,
    success: MetricsResponse,
    fails: [NotFound]
  })
}
