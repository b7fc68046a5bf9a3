/**
 * The operations of `/auth`. They are not in `Auth`, because the credentials of the client need two of them, and
 * bundles only those.
 */
import { Unauthorized } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import {
  LogoutResponse,
  RefreshRequest,
  TokenPair,
  TokenRequest,
  TokenValidation
} from "../../../schema/stromboli/Token.js"

// Both can be retried: an unused token does no harm.
export const token = Operation.make("Auth.token", "POST", "/auth/token", {
  body: TokenRequest,
  success: TokenPair,
  retry: "always",
  startsNothing: true,
  secretBody: true
})

export const refresh = Operation.make("Auth.refresh", "POST", "/auth/refresh", {
  body: RefreshRequest,
  success: TokenPair,
  retry: "always",
  startsNothing: true,
  secretBody: true
})

export const validate = Operation.make("Auth.validate", "GET", "/auth/validate", {
  success: TokenValidation,
  fails: [Unauthorized]
})

export const logout = Operation.make("Auth.logout", "POST", "/auth/logout", { success: LogoutResponse })
