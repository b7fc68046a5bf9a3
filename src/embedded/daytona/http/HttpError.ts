/** Errors of the API by HTTP status. */
import * as Data from "effect/Data"

/** A request that the server refuses with a status and the `message` of the error body. */
export class HttpError extends Data.TaggedError("HttpError")<{
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}> {}

/** 400 Bad Request. */
export const badRequest = (message: string) => new HttpError({ status: 400, message })
/** 401 Unauthorized. */
export const unauthorized = (message: string) => new HttpError({ status: 401, message })
/** 403 Forbidden. */
export const forbidden = (message: string) => new HttpError({ status: 403, message })
/** 404 Not Found. */
export const notFound = (message: string) => new HttpError({ status: 404, message })
/** 409 Conflict. */
export const conflict = (message: string) => new HttpError({ status: 409, message })
/** 422 Unprocessable Entity. */
export const unprocessable = (message: string) => new HttpError({ status: 422, message })
/** 500 for what the server did not expect: usually an error of its database. */
export const unexpected = new HttpError({ status: 500, message: "An unexpected error occurred." })
/** 503 Service Unavailable. */
export const unavailable = (message: string) => new HttpError({ status: 503, message })

/** The status text, which is the `error` of the body. */
export const statusText = (status: number): string => {
  switch (status) {
    case 400:
      return "Bad Request"
    case 401:
      return "Unauthorized"
    case 403:
      return "Forbidden"
    case 404:
      return "Not Found"
    case 409:
      return "Conflict"
    case 422:
      return "Unprocessable Entity"
    case 429:
      return "Too Many Requests"
    case 501:
      return "Not Implemented"
    case 503:
      return "Service Unavailable"
    default:
      return "Internal Server Error"
  }
}
