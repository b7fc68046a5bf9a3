/**
 * The connection to one sandbox: the address of its toolbox, and the credentials for it. Every service that works
 * inside a sandbox builds on it; programs rarely need it directly.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import { readToolboxErrorBody } from "../../../errors/daytona/toolboxErrorBody.js"
import { inMethodSpan, streamInMethodSpan } from "../../../internal/methodSpans.js"
import type { Operation } from "../../../internal/Operation.js"
import type { PendingReleases } from "../../../internal/pendingReleases.js"
import type { SocketClient } from "../../../internal/SocketClient.js"
import { shownAs } from "../../../internal/shown.js"
import { type Language, languageLabel } from "../../../schema/daytona/CreateSandbox.js"
import { SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import { type DaytonaClient, protocolVersion } from "../DaytonaClient.js"
import { operations as sandboxes } from "../sandboxes/operations.js"

/**
 * The connection to one sandbox: the address of its toolbox, and the credentials for it.
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
   * Runs operations in the sandbox; their paths are relative to the address of its toolbox. If the sandbox came without
   * that address, it is looked up before the first operation, which fails with `UnexpectedStatus` when the sandbox is
   * gone, and with `InvalidRequest` when its host may not receive the credentials (`trustedHosts`).
   */
  interface Service extends Pick<SocketClient, "call" | "stream" | "connect"> {
    /** The sandbox that operations run in; `notCreated` while that of `Sandbox.layerLazy` has not been created. */
    readonly sandboxId: SandboxId
    /** As that of `DaytonaClient`. */
    readonly pendingReleases: PendingReleases
    /** The language that the sandbox was created for, if known. */
    readonly language: Language | (string & {}) | undefined
  }

  /** What is needed to connect to a sandbox. */
  type Location = Pick<Sandbox, "id" | "labels" | "toolboxProxyUrl">
}

/** The id of a sandbox that has none yet. */
export const notCreated: SandboxId = SandboxId.make("not created yet")

/** An operation of `Sandboxes` on a sandbox that is known to exist, so `NotFound` is not an expected failure. */
const onExisting = <Path extends string, Query, Body, Success>(
  name: string,
  operation: Operation<Path, Query, Body, Success, NotFound>
): Operation<Path, Query, Body, Success, never> => ({ ...operation, name, fails: [] })

const operations = {
  address: onExisting("Toolbox.address", sandboxes.toolboxUrl),
  socketToken: onExisting("Toolbox.socketToken", sandboxes.previewLink)
}

/**
 * The preview token of this port opens the web sockets of the toolbox on platforms whose handshakes carry no headers.
 */
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

  let known: SocketClient | undefined
  const connection: Effect.Effect<SocketClient, ApiError> = Effect.suspend(() =>
    known === undefined
      ? address.pipe(
          Effect.flatMap((url) =>
            client.at(`${url.replace(/\/+$/, "")}/${encodeURIComponent(id)}`, operations.address.name, {
              sandboxId: id,
              readErrorBody: readToolboxErrorBody,
              // Older daemons accept only the version token, and refuse handshakes without it.
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

  /** Looking up the address and what it is for have one span. */
  const isLookedUp = () => known === undefined && toolboxProxyUrl === undefined
  const located = <A, E, R>(
    operation: { readonly name: string },
    use: (made: SocketClient) => Effect.Effect<A, E, R>
  ) =>
    Effect.suspend(() => {
      const used = Effect.flatMap(connection, use)
      return isLookedUp() ? inMethodSpan(`Daytona.${operation.name}`)(used) : used
    })

  return shownAs<Toolbox.Service>(
    {
      sandboxId: id,
      pendingReleases: client.pendingReleases,
      language: labels[languageLabel],
      call: (operation, ...input) => located(operation, (made) => made.call(operation, ...input)),
      stream: (operation, input, read) =>
        Stream.suspend(() => {
          const opened = Stream.unwrap(Effect.map(connection, (made) => made.stream(operation, input, read)))
          return isLookedUp() ? streamInMethodSpan(`Daytona.${operation.name}`)(opened) : opened
        }),
      connect: (operation, input, protocols) => located(operation, (made) => made.connect(operation, input, protocols))
    },
    ({ sandboxId }) => ({ _id: "Toolbox", sandboxId })
  )
}
