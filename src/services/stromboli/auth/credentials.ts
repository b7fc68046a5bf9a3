/** The token that requests are sent with: set, obtained, or, with a client id, refreshed automatically. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import { type ApiClient, type Credentials, fixedToken } from "../../../internal/ApiClient.js"
import { invalidRequest } from "../../../internal/failure.js"
import { RequestOptions } from "../../../RequestOptions.js"
import { isToken } from "../../../schema/headerValue.js"
import type { TokenPair } from "../../../schema/stromboli/Token.js"
import * as operations from "./operations.js"

export interface StromboliCredentials extends Credentials {
  /** Uses this token from now on. Fails when it is not a valid header value. */
  readonly set: (token: Redacted.Redacted) => Effect.Effect<void, InvalidRequest>
  readonly clear: Effect.Effect<void>
  /** Uses the access token of the pair from now on, and keeps its refresh token. */
  readonly remember: (pair: TokenPair) => Effect.Effect<void>
  readonly refreshToken: Effect.Effect<Option.Option<Redacted.Redacted>>
}

interface Held {
  readonly token: Option.Option<Redacted.Redacted>
  readonly refreshToken: Option.Option<Redacted.Redacted>
  /** When the token is to be refreshed, in milliseconds since the epoch; infinite if its expiry is unknown. */
  readonly staleAt: number
}

const given = (token: Option.Option<Redacted.Redacted>): Held => ({
  token,
  refreshToken: Option.none(),
  staleAt: Number.POSITIVE_INFINITY
})

/** A token is refreshed this long before it expires, or after nine tenths of a short lifetime. */
const margin = Duration.seconds(60)

const staleAfter = (expiresIn: Duration.Duration): number =>
  Math.max(Duration.toMillis(expiresIn) - Duration.toMillis(margin), Duration.toMillis(expiresIn) * 0.9)

const checked = (operation: string, token: Redacted.Redacted): Effect.Effect<Redacted.Redacted, InvalidRequest> =>
  isToken(Redacted.value(token))
    ? Effect.succeed(token)
    : Effect.fail(
        invalidRequest(
          { system: "stromboli", operation },
          "token",
          "must be printable ASCII without spaces or line breaks, and must not be empty"
        )
      )

export const make = (options: {
  readonly token: Option.Option<Redacted.Redacted>
  /** Obtains and refreshes access tokens for this client id. */
  readonly clientId: Option.Option<string>
  /** A client of the same server with credentials of its own. */
  readonly client: (credentials: Credentials) => Effect.Effect<ApiClient>
}): Effect.Effect<StromboliCredentials, InvalidRequest, Scope.Scope> =>
  Effect.gen(function* () {
    if (Option.isSome(options.token)) yield* checked("Stromboli.layer", options.token.value)
    const held = yield* Ref.make(given(Option.isSome(options.clientId) ? Option.none() : options.token))

    const remember = (pair: TokenPair) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Ref.set(held, {
          token: Option.some(pair.accessToken),
          refreshToken: Option.some(pair.refreshToken),
          staleAt: now + staleAfter(pair.expiresIn)
        })
      )

    const base = {
      set: (token: Redacted.Redacted) =>
        Effect.flatMap(checked("Auth.setToken", token), (valid) => Ref.set(held, given(Option.some(valid)))),
      clear: Ref.set(held, given(Option.none())),
      remember,
      refreshToken: Effect.map(Ref.get(held), ({ refreshToken }) => refreshToken)
    }
    if (Option.isNone(options.clientId)) {
      return {
        ...base,
        current: Effect.map(Ref.get(held), ({ token }) => token),
        mayWait: false,
        renew: () => Effect.succeedNone
      }
    }

    const clientId = options.clientId.value
    const anonymous = yield* options.client(fixedToken(options.token))
    const login = anonymous.call(operations.token, { body: { clientId } })
    const newPair = Effect.flatMap(base.refreshToken, (refreshToken) =>
      Option.isNone(refreshToken)
        ? login
        : Effect.catchIf(
            anonymous.call(operations.refresh, { body: { refreshToken: refreshToken.value } }),
            isRefused,
            () => login
          )
    ).pipe(
      Effect.tap(remember),
      Effect.map(({ accessToken }) => accessToken),
      // All callers share it, so it must not take over the request options of the first one.
      Effect.provideService(RequestOptions, {})
    )
    const shared = yield* sharing(newPair)

    return {
      ...base,
      mayWait: true,
      current: Effect.flatMap(Effect.all([Ref.get(held), Clock.currentTimeMillis]), ([{ token, staleAt }, now]) =>
        Option.isSome(token) && now < staleAt ? Effect.succeed(token) : Effect.asSome(shared)
      ),
      renew: (refused) =>
        Effect.flatMap(Ref.get(held), ({ token }) =>
          // Another caller may have renewed it before the refusal arrived.
          Option.isSome(token) && token.value !== refused ? Effect.succeed(token) : Effect.asSome(shared)
        )
    }
  })

/** The server has no use for this refresh token, however it says so; one that can be used once may have been. */
const isRefused = (error: ApiError): boolean =>
  "status" in error && error.status !== undefined && error.status >= 400 && error.status < 500 && !error.retryable

/** How long a failure stands for those who ask next: the callers that one expired token sends here come one by one. */
const failureStands = Duration.seconds(1)

/**
 * Callers that arrive while the effect runs wait for its result instead of running it again; after a failure, also
 * those that arrive within a second. It runs in a fiber of the layer, so that an interrupted caller does not cancel it
 * for the others.
 */
const sharing = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const running = yield* SynchronizedRef.make(Option.none<Deferred.Deferred<A, E>>())
    const start = Effect.gen(function* () {
      const outcome = yield* Deferred.make<A, E>()
      yield* effect.pipe(
        Effect.exit,
        Effect.tap((exit) => Deferred.done(outcome, exit)),
        Effect.tap((exit) => (Exit.isFailure(exit) ? Effect.sleep(failureStands) : Effect.void)),
        Effect.ensuring(SynchronizedRef.set(running, Option.none())),
        Effect.interruptible,
        Effect.forkIn(scope)
      )
      return outcome
    })
    const keep = (outcome: Deferred.Deferred<A, E>) => [outcome, Option.some(outcome)] as const
    // The shared effect is the result: its users run it.
    // @effect-diagnostics-next-line returnEffectInGen:off
    return SynchronizedRef.modifyEffect(
      running,
      Option.match({ onNone: () => Effect.map(start, keep), onSome: (outcome) => Effect.succeed(keep(outcome)) })
    ).pipe(Effect.flatMap(Deferred.await))
  })
