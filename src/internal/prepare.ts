/** From an operation and its input to a request, or to the field that is wrong with it. Nothing is sent here. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { ParseError } from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import * as failure from "./failure.js"
import type { Extras, Operation, PathParameter } from "./Operation.js"
import * as path from "./path.js"

/** An input as this code reads it: whatever the operation has no place for is absent. */
export interface LooseInput<Query, Body> extends Extras {
  readonly path?: Readonly<Record<string, PathParameter>>
  readonly query?: Query
  readonly body?: Body
}

export interface Target {
  readonly system: System
  readonly baseUrl: string
  readonly slashInPath: path.SlashRule
  /** What errors and spans put before the path, where the base URL is one of many: `/toolbox/<id>`. */
  readonly shownBase?: string
}

export interface Prepared {
  readonly request: HttpClientRequest.HttpClientRequest
  /** The path with its holes filled in, below the base URL and without a query; the template where a hole holds a secret. */
  readonly path: string
  readonly secretUrl: boolean
}

const plain = ([name, value]: readonly [string, PathParameter]): readonly [string, string] => [
  name,
  Redacted.isRedacted(value) ? Redacted.value(value) : value
]

/** Templates have the names of the published specs, callers those of TypeScript. */
const argumentOf = (hole: string): string => hole.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

export const prepare = <Query, Body, Success, Failure>(
  target: Target,
  operation: Operation<string, Query, Body, Success, Failure>,
  input: LooseInput<Query, Body>
): Either.Either<Prepared, InvalidRequest> => {
  const at = { system: target.system, operation: operation.name, method: operation.method }
  const orInvalid = <A>(encoded: Either.Either<A, ParseError>) =>
    Either.mapLeft(encoded, (error) => {
      const { field, expected } = failure.describeParseError(error)
      return failure.invalidRequest(at, field, expected)
    })
  return Either.gen(function* () {
    const parameters = Object.entries(input.path ?? {})
    const render = (values: ReadonlyArray<readonly [string, string]>) =>
      path.render(operation.path, Object.fromEntries(values), target.slashInPath)
    const rendered = yield* Either.mapLeft(render(parameters.map(plain)), ({ field, problem }) =>
      failure.invalidRequest(at, argumentOf(field), problem)
    )
    const secretPath = parameters.some(([, value]) => Redacted.isRedacted(value))
    let request = HttpClientRequest.make(operation.method)(target.baseUrl + rendered)
    if (operation.encodeQuery !== undefined && input.query !== undefined) {
      request = HttpClientRequest.setUrlParams(request, { ...(yield* orInvalid(operation.encodeQuery(input.query))) })
    }
    if (operation.encodeBody !== undefined && input.body !== undefined) {
      const json = JSON.stringify(yield* orInvalid(operation.encodeBody(input.body)))
      request = HttpClientRequest.setBody(request, HttpBody.text(json, "application/json"))
    }
    if (input.content !== undefined) {
      const { bytes, contentType, length } = input.content
      request = HttpClientRequest.setBody(request, HttpBody.stream(bytes, contentType, length))
    }
    if (input.headers !== undefined) request = HttpClientRequest.setHeaders(request, input.headers)
    return {
      request,
      path: (target.shownBase ?? "") + (secretPath ? operation.path : rendered).replace(/\?.*$/s, ""),
      secretUrl: operation.secretUrl || secretPath
    }
  })
}
