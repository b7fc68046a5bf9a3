/** Handlers for access to a sandbox from outside: previews, SSH, the toolbox, build logs and signing keys. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { badRequest, forbidden, type HttpError, notFound, unexpected } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { UrlTargets } from "../http/UrlTargets.js"
import * as identifiers from "../identifiers.js"
import * as dto from "../sandbox/dto.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Builds } from "../snapshot/Builds.js"
import { buildLogResponse } from "../snapshot/buildLogResponse.js"
import type { Call, Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"

const longestSigned = 86_400

interface SshAccess {
  readonly sandboxId: string
  readonly token: string
}

/** Previews of ports, SSH, the toolbox, build logs, and the key that signs URLs of files. */
export const make = (dependencies: {
  readonly urlTargets: UrlTargets
  readonly sandboxes: Sandboxes
  readonly builds: Builds
  readonly view: SandboxView
}) => {
  const { builds, urlTargets, sandboxes, view } = dependencies
  const signedPreviews = new Set<string>()
  let sshAccesses: ReadonlyArray<SshAccess> = []

  const buildLogsOf = (call: Call) =>
    Effect.flatMap(view.find(call), (sandbox) =>
      sandbox.buildInfo === undefined
        ? notFound(`Sandbox with ID or name ${call.parameter("idOrName")} has no build info`)
        : Effect.succeed(sandbox)
    )

  return {
    "GET /sandbox/{idOrName}/ports/{port}/preview-url": (call) =>
      Effect.gen(function* () {
        const port = yield* portOf(call)
        const sandbox = yield* view.find(call)
        const url = urlTargets.previewUrl(call.origin, sandbox.target, `${port}-${sandbox.id}`)
        return responses.json(200, { sandboxId: sandbox.id, url, token: sandbox.authToken })
      }),
    "GET /sandbox/{idOrName}/ports/{port}/signed-preview-url": (call) =>
      Effect.gen(function* () {
        const port = yield* portOf(call)
        const seconds = Number(call.query.get("expiresInSeconds") ?? "60")
        if (!(seconds >= 1 && seconds <= longestSigned)) {
          return yield* badRequest("expiresInSeconds must be between 1 second and 24 hours")
        }
        const sandbox = yield* view.find(call)
        const token = yield* identifiers.token(16)
        signedPreviews.add(token)
        const url = urlTargets.previewUrl(call.origin, sandbox.target, `${port}-${token}`)
        return responses.json(200, { sandboxId: sandbox.id, port, token, url })
      }),
    "POST /sandbox/{idOrName}/ports/{port}/signed-preview-url/{token}/expire": (call) =>
      Effect.gen(function* () {
        yield* portOf(call)
        yield* view.find(call)
        signedPreviews.delete(call.parameter("token"))
        return responses.empty(201)
      }),
    "POST /sandbox/{idOrName}/ssh-access": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        // Not validated: zero and less have expired already, and anything else is no date for the database.
        const minutes = Number(call.query.get("expiresInMinutes") ?? "60")
        if (!Number.isFinite(minutes)) return yield* unexpected
        const now = yield* Clock.currentTimeMillis
        const token = yield* identifiers.token(32)
        // A sandbox has at most one: a new one replaces it.
        sshAccesses = [...withoutSandbox(sshAccesses, sandbox.id), { sandboxId: sandbox.id, token }]
        return responses.json(200, {
          id: yield* identifiers.uuid,
          sandboxId: sandbox.id,
          token,
          expiresAt: dto.iso(now + minutes * 60_000),
          createdAt: dto.iso(now),
          updatedAt: dto.iso(now),
          sshCommand: `ssh -p 2222 ${token}@${new URL(call.origin).hostname}`
        })
      }),
    "DELETE /sandbox/{idOrName}/ssh-access": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.find(call)
        const token = call.query.get("token")
        sshAccesses = sshAccesses.filter(
          (access) => access.sandboxId !== sandbox.id || (token !== null && access.token !== token)
        )
        return view.answer(call, sandbox)
      }),
    // Only the SSH gateway's own key is authorized.
    "GET /sandbox/ssh-access/validate": () => forbidden("Invalid authentication context"),
    "GET /sandbox/{id}/toolbox-proxy-url": (call) =>
      Effect.map(view.findById(call), (sandbox) =>
        responses.json(200, { url: `${urlTargets.proxyUrl(call.origin, sandbox.target)}/toolbox` })
      ),
    "GET /sandbox/{idOrName}/build-logs-url": (call) =>
      Effect.map(buildLogsOf(call), (sandbox) => {
        const proxy = urlTargets.proxyUrl(call.origin, sandbox.target)
        return responses.json(200, { url: `${proxy}/sandboxes/${sandbox.id}/build-logs` })
      }),
    "GET /sandbox/{idOrName}/build-logs": (call) =>
      Effect.gen(function* () {
        const { buildInfo, id } = yield* view.find(call)
        if (buildInfo === undefined) return yield* notFound(`Sandbox with ID or name ${id} has no build info`)
        const follow = call.query.get("follow") === "true"
        return yield* buildLogResponse(builds, buildInfo.snapshotRef, { follow, ends: false })
      }),
    "GET /sandbox/{id}/signing-key": (call) =>
      Effect.map(view.findById(call), ({ signingKey }) => responses.json(200, signingKey)),
    "POST /sandbox/{id}/signing-key/rotate": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.findById(call)
        const signingKey = yield* identifiers.token(32)
        yield* sandboxes.update(sandbox.id, { signingKey })
        return responses.json(200, signingKey)
      })
  } satisfies Record<string, Handler>
}

const withoutSandbox = (accesses: ReadonlyArray<SshAccess>, sandboxId: string) =>
  accesses.filter((access) => access.sandboxId !== sandboxId)

const portOf = (call: Call): Effect.Effect<number, HttpError> =>
  Effect.suspend(() => {
    const port = Number(call.parameter("port"))
    // What is no number is neither too small nor too large.
    return port < 1 || port > 65_535 ? badRequest("Invalid port") : Effect.succeed(port)
  })
