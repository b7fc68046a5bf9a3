import * as Data from "effect/Data"

/** A request that the server turns down: the status, and the words in the body's `message`. */
export class HttpError extends Data.TaggedError("HttpError")<{
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}> {}

/** 400. */
export const badRequest = (message: string) => new HttpError({ status: 400, message })
/** 401. */
export const unauthorized = (message: string) => new HttpError({ status: 401, message })
/** 403. */
export const forbidden = (message: string) => new HttpError({ status: 403, message })
/** 404. */
export const notFound = (message: string) => new HttpError({ status: 404, message })
/** 409. */
export const conflict = (message: string) => new HttpError({ status: 409, message })
/** 422. */
export const unprocessable = (message: string) => new HttpError({ status: 422, message })
/** 503. */
export const unavailable = (message: string) => new HttpError({ status: 503, message })

/** The status texts that go into the body's `error`. */
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
