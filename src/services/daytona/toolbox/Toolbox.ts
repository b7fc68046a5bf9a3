/**
 * The connection to one sandbox: where its toolbox is, and the credentials for it. Everything that works inside a sandbox is a
 * service on top of it; a program rarely needs it itself.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../../errors/ApiError.js"
import { readToolboxErrorBody } from "../../../errors/daytona/toolboxErrorBody.js"
import type { ApiClient } from "../../../internal/ApiClient.js"
import type * as Operation from "../../../internal/Operation.js"
import { type Language, languageLabel } from "../../../schema/daytona/CreateSandbox.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import { type DaytonaClient, protocolVersion } from "../DaytonaClient.js"
import { operations as sandboxOperations } from "../sandboxes/operations.js"

/**
 * The connection to one sandbox: where its toolbox is, and the credentials for it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Toolbox } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const { sandboxId } = yield* Toolbox
 *   return sandboxId
 * })
 * ```
 */
export class Toolbox extends Context.Tag("effect-sandboxes/daytona/Toolbox")<Toolbox, Toolbox.Service>() {}

export declare namespace Toolbox {
  /**
   * Runs operations in the sandbox; their paths go below the address of its toolbox. That address is looked up before the
   * first of them, where the sandbox did not come with it; that may fail with `UnexpectedStatus` when the sandbox is gone, and
   * with `InvalidRequest` when it is at a host that may not see the credentials (`trustedHosts`).
   */
  interface Service extends ApiClient {
    /** The sandbox that everything is asked of. */
    readonly sandboxId: SandboxId
    /** The language that the sandbox was made for, where it says so. */
    readonly language: Language | (string & {}) | undefined
  }

  /** What is to be known of a sandbox to work inside it. */
  type Location = Pick<Sandbox, "id" | "labels" | "toolboxProxyUrl">
}

// The operations of `Sandboxes`, without `NotFound`: the caller has the sandbox already.
const fails: ReadonlyArray<Operation.StatusFailure<never>> = []
const operations = {
  address: { ...sandboxOperations.toolboxUrl, name: "Toolbox.address", fails },
  socketToken: { ...sandboxOperations.previewLink, name: "Toolbox.socketToken", fails }
}

/** Its preview token opens the web sockets of the toolbox, for platforms whose handshakes carry no headers. */
const socketPort = "1"

export const make = (
  client: DaytonaClient.Service,
  { id, labels, toolboxProxyUrl }: Toolbox.Location
): Toolbox.Service => {
  const address =
    toolboxProxyUrl === undefined
      ? Effect.map(client.call(operations.address, { path: { sandboxId: id }, sandboxId: id }), ({ url }) => url)
      : Effect.succeed(toolboxProxyUrl)

  const socketKey = Effect.map(
    client.call(operations.socketToken, { path: { sandboxIdOrName: id, port: socketPort }, sandboxId: id }),
    ({ token }) => ({ DAYTONA_SANDBOX_AUTH_KEY: token })
  )

  let known: ApiClient | undefined
  const connection: Effect.Effect<ApiClient, ApiError> = Effect.suspend(() =>
    known === undefined
      ? address.pipe(
          Effect.flatMap((url) =>
            client.at(`${url.replace(/\/+$/, "")}/${encodeURIComponent(id)}`, operations.address.name, {
              sandboxId: id,
              readErrorBody: readToolboxErrorBody,
              // The older daemon knows no other token than that of the version, and answers none where it is missing.
              sockets: { protocols: [`X-Daytona-SDK-Version~${protocolVersion}`], query: socketKey }
            })
          ),
          Effect.tap((made) =>
            Effect.sync(() => {
              known = made
            })
          )
        )
      : Effect.succeed(known)
  )

  return {
    sandboxId: id,
    language: labels[languageLabel],
    call: (operation, ...input) => Effect.flatMap(connection, (made) => made.call(operation, ...input)),
    stream: (operation, input, read) =>
      Stream.unwrap(Effect.map(connection, (made) => made.stream(operation, input, read))),
    connect: (operation, input, protocols) =>
      Effect.flatMap(connection, (made) => made.connect(operation, input, protocols))
  }
}
