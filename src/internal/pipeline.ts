/** All attempts of one call: its deadlines, its repeats, and what operators see of it. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { ApiError } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import { type Http, makeAttempt, RenewalFailed, redactedIn, type Token } from "./attempt.js"
import { wholeAnswersOf } from "./bufferedResponse.js"
import { type LooseInput, prepare } from "./buildRequest.js"
import { withDeadline } from "./deadline.js"
import { longestBody, type Received } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import { Redactions } from "./redactions.js"
import { defaultSchedule, retry } from "./retry.js"
import type { Settings } from "./Settings.js"
import { metricsOf, outcomeOf } from "./telemetry.js"
import { startTimer } from "./timer.js"

const defaultTimeout = Duration.seconds(30)

export interface Calling<R, A, E> {
  readonly client: Http<R>
  /** What still belongs to an attempt once the headers of its answer are here. */
  readonly finish: (received: Received) => Effect.Effect<A, E>
  /** `finish` reads all of the body, so the transport may as well wait for it. */
  readonly wantsWhole?: boolean
  /** The span of the call, where the fiber does not have it: to give it one costs more than to hand it on. */
  readonly span?: Tracer.AnySpan | undefined
  /** Where an attempt may have less time than its deadline. */
  readonly longestWait?: ((options: RequestPolicy) => Duration.Duration) | undefined
}

/** The span of the call, when there are spans; never one of the caller's own. */
type CallSpan = Tracer.AnySpan | undefined

export const makeCalling = (settings: Settings, newRequestId: () => string) => {
  const { attempt, redactedNames, surroundings } = makeAttempt(settings)
  const metrics = metricsOf(settings.system)
  const { policy, system } = settings

  return <Query, Body, Success, Failure, R, A>(
    operation: Operation<string, Query, Body, Success, Failure>,
    input: LooseInput<Query, Body>,
    { client, finish, longestWait, span: own, wantsWhole = false }: Calling<R, A, ApiError | Failure>
  ): Effect.Effect<A, ApiError | Failure, R> =>
    Effect.withFiberRuntime((fiber) => {
      const prepared = prepare(settings, operation, input)
      if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
      const { request, path, secretUrl } = prepared.right
      const options = Context.get(fiber.currentContext, RequestOptions)
      const secrets = Context.get(fiber.currentContext, Redactions)
      const { method, name, startsNothing } = operation
      const { sandboxId = settings.sandboxId, subject } = input
      const requestId = newRequestId()
      const span = own ?? spanOf(fiber)
      const within = <B, E, R2>(effect: Effect.Effect<B, E, R2>): Effect.Effect<B, E, R2> =>
        own === undefined
          ? effect
          : Effect.mapInputContext(effect, (all: Context.Context<R2>) => Context.add(all, Tracer.ParentSpan, own))
      note(span, "requestId", requestId)

      let attempts = 0
      const context = (): failure.RequestContext => ({
        system,
        operation: name,
        method,
        path,
        requestId,
        attempts,
        startsNothing,
        ...(sandboxId === undefined ? undefined : { sandboxId }),
        ...(subject === undefined ? undefined : { subject })
      })

      const given = Duration.decode(options.timeout ?? operation.timeout ?? policy.timeout ?? defaultTimeout)
      const timeout = longestWait === undefined ? given : Duration.min(given, longestWait(options))
      const onDeadline = () => failure.deadlineExceeded(context(), timeout)
      const inTime = <B, E, R2>(effect: Effect.Effect<B, E, R2>) =>
        withDeadline(within(effect), { deadline: timeout, onDeadline })

      const answerWhole = wholeAnswersOf(client)
      const execute =
        answerWhole === undefined
          ? client.execute
          : (sending: HttpClientRequest.HttpClientRequest) =>
              answerWhole(sending, {
                startTimer: (task) => startTimer(fiber.currentDefaultServices, timeout, task),
                onDeadline,
                maxBody: wantsWhole ? longestBody : undefined,
                redactedNames,
                mayBeTraced: !secretUrl,
                parent: own
              })
      const sent = operation.secretBody ? [...secrets, ...redactedIn(input.body)] : secrets

      const single = (token: Token) => {
        attempts++
        note(span, "attempts", attempts)
        const limited = answerWhole === undefined ? identity : inTime
        const made = { request, accept: operation.accept, sent, context: context(), execute, limited }
        const result = attempt(operation, made, token, finish)
        if (answerWhole !== undefined) return result
        const refs = secretUrl ? surroundings.secretUrl : surroundings.plain
        return withDeadline(within(result), { deadline: timeout, onDeadline, refs })
      }
      const retried = (token: Token) =>
        retry(() => single(token), {
          retry: operation.retry,
          schedule: options.retry ?? policy.retry ?? defaultSchedule,
          deadline: options.deadline ?? policy.deadline,
          onRetry: (error) =>
            Effect.zipRight(
              metrics(name).retry(error._tag),
              within(Effect.logDebug(`${name}: attempt ${attempts} failed with ${error._tag}; trying again`))
            ),
          onDeadline: (limit) => failure.deadlineExceeded(context(), limit)
        })
      return Effect.matchEffect(withToken(settings.credentials, inTime, retried), {
        onSuccess: (value) => {
          metrics(name).outcome(fiber, "ok")
          return Effect.succeed(value)
        },
        onFailure: (error) => {
          const failed = error instanceof RenewalFailed ? error.cause : error
          metrics(name).outcome(fiber, outcomeOf(failed))
          return Effect.fail(failed)
        }
      })
    })
}

/** A log-in before a call has repeats and deadlines of its own, and none of the call's on top. */
const withToken = <A, E, R>(
  { current, mayWait }: Settings["credentials"],
  inTime: <B, E2>(effect: Effect.Effect<B, E2>) => Effect.Effect<B, E2 | ApiError>,
  use: (token: Token) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | ApiError, R> => {
  if (Option.isOption(current)) return use(current)
  return Effect.flatMap(mayWait ? inTime(current) : current, use)
}

const spanOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): CallSpan =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled) ? fiber.currentSpan : undefined

const note = (span: CallSpan, name: string, value: unknown): void => {
  if (span?._tag === "Span") span.attribute(name, value)
}
