/** What the handlers of a single sandbox share: finding it and rendering it. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { type HttpError, notFound } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { UrlTargets } from "../http/UrlTargets.js"
import type { Settings } from "../Settings.js"
import * as dto from "../sandbox/dto.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Call } from "./Handler.js"

/** Finds and renders a sandbox. */
export interface SandboxView {
  /** The sandbox that the path identifies by id or name. */
  readonly find: (call: Call) => Effect.Effect<Sandbox, HttpError>
  /** The sandbox with this id or name. */
  readonly findNamed: (call: Call, idOrName: string) => Effect.Effect<Sandbox, HttpError>
  /** The sandbox that the path identifies by id. */
  readonly findById: (call: Call) => Effect.Effect<Sandbox, HttpError>
  readonly item: (call: Call, sandbox: Sandbox) => object
  readonly whole: (call: Call, sandbox: Sandbox) => object
  readonly answer: (call: Call, sandbox: Sandbox, status?: number) => HttpServerResponse.HttpServerResponse
  /** Like `answer`, for a sandbox that was only just written: what is not set is absent, instead of `null`. */
  readonly answerNew: (call: Call, sandbox: Sandbox) => HttpServerResponse.HttpServerResponse
  /** Like `answerCurrent`, without the last activity, which is stored elsewhere and was not looked up. */
  readonly answerChanged: (call: Call, sandbox: Sandbox) => Effect.Effect<HttpServerResponse.HttpServerResponse>
  /** Like `answer`, for a sandbox that has just been changed: renders its current state. */
  readonly answerCurrent: (
    call: Call,
    sandbox: Sandbox,
    status?: number
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse>
}

export const make = (dependencies: {
  readonly settings: Settings
  readonly urlTargets: UrlTargets
  readonly sandboxes: Sandboxes
}): SandboxView => {
  const { urlTargets, sandboxes, settings } = dependencies
  const address = ({ origin }: Call, { target }: Sandbox) => ({
    toolboxProxyUrl: `${urlTargets.proxyUrl(origin, target)}/toolbox`
  })

  const orNotFound = (sandbox: Sandbox | undefined, idOrName: string) =>
    sandbox === undefined ? notFound(`Sandbox with ID or name ${idOrName} not found`) : Effect.succeed(sandbox)

  const whole = (call: Call, sandbox: Sandbox) => dto.toSandbox(settings, sandbox, address(call, sandbox))

  const findNamed = (call: Call, idOrName: string) =>
    Effect.suspend(() => orNotFound(sandboxes.find(call.organization.id, idOrName), idOrName))

  return {
    find: (call) => findNamed(call, call.parameter("idOrName")),
    findNamed,
    findById: (call) =>
      Effect.suspend(() => {
        const id = call.parameter("id")
        const sandbox = sandboxes.find(call.organization.id, id)
        return orNotFound(sandbox?.id === id ? sandbox : undefined, id)
      }),
    item: (call, sandbox) => dto.toListItem(settings, sandbox, address(call, sandbox)),
    whole,
    answer: (call, sandbox, status = 200) => responses.json(status, whole(call, sandbox)),
    answerNew: (call, sandbox) =>
      responses.json(
        200,
        Object.fromEntries(
          Object.entries(whole(call, sandbox)).filter(([, value]) => value !== null || sandbox.state === "started")
        )
      ),
    answerCurrent: (call, sandbox, status = 200) =>
      Effect.sync(() => responses.json(status, whole(call, sandboxes.get(sandbox.id) ?? sandbox))),
    answerChanged: (call, sandbox) =>
      Effect.sync(() => {
        const { lastActivityAt, ...rest } = whole(call, sandboxes.get(sandbox.id) ?? sandbox)
        return responses.json(200, rest)
      })
  }
}
