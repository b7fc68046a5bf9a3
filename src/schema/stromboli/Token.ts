/** Access tokens (JWT): requesting, refreshing and validating them. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isToken } from "../headerValue.js"
import { snakeCase } from "../snakeCase.js"
import { NonEmpty } from "./requestValidation.js"

const Seconds = Schema.transform(Schema.NonNegative, Schema.DurationFromSelf, {
  strict: true,
  // In whole milliseconds: a fraction of a second has no exact form.
  decode: (seconds) => Duration.millis(Math.round(seconds * 1000)),
  encode: (duration) => Duration.toSeconds(duration)
})

const Token = Schema.Redacted(
  Schema.String.pipe(Schema.filter((token) => isToken(token) || "must be a token of printable ASCII without spaces"))
)

const fields = {
  accessToken: Token,
  /** Valid for seven days by default. The server does not revoke it when it is used. */
  refreshToken: Token,
  /** `bearer`. */
  tokenType: Schema.String,
  /** The lifetime of the access token; 24 hours by default. */
  expiresIn: Seconds
}

/** The result of a login or a refresh. */
export interface TokenPair extends Schema.Struct.Type<typeof fields> {}
export const TokenPair = snakeCase(fields)

export const TokenRequest = snakeCase({ clientId: NonEmpty })
export const RefreshRequest = snakeCase({ refreshToken: Token })

const validFields = {
  valid: Schema.Boolean,
  /** The client id that the token was issued to. */
  subject: Schema.String,
  /** Unix seconds. */
  expiresAt: Schema.Number
}

/** What the server knows about an access token. It does not validate API tokens: those fail with `Unauthorized`. */
export interface TokenValidation extends Schema.Struct.Type<typeof validFields> {}
export const TokenValidation = snakeCase(validFields)

export const LogoutResponse = snakeCase({ success: Schema.Literal(true), message: Schema.optional(Schema.String) })
