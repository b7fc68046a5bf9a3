/** Handlers for the server's own data: configuration, regions, credentials of the object storage. */
import * as Effect from "effect/Effect"
import { forbidden, notFound, unavailable } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { UrlTargets } from "../http/UrlTargets.js"
import type { Throttler } from "../Options.js"
import * as regions from "../organization/regions.js"
import type { Region, Settings } from "../Settings.js"
import * as dto from "../sandbox/dto.js"
import type { Credentials } from "../storage/Credentials.js"
import type { Call, Handler } from "./Handler.js"

/** The server's configuration and regions, and the credentials for uploading build contexts. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly urlTargets: UrlTargets
  readonly credentials: Credentials
  /** When the server started. */
  readonly startedAt: number
}) => {
  const { credentials, urlTargets, settings, startedAt } = dependencies

  const view = (region: Region) => ({
    id: region.id,
    name: region.name,
    organizationId: region.organizationId ?? null,
    regionType: region.regionType,
    createdAt: dto.iso(startedAt),
    updatedAt: dto.iso(startedAt),
    proxyUrl: region.proxyUrl ?? null,
    sshGatewayUrl: null,
    snapshotManagerUrl: null,
    ...(settings.generation === "0.190" ? {} : { otelEndpoint: null })
  })

  const rate = (name: string, throttler: Throttler) => {
    const limit = settings.rateLimits[throttler]
    return limit === undefined ? {} : { [name]: limit }
  }

  const config = ({ origin }: Call) => ({
    version: settings.version,
    oidc: {
      issuer: `${origin}/dex`,
      clientId: "daytona",
      audience: "daytona",
      // The official Python client requires it.
      ...(settings.generation === "0.190" ? {} : { provider: "dex" })
    },
    linkedAccountsEnabled: false,
    announcements: {},
    proxyTemplateUrl: urlTargets.previewUrl(origin, "", "{{PORT}}-{{sandboxId}}"),
    proxyToolboxUrl: `${urlTargets.proxyUrl(origin, "")}/toolbox`,
    defaultSnapshot: settings.defaultSnapshot,
    dashboardUrl: `${origin}/dashboard`,
    maxAutoArchiveInterval: settings.maxAutoArchiveInterval,
    // Misspelt on the wire, too.
    maintananceMode: !settings.available,
    environment: "embedded",
    ...(settings.analyticsApiUrl === undefined ? {} : { analyticsApiUrl: settings.analyticsApiUrl }),
    rateLimit: {
      ...rate("failedAuth", "failed-auth"),
      ...rate("authenticated", "authenticated"),
      ...rate("sandboxCreate", "sandbox-create"),
      ...rate("sandboxLifecycle", "sandbox-lifecycle"),
      ...rate("sandboxList", "sandbox-list")
    }
  })

  return {
    "GET /config": (call) => Effect.sync(() => responses.json(200, config(call))),
    "GET /health": () => Effect.sync(() => responses.json(200, { status: "ok" })),
    // Only the key of the health check is authorized.
    "GET /health/ready": () =>
      settings.auth === undefined
        ? Effect.sync(() => responses.json(200, { status: "ok" }))
        : forbidden("Invalid authentication context"),
    // Only the organization's own regions: a shared one is not found, although the list has it.
    "GET /regions/{id}": (call) =>
      Effect.suspend(() => {
        const id = call.parameter("id")
        const region = settings.regions.find(
          (candidate) => candidate.id === id && candidate.organizationId === call.organization.id
        )
        return region === undefined ? notFound("Region not found") : Effect.succeed(responses.json(200, view(region)))
      }),
    "GET /regions": (call) =>
      Effect.sync(() => responses.json(200, regions.available(settings, call.organization).map(view))),
    "GET /shared-regions": () =>
      Effect.sync(() =>
        responses.json(200, settings.regions.filter(({ regionType }) => regionType === "shared").map(view))
      ),
    "GET /object-storage/push-access": (call) =>
      Effect.gen(function* () {
        const storage = settings.objectStorage
        if (storage === undefined) return yield* unavailable("Object storage is not configured")
        const { accessKey, secret, sessionToken } = yield* credentials.issue(call.organization.id)
        return responses.json(200, {
          accessKey,
          secret,
          sessionToken,
          storageUrl: urlTargets.storageUrl(call.origin),
          organizationId: call.organization.id,
          bucket: storage.bucket,
          ...(settings.generation === "0.190" ? {} : { region: storage.region })
        })
      })
  } satisfies Record<string, Handler>
}
