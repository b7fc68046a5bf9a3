/** Temporary credentials for the object storage that build contexts are uploaded to. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { OrganizationId } from "./Identifiers.js"

const Secret = Schema.Redacted(Schema.String)

const accessFields = {
  accessKey: Secret,
  secret: Secret,
  sessionToken: Secret,
  /** The address of the S3 API. */
  storageUrl: Schema.String,
  organizationId: OrganizationId,
  bucket: Schema.String,
  /** Absent from older servers. */
  region: Schema.optional(Schema.String)
}

/** Credentials to upload below `<organizationId>/` in a bucket, valid for one hour. */
export interface StorageAccess extends Schema.Struct.Type<typeof accessFields> {}
export const StorageAccess = wireStruct(accessFields, { absent: { bucket: "" } })
