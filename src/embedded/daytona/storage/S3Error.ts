/** The errors of S3. */
import * as Data from "effect/Data"

/** A request that the object storage refuses, with the error code that S3 clients recognize. */
export class S3Error extends Data.TaggedError("S3Error")<{
  readonly status: number
  readonly code: string
  readonly message: string
}> {}

export const accessDenied = new S3Error({ status: 403, code: "AccessDenied", message: "Access Denied" })

export const wrongSignature = new S3Error({
  status: 403,
  code: "SignatureDoesNotMatch",
  message:
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
})

export const unknownAccessKey = new S3Error({
  status: 403,
  code: "InvalidAccessKeyId",
  message: "The AWS Access Key Id you provided does not exist in our records."
})

export const invalidToken = new S3Error({
  status: 403,
  code: "InvalidToken",
  message: "The provided token is malformed or otherwise invalid."
})

export const expiredToken = new S3Error({
  status: 403,
  code: "ExpiredToken",
  message: "The provided token has expired."
})

export const skewedTime = new S3Error({
  status: 403,
  code: "RequestTimeTooSkewed",
  message: "The difference between the request time and the server's time is too large."
})

export const wrongContent = new S3Error({
  status: 400,
  code: "XAmzContentSHA256Mismatch",
  message: "The provided 'x-amz-content-sha256' header does not match what was computed."
})

export const incompleteBody = new S3Error({
  status: 400,
  code: "IncompleteBody",
  message: "You did not provide the number of bytes specified by the Content-Length HTTP header"
})

export const noSuchBucket = new S3Error({
  status: 404,
  code: "NoSuchBucket",
  message: "The specified bucket does not exist"
})

export const noSuchKey = new S3Error({
  status: 404,
  code: "NoSuchKey",
  message: "The specified key does not exist."
})

export const noSuchUpload = new S3Error({
  status: 404,
  code: "NoSuchUpload",
  message: "The specified multipart upload does not exist."
})

export const methodNotAllowed = new S3Error({
  status: 405,
  code: "MethodNotAllowed",
  message: "The specified method is not allowed against this resource."
})
