/** The token that requests are sent with: given, obtained, or, with a client id, kept fresh. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { type InvalidRequest, Unauthorized } from "../../../errors/ApiError.js"
import { type ApiClient, type Credentials, fixedToken } from "../../../internal/ApiClient.js"
import { invalidRequest } from "../../../internal/failure.js"
import { RequestOptions } from "../../../RequestOptions.js"
import { isToken } from "../../../schema/headerValue.js"
import type { TokenPair } from "../../../schema/stromboli/Token.js"
import { operations } from "./operations.js"

export interface StromboliCredentials extends Credentials {
  /** Uses this token from now on. Fails when it could not stand in a header. */
  readonly set: (token: Redacted.Redacted) => Effect.Effect<void, InvalidRequest>
  readonly clear: Effect.Effect<void>
  /** Uses the access token of the pair from now on, and keeps the refresh token for later. */
  readonly remember: (pair: TokenPair) => Effect.Effect<void>
  readonly refreshToken: Effect.Effect<Option.Option<Redacted.Redacted>>
}

interface Held {
  readonly token: Option.Option<Redacted.Redacted>
  readonly refreshToken: Option.Option<Redacted.Redacted>
  /** Milliseconds of the epoch from which on the token is not worth sending; infinite where that is not known. */
  readonly staleAt: number
}

const given = (token: Option.Option<Redacted.Redacted>): Held => ({
  token,
  refreshToken: Option.none(),
  staleAt: Number.POSITIVE_INFINITY
})

/** A token is renewed this long before it expires, or after nine tenths of a shorter life. */
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
          "must be printable ASCII without spaces or line breaks, and not empty"
        )
      )

export const make = (options: {
  readonly token: Option.Option<Redacted.Redacted>
  /** Keeps an access token for this client id. */
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
            (error) => error instanceof Unauthorized,
            () => login
          )
    ).pipe(
      Effect.tap(remember),
      Effect.map(({ accessToken }) => accessToken),
      // Others wait for it too: the deadlines and repeats of whoever came first are not theirs.
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
          // Somebody else may have renewed it while the refusal was on its way.
          Option.isSome(token) && token.value !== refused ? Effect.succeed(token) : Effect.asSome(shared)
        )
    }
  })

/**
 * Callers that come while the effect runs wait for its outcome instead of running it again. It runs in a fiber of the
 * layer, so that a caller who gives up does not take it from the others.
 */
const sharing = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const running = yield* SynchronizedRef.make(Option.none<Deferred.Deferred<A, E>>())
    const start = Effect.gen(function* () {
      const outcome = yield* Deferred.make<A, E>()
      yield* effect.pipe(
        Effect.intoDeferred(outcome),
        Effect.ensuring(SynchronizedRef.set(running, Option.none())),
        Effect.interruptible,
        Effect.forkIn(scope)
      )
      return outcome
    })
    const keep = (outcome: Deferred.Deferred<A, E>) => [outcome, Option.some(outcome)] as const
    return SynchronizedRef.modifyEffect(
      running,
      Option.match({ onNone: () => Effect.map(start, keep), onSome: (outcome) => Effect.succeed(keep(outcome)) })
    ).pipe(Effect.flatMap(Deferred.await))
  })
