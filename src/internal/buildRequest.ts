/** From an operation and its input to a request, or to the field that is invalid. Nothing is sent here. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import type { ParseError } from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as failure from "./failure.js"
import type { Arguments, Extras, Input, Operation, PathParameter } from "./Operation.js"
import * as path from "./path.js"
import type { Settings } from "./Settings.js"

/** An input as the core reads it: what the operation has no place for is absent. */
export interface LooseInput<Query, Body> extends Extras {
  readonly path?: Readonly<Record<string, PathParameter>>
  readonly query?: Query
  readonly body?: Body
}

export interface BuiltRequest {
  readonly request: HttpClientRequest.HttpClientRequest
  /** With its holes filled in, below the base URL and without a query; the template where a hole holds a secret. */
  readonly path: string
  /** `false`: the URL holds a secret, and no span may show it. */
  readonly isTraced: boolean
}

/** Templates are named as in the published specs, arguments as in TypeScript. */
const argumentOf = (hole: string): string => hole.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** What requests are built from. */
type BuildSettings = Pick<Settings, "baseUrl" | "shownBase" | "slashInPath"> & {
  readonly system: Pick<Settings["system"], "name">
}

export const buildRequest = <Query, Body, Success, Failure>(
  settings: BuildSettings,
  operation: Operation<string, Query, Body, Success, Failure>,
  input: LooseInput<Query, Body>
): Either.Either<BuiltRequest, InvalidRequest> => {
  const invalid = (field: string, problem: string) =>
    Either.left(
      failure.invalidRequest(
        { system: settings.system.name, operation: operation.name, method: operation.method },
        field,
        problem
      )
    )
  const notEncoded = (error: ParseError, part: "query" | "body") => {
    if (!Predicate.isObject(input[part])) return invalid(part, "must be an object")
    const { field, expected } = failure.describeParseError(error)
    return invalid(field, expected)
  }

  const rendered = path.render(operation.path, input.path ?? {}, settings.slashInPath)
  if (Either.isLeft(rendered)) return invalid(argumentOf(rendered.left.field), rendered.left.problem)
  let request = HttpClientRequest.make(operation.method)(settings.baseUrl + rendered.right)
  if (operation.encodeQuery !== undefined && input.query !== undefined) {
    const query = operation.encodeQuery(input.query)
    if (Either.isLeft(query)) return notEncoded(query.left, "query")
    const broken = Object.entries(query.right).find(
      ([, value]) => typeof value === "string" && !path.isWellFormed(value)
    )
    if (broken !== undefined) return invalid(argumentOf(broken[0]), path.notWellFormed)
    request = HttpClientRequest.setUrlParams(request, { ...query.right })
  }
  if (operation.encodeBody !== undefined && input.body !== undefined) {
    const body = operation.encodeBody(input.body)
    if (Either.isLeft(body)) return notEncoded(body.left, "body")
    const text = toJson(body.right)
    if (text === undefined) return invalid(notJson(input.body), problemOfJson)
    request = HttpClientRequest.setBody(request, HttpBody.text(text, "application/json"))
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
    path: (settings.shownBase ?? "") + withoutQuery(secretPath ? operation.path : rendered.right),
    isTraced: !operation.secretUrl && !secretPath
  })
}

/** `undefined`: it has no JSON. */
const toJson = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const problemOfJson =
  "cannot be sent as JSON: it contains a cycle, a BigInt, or a `toJSON` that throws, or is nested too deeply"

/** How many names the field of an error has. Where a cycle begins, there is no last one. */
const longestField = 3

/** The path of the first value that has no JSON. */
const notJson = (body: unknown): string => {
  const names: Array<string> = []
  let value = body
  while (names.length < longestField && typeof value === "object" && value !== null) {
    const inner = Object.entries(value).find(([, each]) => each !== undefined && toJson(each) === undefined)
    if (inner === undefined) break
    names.push(inner[0])
    value = inner[1]
  }
  return names.length === 0 ? "body" : names.join(".")
}

/** Checks inputs before there is a client to send them, and gives the paths of their requests. */
export interface InputCheck {
  readonly ofCall: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    ...input: Arguments<Path, Query, Body>
  ) => Either.Either<string, InvalidRequest>
  readonly ofStream: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>
  ) => Either.Either<string, InvalidRequest>
}

export const inputCheck = (settings: BuildSettings): InputCheck => {
  const check = <Query, Body, Success, Failure>(
    operation: Operation<string, Query, Body, Success, Failure>,
    input: LooseInput<Query, Body> = {}
  ) => Either.map(buildRequest(settings, operation, input), ({ path }) => path)
  return { ofCall: check, ofStream: check }
}

/** A template may have a query of its own. */
const withoutQuery = (path: string): string => {
  const start = path.indexOf("?")
  return start === -1 ? path : path.slice(0, start)
}
