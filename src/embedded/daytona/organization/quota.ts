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
const freeSome = "Consider archiving your unused Sandboxes to free up available storage."
const upgrade = (organization: Organization) =>
  `To increase concurrency limits, upgrade your organization's Tier by visiting ${organization.dashboardUrl}/limits.`

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
    const sum = (some: ReadonlyArray<Sandbox>, amount: (sandbox: Sandbox) => number) =>
      some.reduce((total, sandbox) => total + amount(sandbox), 0)

    const tooLarge = problemOfSize(organization, { cpu, disk, memory })
    if (tooLarge !== undefined) return tooLarge
    if (exceeds(cpu + sum(running, (sandbox) => sandbox.cpu), quotas.totalCpu)) {
      return total(organization, "CPU", `${quotas.totalCpu}`)
    }
    if (exceeds(memory + sum(running, (sandbox) => sandbox.memory), quotas.totalMemory)) {
      return total(organization, "memory", `${quotas.totalMemory}GiB`)
    }
    if (exceeds(disk + sum(onDisk, (sandbox) => sandbox.disk), quotas.totalDisk)) {
      return total(organization, "disk", `${quotas.totalDisk}GiB`, `${freeSome}\n`)
    }
    if (exceeds(gpu + sum(running, (sandbox) => sandbox.gpu), quotas.totalGpu)) {
      return total(organization, "GPU", `${quotas.totalGpu}`)
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

const exceeds = (requested: number, limit: number | undefined) => limit !== undefined && requested > limit

const problemOfSize = (
  { quotas }: Organization,
  { cpu, disk, memory }: Omit<Resources, "gpu">
): HttpError | undefined => {
  if (exceeds(cpu, quotas.cpuPerSandbox)) return perSandbox(`CPU request ${cpu}`, `${quotas.cpuPerSandbox}`)
  if (exceeds(memory, quotas.memoryPerSandbox)) {
    return perSandbox(`Memory request ${memory}GB`, `${quotas.memoryPerSandbox}GB`)
  }
  return exceeds(disk, quotas.diskPerSandbox)
    ? perSandbox(`Disk request ${disk}GB`, `${quotas.diskPerSandbox}GB`)
    : undefined
}

/** Fails if a single sandbox may not be of this size. */
export const checkPerSandbox = (
  organization: Organization,
  size: Omit<Resources, "gpu">
): Effect.Effect<void, HttpError> => problemOfSize(organization, size) ?? Effect.void

const perSandbox = (request: string, limit: string) =>
  badRequest(`${request} exceeds maximum allowed per sandbox (${limit}).\n${askForMore}`)

const total = (organization: Organization, what: string, limit: string, advice = "") =>
  badRequest(`Total ${what} limit exceeded. Maximum allowed: ${limit}.\n${advice}${upgrade(organization)}`)
