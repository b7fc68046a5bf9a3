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

/** Templates have the names of the published specs, callers those of TypeScript. */
const argumentOf = (hole: string): string => hole.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

export const prepare = <Query, Body, Success, Failure>(
  target: Target,
  operation: Operation<string, Query, Body, Success, Failure>,
  input: LooseInput<Query, Body>
): Either.Either<Prepared, InvalidRequest> => {
  const invalid = (field: string, problem: string) =>
    Either.left(
      failure.invalidRequest(
        { system: target.system, operation: operation.name, method: operation.method },
        field,
        problem
      )
    )
  const notEncoded = (error: ParseError) => {
    const { field, expected } = failure.describeParseError(error)
    return invalid(field, expected)
  }

  const rendered = path.render(operation.path, input.path ?? {}, target.slashInPath)
  if (Either.isLeft(rendered)) return invalid(argumentOf(rendered.left.field), rendered.left.problem)
  let request = HttpClientRequest.make(operation.method)(target.baseUrl + rendered.right)
  if (operation.encodeQuery !== undefined && input.query !== undefined) {
    const query = operation.encodeQuery(input.query)
    if (Either.isLeft(query)) return notEncoded(query.left)
    request = HttpClientRequest.setUrlParams(request, { ...query.right })
  }
  if (operation.encodeBody !== undefined && input.body !== undefined) {
    const body = operation.encodeBody(input.body)
    if (Either.isLeft(body)) return notEncoded(body.left)
    request = HttpClientRequest.setBody(request, HttpBody.text(JSON.stringify(body.right), "application/json"))
  }
  if (input.content !== undefined) {
    const { bytes, contentType, length } = input.content
    const body =
      bytes instanceof Uint8Array
        ? HttpBody.uint8Array(bytes, contentType)
        : HttpBody.stream(bytes, contentType, length)
    request = HttpClientRequest.setBody(request, body)
  }
  if (input.headers !== undefined) request = HttpClientRequest.setHeaders(request, input.headers)
  const secretPath = input.path !== undefined && Object.values(input.path).some(Redacted.isRedacted)
  return Either.right({
    request,
    path: (target.shownBase ?? "") + withoutQuery(secretPath ? operation.path : rendered.right),
    secretUrl: operation.secretUrl || secretPath
  })
}

/** A template may have a query of its own. */
const withoutQuery = (path: string): string => {
  const start = path.indexOf("?")
  return start === -1 ? path : path.slice(0, start)
}
