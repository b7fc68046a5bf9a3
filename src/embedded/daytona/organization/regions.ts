/** The regions that an organization can use. */
import * as Effect from "effect/Effect"
import { badRequest, forbidden, type HttpError, notFound } from "../http/HttpError.js"
import type { SandboxClass } from "../Options.js"
import type { Organization, Region, Settings } from "../Settings.js"

/** The regions that an organization can use. */
export const available = (settings: Settings, organization: Organization): ReadonlyArray<Region> =>
  settings.regions.filter((region) => region.organizationId === undefined || region.organizationId === organization.id)

/** The region with this id or name, or the organization's default. */
export const resolve = (
  settings: Settings,
  organization: Organization,
  target: string | undefined
): Effect.Effect<Region, HttpError> =>
  Effect.suspend(() => {
    const wanted = target ?? organization.defaultRegion
    if (wanted === null) {
      return badRequest(
        "This organization does not have a default region. Please open the Daytona Dashboard to set a default region."
      )
    }
    const found = available(settings, organization).find(({ id, name }) => id === wanted || name === wanted)
    return found === undefined ? notFound("Region not found") : Effect.succeed(found)
  })

/** Fails if the region does not support this sandbox class. */
export const checkClass = (region: Region, sandboxClass: SandboxClass): Effect.Effect<void, HttpError> =>
  region.sandboxClasses?.includes(sandboxClass) === false
    ? forbidden(`Region ${region.name} is not available to the organization for class ${sandboxClass}`)
    : Effect.void
