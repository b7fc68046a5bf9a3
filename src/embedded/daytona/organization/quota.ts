/** Checks requests against the quotas of an organization. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "../http/HttpError.js"
import type { Organization } from "../Settings.js"
import type { Sandbox } from "../sandbox/Sandbox.js"

/** The resources of a sandbox. */
export interface Resources {
  readonly cpu: number
  readonly memory: number
  readonly disk: number
  readonly gpu: number
}

const askForMore =
  "Need higher resource limits per-sandbox? Contact us at support@daytona.io and let us know about your use case."
const freeSome =
  "Consider archiving your unused Sandboxes to free up available storage.\nTo increase concurrency limits, upgrade your organization's Tier by visiting https://app.daytona.io/dashboard/limits."

const idleStates = new Set<string>(["stopped", "archived", "destroyed", "error", "build_failed", "paused"])

/** Fails if the organization's quotas do not allow another sandbox of this size. */
export const check = (
  organization: Organization,
  sandboxes: ReadonlyArray<Sandbox>,
  { cpu, disk, gpu, memory }: Resources
): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const { quotas } = organization
    const own = sandboxes.filter(
      (sandbox) => sandbox.organizationId === organization.id && sandbox.desiredState !== "destroyed"
    )
    const running = own.filter((sandbox) => !idleStates.has(sandbox.state))
    const onDisk = own.filter((sandbox) => sandbox.state !== "archived" && sandbox.state !== "destroyed")
    const exceeds = (requested: number, limit: number | undefined) => limit !== undefined && requested > limit
    const sum = (some: ReadonlyArray<Sandbox>, amount: (sandbox: Sandbox) => number) =>
      some.reduce((total, sandbox) => total + amount(sandbox), 0)

    if (exceeds(cpu, quotas.cpuPerSandbox)) return perSandbox(`CPU request ${cpu}`, `${quotas.cpuPerSandbox}`)
    if (exceeds(memory, quotas.memoryPerSandbox)) {
      return perSandbox(`Memory request ${memory}GB`, `${quotas.memoryPerSandbox}GB`)
    }
    if (exceeds(disk, quotas.diskPerSandbox)) return perSandbox(`Disk request ${disk}GB`, `${quotas.diskPerSandbox}GB`)
    if (exceeds(cpu + sum(running, (sandbox) => sandbox.cpu), quotas.totalCpu)) {
      return total("CPU", `${quotas.totalCpu}`)
    }
    if (exceeds(memory + sum(running, (sandbox) => sandbox.memory), quotas.totalMemory)) {
      return total("memory", `${quotas.totalMemory}GiB`)
    }
    if (exceeds(disk + sum(onDisk, (sandbox) => sandbox.disk), quotas.totalDisk)) {
      return total("disk", `${quotas.totalDisk}GiB`)
    }
    if (exceeds(gpu + sum(running, (sandbox) => sandbox.gpu), quotas.totalGpu)) {
      return total("GPU", `${quotas.totalGpu}`)
    }
    return exceeds(running.length + 1, quotas.sandboxes)
      ? badRequest("No available runners. Please try again later.")
      : Effect.void
  })

/** Fails if the organization's quotas do not allow this sandbox to run. */
export const checkStart = (
  organization: Organization,
  sandboxes: ReadonlyArray<Sandbox>,
  sandbox: Sandbox
): Effect.Effect<void, HttpError> => checkResize(organization, sandboxes, sandbox, sandbox)

/** Fails if the organization's quotas do not allow this sandbox to have another size. */
export const checkResize = (
  organization: Organization,
  sandboxes: ReadonlyArray<Sandbox>,
  sandbox: Sandbox,
  size: Omit<Resources, "gpu">
): Effect.Effect<void, HttpError> =>
  check(
    organization,
    sandboxes.filter(({ id }) => id !== sandbox.id),
    { cpu: size.cpu, memory: size.memory, disk: size.disk, gpu: sandbox.gpu }
  )

const perSandbox = (request: string, limit: string) =>
  badRequest(`${request} exceeds maximum allowed per sandbox (${limit}).\n${askForMore}`)

const total = (what: string, limit: string) =>
  badRequest(`Total ${what} limit exceeded. Maximum allowed: ${limit}.\n${freeSome}`)
