/** The initial state of a sandbox. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as identifiers from "../identifiers.js"
import type { SandboxClass } from "../Options.js"
import type { Settings } from "../Settings.js"
import type { Sandbox } from "./Sandbox.js"

/** What has to be specified for a new sandbox; the rest has defaults. */
export interface Blueprint extends Partial<Sandbox> {
  readonly organizationId: string
  readonly target: string
  readonly sandboxClass: SandboxClass
}

/** A sandbox whose creation has not started. */
export const make = (settings: Settings, blueprint: Blueprint): Effect.Effect<Sandbox> =>
  Effect.gen(function* () {
    const id = yield* identifiers.uuid
    const now = yield* Clock.currentTimeMillis
    return {
      id,
      name: id,
      snapshot: null,
      user: "daytona",
      env: {},
      labels: {},
      public: false,
      networkBlockAll: false,
      networkAllowList: null,
      domainAllowList: null,
      outboundProxyUrl: undefined,
      otelEndpointOverride: undefined,
      cpu: 1,
      gpu: 0,
      gpuType: undefined,
      memory: 1,
      disk: 3,
      spot: false,
      kvm: false,
      entrypoint: null,
      state: "unknown",
      desiredState: "started",
      pending: true,
      errorReason: null,
      recoverable: false,
      warmPoolId: undefined,
      backupState: "None",
      backupCreatedAt: undefined,
      autoStopInterval: 15,
      autoPauseInterval: 0,
      autoArchiveInterval: Math.min(10_080, settings.maxAutoArchiveInterval),
      autoDeleteInterval: -1,
      autoDestroyAt: undefined,
      volumes: [],
      buildInfo: undefined,
      createdAt: now,
      updatedAt: now,
      lastActivityAt: now,
      daemonVersion: null,
      runnerId: null,
      linkedSandboxId: undefined,
      parentId: undefined,
      secrets: [],
      authToken: yield* identifiers.token(24),
      signingKey: yield* identifiers.token(32),
      ...blueprint
    }
  })
