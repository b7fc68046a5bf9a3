/** Where the files of builds are put, and with which credentials. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { OrganizationId } from "./Identifiers.js"

const Secret = Schema.Redacted(Schema.String)

const accessFields = {
  accessKey: Secret,
  secret: Secret,
  sessionToken: Secret,
  /** Where the S3 API is. */
  storageUrl: Schema.String,
  organizationId: OrganizationId,
  bucket: Schema.String,
  /** Older servers do not tell it. */
  region: Schema.optional(Schema.String)
}

/** Permission, for one hour, to put files below `<organizationId>/` into a bucket. */
export interface StorageAccess extends Schema.Struct.Type<typeof accessFields> {}
export const StorageAccess = wireStruct(accessFields, { absent: { bucket: "" } })
