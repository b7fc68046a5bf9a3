/** Reads requests for terminals. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { flag, reader, text } from "../jsonBody.js"
import { Refusal } from "../Refusal.js"

/** The largest number of columns or rows. */
const maxSize = 1000

const uint16 = Schema.Int.pipe(Schema.between(0, 65_535))

const Envs = Schema.Record({ key: Schema.String, value: Schema.String })

const invalid = (message: string) => new Refusal({ status: 400, message, old: "error" })

/** The body of `POST /process/pty`. */
export const readCreation = reader(
  Schema.Struct({
    id: text,
    cwd: text,
    envs: Schema.optionalWith(Envs, { nullable: true, default: () => ({}) }),
    cols: Schema.optionalWith(uint16, { nullable: true }),
    rows: Schema.optionalWith(uint16, { nullable: true }),
    lazyStart: flag
  }),
  invalid
)

const Size = Schema.optionalWith(uint16, { nullable: true, default: () => 0 })

/** The body of `POST /process/pty/{sessionId}/resize`. */
export const readResize = reader(Schema.Struct({ cols: Size, rows: Size }), invalid)

/** Which of the two is too large, if one is. */
export const tooLarge = (size: { readonly cols: number; readonly rows: number }): "cols" | "rows" | undefined =>
  size.cols > maxSize ? "cols" : size.rows > maxSize ? "rows" : undefined

/** The query of `GET /process/pty/create-connect`. */
export const ofQuery = (query: URLSearchParams) => {
  const number = (name: string) => {
    const value = query.get(name)
    return value === null || value === "" ? undefined : Number(value)
  }
  return Either.mapLeft(
    decodeQuery({
      id: query.get("id") ?? "",
      cwd: query.get("cwd") ?? "",
      cols: number("cols"),
      rows: number("rows")
    }),
    ({ message }) => invalid(`invalid query: ${message}`)
  )
}

const decodeQuery = Schema.decodeUnknownEither(
  Schema.Struct({ id: text, cwd: text, cols: Schema.optional(uint16), rows: Schema.optional(uint16) })
)

const envsToken = "X-Daytona-Pty-Envs~"

/** The environment that a client offers as a sub-protocol: base64url of a JSON object. */
export const envsOf = (protocols: ReadonlyArray<string>): Either.Either<Readonly<Record<string, string>>, Refusal> => {
  const token = protocols.find((protocol) => protocol.startsWith(envsToken))
  return token === undefined
    ? Either.right({})
    : Either.mapLeft(decodeEnvs(token.slice(envsToken.length)), () => invalid("invalid environment sub-protocol"))
}

const decodeEnvs = Schema.decodeUnknownEither(Schema.compose(Schema.StringFromBase64Url, Schema.parseJson(Envs)))

/** The sub-protocol of clients that want to be told how the process ended. */
export const exitControl = "X-Daytona-Pty-Exit-Control"
