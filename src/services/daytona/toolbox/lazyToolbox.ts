/** The toolbox of a sandbox that is created by the first request into it. */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ApiError, Unavailable } from "../../../errors/ApiError.js"
import { inputCheck } from "../../../internal/buildRequest.js"
import { InFinalizer } from "../../../internal/finalizerRequest.js"
import type * as Operation from "../../../internal/Operation.js"
import { unwatched } from "../../../internal/pendingReleases.js"
import { DaytonaClient } from "../DaytonaClient.js"
import type { CreateError } from "../sandboxes/creation.js"
import { notCreated, type Toolbox } from "./Toolbox.js"

type Named = Pick<Operation.Any, "name" | "method">

const unsent = ({ method, name: operation }: Named, path: string, why: string) =>
  ({
    system: "daytona",
    operation,
    method,
    path,
    message: `${method} ${path} (${operation}) was not sent, because ${why}`,
    attempts: 0,
    admitted: "no"
  }) as const

/** The failure of a request whose sandbox could not be created. An invalid option is what it is. */
const failureOf =
  (operation: Named, path: string) =>
  (cause: CreateError): ApiError =>
    cause._tag === "InvalidRequest"
      ? cause
      : new Unavailable({
          ...unsent(operation, path, `its sandbox could not be created: ${cause.message}`),
          ...("sandboxId" in cause && cause.sandboxId !== undefined ? { sandboxId: cause.sandboxId } : {}),
          ...("retryAfter" in cause && cause.retryAfter !== undefined ? { retryAfter: cause.retryAfter } : {}),
          retryable: cause.retryable,
          cause
        })

/** What a request was interrupted for that had not been sent, since there was no sandbox yet. */
const nothingToRemove = (operation: Named, path: string) =>
  new Unavailable({
    ...unsent(operation, path, "its sandbox has not been created, so there is nothing to remove"),
    retryable: false
  })

// As the clients of toolboxes, whose addresses come with their sandboxes.
const check = inputCheck({ system: { name: "daytona" }, baseUrl: "https://toolbox.invalid", slashInPath: "encode" })

export const make = (
  created: Effect.Effect<Toolbox.Service, CreateError>,
  language: Toolbox.Service["language"]
): Effect.Effect<Toolbox.Service> =>
  Effect.map(Effect.serviceOption(DaytonaClient), (client) => {
    let known: Toolbox.Service | undefined

    /** Invalid input creates nothing. */
    const toolbox = (operation: Named, path: Either.Either<string, ApiError>) =>
      known === undefined
        ? Effect.flatMap(path, (rendered) =>
            Effect.flatMap(InFinalizer, (removes) =>
              removes
                ? Effect.fail(nothingToRemove(operation, rendered))
                : created.pipe(
                    Effect.mapError(failureOf(operation, rendered)),
                    Effect.tap((made) =>
                      Effect.sync(() => {
                        known = made
                      })
                    )
                  )
            )
          )
        : Effect.succeed(known)

    return {
      get sandboxId() {
        return known?.sandboxId ?? notCreated
      },
      language,
      pendingReleases: Option.match(client, {
        onNone: () => unwatched,
        onSome: ({ pendingReleases }) => pendingReleases
      }),
      call: (operation, ...input) =>
        Effect.suspend(() => toolbox(operation, check.ofCall(operation, ...input))).pipe(
          Effect.flatMap((made) => made.call(operation, ...input))
        ),
      stream: (operation, input, read) =>
        Stream.suspend(() =>
          Stream.unwrap(
            Effect.map(toolbox(operation, check.ofStream(operation, input)), (made) =>
              made.stream(operation, input, read)
            )
          )
        ),
      connect: (operation, input, protocols) =>
        Effect.suspend(() => toolbox(operation, check.ofStream(operation, input))).pipe(
          Effect.flatMap((made) => made.connect(operation, input, protocols))
        )
    }
  })
