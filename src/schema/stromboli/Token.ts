/** Access tokens (JWT), what they are bought with, and what is known about them. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { isToken } from "../headerValue.js"
import { snakeCase } from "../snakeCase.js"
import { NonEmpty } from "./requestFields.js"

const Seconds = Schema.transform(Schema.NonNegative, Schema.DurationFromSelf, {
  strict: true,
  decode: (seconds) => Duration.seconds(seconds),
  encode: (duration) => Duration.toSeconds(duration)
})

const Token = Schema.Redacted(
  Schema.String.pipe(Schema.filter((token) => isToken(token) || "must be a token of printable ASCII, without spaces"))
)

const fields = {
  accessToken: Token,
  /** Buys a new pair, for seven days by default. The server does not revoke it when it is used. */
  refreshToken: Token,
  /** `bearer`. */
  tokenType: Schema.String,
  /** How long the access token is good for; 24 hours by default. */
  expiresIn: Seconds
}

/** What a log-in or a refresh gives. */
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

/** What the server knows about an access token. API tokens are not known here: they fail with `Unauthorized`. */
export interface TokenValidation extends Schema.Struct.Type<typeof validFields> {}
export const TokenValidation = snakeCase(validFields)

export const LogoutResponse = snakeCase({ success: Schema.Boolean, message: Schema.optional(Schema.String) })
