/** How sandboxes are rendered in responses. */
import type { Settings } from "../Settings.js"
import type { BuildInfo, Sandbox } from "./Sandbox.js"
import { listedState, shownState } from "./state.js"

/** The URLs in a sandbox. */
export interface Address {
  readonly toolboxProxyUrl: string
}

/** The fields that a single sandbox and a list item share. */
const common = (settings: Settings, sandbox: Sandbox, address: Address) => ({
  id: sandbox.id,
  organizationId: sandbox.organizationId,
  name: sandbox.name,
  target: sandbox.target,
  snapshot: sandbox.snapshot,
  user: sandbox.user,
  labels: sandbox.labels,
  public: sandbox.public,
  cpu: sandbox.cpu,
  gpu: sandbox.gpu,
  ...(sandbox.gpuType === undefined ? {} : { gpuType: sandbox.gpuType }),
  memory: sandbox.memory,
  disk: sandbox.disk,
  desiredState: sandbox.desiredState,
  errorReason: sandbox.errorReason,
  recoverable: sandbox.recoverable,
  backupState: sandbox.backupState,
  autoStopInterval: sandbox.autoStopInterval,
  autoArchiveInterval: sandbox.autoArchiveInterval,
  autoDeleteInterval: sandbox.autoDeleteInterval,
  createdAt: iso(sandbox.createdAt),
  updatedAt: iso(sandbox.updatedAt),
  lastActivityAt: iso(sandbox.lastActivityAt),
  sandboxClass: sandbox.sandboxClass,
  daemonVersion: sandbox.daemonVersion,
  runnerId: sandbox.runnerId,
  toolboxProxyUrl: address.toolboxProxyUrl,
  ...(settings.generation === "0.190"
    ? {}
    : {
        spot: sandbox.spot,
        // The official Python client requires it from 0.220 on.
        kvm: sandbox.kvm,
        autoPauseInterval: sandbox.autoPauseInterval,
        ...(sandbox.warmPoolId === undefined ? {} : { warmPoolId: sandbox.warmPoolId }),
        ...(sandbox.autoDestroyAt === undefined ? {} : { autoDestroyAt: iso(sandbox.autoDestroyAt) })
      })
})

const network = (sandbox: Sandbox) => ({
  networkBlockAll: sandbox.networkBlockAll,
  networkAllowList: sandbox.networkAllowList,
  domainAllowList: sandbox.domainAllowList
})

/** A single sandbox. Empty columns are `null`, contrary to the specification. */
export const toSandbox = (settings: Settings, sandbox: Sandbox, address: Address) => ({
  ...common(settings, sandbox, address),
  ...network(sandbox),
  state: shownState(sandbox),
  env: sandbox.env,
  volumes: sandbox.volumes.map(({ mountPath, subpath, volumeId }) => ({
    volumeId,
    mountPath,
    ...(subpath === undefined ? {} : { subpath })
  })),
  ...(sandbox.buildInfo === undefined ? {} : { buildInfo: toBuildInfo(sandbox.buildInfo) }),
  ...(sandbox.backupCreatedAt === undefined ? {} : { backupCreatedAt: iso(sandbox.backupCreatedAt) }),
  ...(sandbox.outboundProxyUrl === undefined ? {} : { outboundProxyUrl: sandbox.outboundProxyUrl }),
  ...(sandbox.otelEndpointOverride === undefined ? {} : { otelEndpointOverride: sandbox.otelEndpointOverride }),
  ...(sandbox.linkedSandboxId === undefined ? {} : { linkedSandboxId: sandbox.linkedSandboxId })
})

/** An item of the list: fewer fields, and before the current generation none about the network. */
export const toListItem = (settings: Settings, sandbox: Sandbox, address: Address) => ({
  ...common(settings, sandbox, address),
  ...(settings.generation === "0.190" ? {} : network(sandbox)),
  state: listedState(sandbox)
})

export const toBuildInfo = (info: BuildInfo) => ({
  dockerfileContent: info.dockerfileContent,
  contextHashes: info.contextHashes ?? null,
  createdAt: iso(info.createdAt),
  updatedAt: iso(info.createdAt),
  snapshotRef: info.snapshotRef
})

export const iso = (millis: number): string => new Date(millis).toISOString()
