/** The proxy in front of the sandboxes, with its own authentication. */
import * as Headers from "@effect/platform/Headers"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import type { Auth } from "../http/Auth.js"
import { badRequest, type HttpError, notFound, unauthorized } from "../http/HttpError.js"
import type { IncomingRequest } from "../http/IncomingRequest.js"
import * as responses from "../http/responses.js"
import type { Settings } from "../Settings.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import { shownState } from "../sandbox/state.js"
import type { Builds } from "../snapshot/Builds.js"
import { buildLogResponse } from "../snapshot/buildLogResponse.js"
import type { Snapshots } from "../snapshot/Snapshots.js"
import type { Runtimes } from "./Runtimes.js"
import { isSigned } from "./signedUrl.js"

type Answer = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  HttpError | ConnectionFault,
  Scope.Scope | HttpServerRequest.HttpServerRequest
>

/** Serves the toolboxes of sandboxes, and the logs of builds. */
export interface Proxy {
  /** `path` is the path below the proxy's address, still encoded. The body has not been read. */
  readonly answer: (
    path: string,
    incoming: IncomingRequest
  ) => Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    ConnectionFault,
    Scope.Scope | HttpServerRequest.HttpServerRequest
  >
  /** The path below the toolbox of a request to one, and its template if it is known. */
  readonly endpoint: (
    path: string,
    method: string
  ) => Effect.Effect<{ readonly path: string; readonly template: string | undefined } | undefined>
}

/** Traffic counts as activity at most this often, in milliseconds. */
const activityInterval = 45_000

/** How long the proxy trusts what it knows about a credential, in milliseconds. */
const validFor = 120_000
const invalidFor = 5000

const previewHeader = "x-daytona-preview-token"
const previewParameter = "DAYTONA_SANDBOX_AUTH_KEY"

/** A place in a request that held a credential, which is not forwarded. */
type Credential = "authorization" | typeof previewHeader | typeof previewParameter

const withoutParameter = (rawQuery: string): string =>
  rawQuery
    .split("&")
    .filter((pair) => !new URLSearchParams(pair).has(previewParameter))
    .join("&")

export const make = (dependencies: {
  readonly settings: Settings
  readonly auth: Auth
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly builds: Builds
  readonly runtimes: Runtimes
}): Proxy => {
  const { auth, builds, runtimes, sandboxes, settings, snapshots } = dependencies

  // The proxy does not ask again for a while: a key that is gone still opens a sandbox, and a sandbox that is gone is
  // first missed behind the proxy.
  const known = new Map<string, { readonly isValid: boolean; readonly until: number }>()
  const remembered = (key: string, isValid: Effect.Effect<boolean>): Effect.Effect<boolean> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const found = known.get(key)
      if (found !== undefined && now < found.until) return found.isValid
      const answer = yield* isValid
      known.set(key, { isValid: answer, until: now + (answer ? validFor : invalidFor) })
      return answer
    })

  /**
   * Accepts a signed URL, the owner's credentials or the sandbox's preview token, wherever they are sent; an invalid
   * one is ignored if another is valid. Returns where the accepted credential was. `path` is the one below the toolbox.
   * A sandbox that does not exist is not told apart from one that the credentials are not for.
   */
  const checkAccess = (
    id: string,
    sandbox: Sandbox | undefined,
    path: string,
    incoming: IncomingRequest
  ): Effect.Effect<Credential | undefined, HttpError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (
        settings.generation === "current" &&
        sandbox !== undefined &&
        isSigned(sandbox.signingKey, path, incoming, now)
      ) {
        return undefined
      }
      const { headers, query } = incoming
      const { authorization } = headers
      const ofOwner = Effect.match(auth(headers), {
        onFailure: () => false,
        onSuccess: ({ organization }) => organization.id === sandbox?.organizationId
      })
      const cookie = new RegExp(`daytona-sandbox-auth-${id}=([^;]+)`).exec(headers["cookie"] ?? "")?.[1]
      const tokens = [
        { credential: previewHeader, token: headers[previewHeader], name: "Auth key header" },
        {
          credential: previewParameter,
          token: query.get(previewParameter) ?? undefined,
          name: "Auth key query parameter"
        },
        { credential: undefined, token: cookie, name: "Cookie" }
      ] as const
      const isAnonymous = authorization === undefined && tokens.every(({ token }) => token === undefined)
      const problems: Array<string> = []
      if (authorization !== undefined || isAnonymous) {
        if (yield* remembered(`${id}:${authorization}`, ofOwner)) return "authorization"
        problems.push("Bearer token is invalid")
      }
      for (const { credential, name, token } of tokens) {
        if (token === undefined) continue
        const isValid = Effect.sync(() => token === sandbox?.authToken)
        if (yield* remembered(`${id}:${credential}:${token}`, isValid)) return credential
        problems.push(`${name} is invalid`)
      }
      const isOpen = yield* Effect.isSuccess(auth({}))
      return yield* isAnonymous && !isOpen
        ? unauthorized(
            "unauthorized: missing authentication: provide a preview access token (via header, query parameter, or cookie) or use an API key or JWT"
          )
        : unauthorized(`unauthorized: authentication failed: ${problems.join(",")}`)
    })

  const noteActivity = (sandbox: Sandbox, { headers }: IncomingRequest) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      headers["x-daytona-skip-last-activity-update"] === "true" || now - sandbox.lastActivityAt < activityInterval
        ? Effect.void
        : sandboxes.update(sandbox.id, { lastActivityAt: now })
    )

  const toolbox = (id: string, rest: string, incoming: IncomingRequest): Answer =>
    Effect.gen(function* () {
      const found = sandboxes.get(id)
      const sandbox = found?.state === "destroyed" ? undefined : found
      const credential = yield* checkAccess(id, sandbox, rest, incoming)
      if (sandbox === undefined) return yield* notFound("not found: sandbox container not found")
      const runtime = runtimes.get(id)
      if (sandbox.runnerId === null || runtime === undefined) {
        return yield* badRequest(`failed to get runner info: sandbox ${id} has no runner`)
      }
      if (shownState(sandbox) !== "started") {
        return yield* badRequest(`bad request: failed to resolve container IP: sandbox ${id} is not started`)
      }
      yield* noteActivity(sandbox, incoming)
      const request = yield* HttpServerRequest.HttpServerRequest
      // The credential is not for the programs in the sandbox, which may receive the request.
      const query = credential === previewParameter ? withoutParameter(incoming.rawQuery) : incoming.rawQuery
      const headers = credential === undefined ? request.headers : Headers.remove(request.headers, credential)
      return yield* runtime.toolbox.pipe(
        Effect.provideService(
          HttpServerRequest.HttpServerRequest,
          request.modify({ url: query === "" ? rest : `${rest}?${query}`, headers })
        )
      )
    })

  const logs = (kind: string, id: string, incoming: IncomingRequest): Answer =>
    Effect.gen(function* () {
      // The proxy does not forward the organization that a JWT is for, so only API keys are accepted.
      const { "x-daytona-organization-id": _, ...headers } = incoming.headers
      const { organization } = yield* Effect.mapError(auth(headers), ({ message }) =>
        unauthorized(`unauthorized: authentication failed: ${message}`)
      )
      const found = kind === "sandboxes" ? sandboxes.find(organization.id, id) : snapshots.find(organization.id, id)
      if (found?.buildInfo === undefined) return yield* notFound(`build logs not found for ref ${id}`)
      const follow = incoming.query.get("follow") === "true"
      // For sandboxes the runner looks for an image of the wrong name, and so waits forever.
      return yield* buildLogResponse(builds, found.buildInfo.snapshotRef, { follow, ends: kind === "snapshots" })
    })

  const answer = (path: string, incoming: IncomingRequest) =>
    Effect.suspend((): Answer => {
      const below = toolboxPath(path)
      if (below !== undefined) return toolbox(below.id, below.path, incoming)
      const [, place, id = "", ...rest] = path.split("/")
      if ((place === "sandboxes" || place === "snapshots") && rest.join("/") === "build-logs") {
        return logs(place, id, incoming)
      }
      return notFound("not found")
    }).pipe(
      Effect.catchTag("HttpError", (refusal) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          responses.proxyError(refusal, { url: incoming.rawPath, method: incoming.method, now })
        )
      )
    )

  const endpoint: Proxy["endpoint"] = (path, method) =>
    Effect.gen(function* () {
      const below = toolboxPath(path)
      if (below === undefined) return undefined
      const sandbox = sandboxes.get(below.id)
      const isStarted = sandbox !== undefined && shownState(sandbox) === "started"
      const template = isStarted
        ? yield* runtimes.get(below.id)?.template?.(method, below.path) ?? Effect.void
        : undefined
      return { path: below.path, template: template ?? undefined }
    })

  return { answer, endpoint }
}

const toolboxPath = (path: string): { readonly id: string; readonly path: string } | undefined => {
  const [, place, id = "", ...rest] = path.split("/")
  return place === "toolbox" && id !== "" ? { id, path: `/${rest.join("/")}` } : undefined
}
