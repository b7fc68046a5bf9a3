/** Requests that change a sandbox. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { MountedSecrets, NewSandboxName } from "./CreateSandbox.js"
import { resourceFields } from "./Resources.js"
import { CommaSeparated } from "./Sandbox.js"
import { Texts } from "./Tolerant.js"

export const StopQuery = wireStruct({ force: Schema.optional(Schema.Boolean) })

export const RecoverQuery = wireStruct({ skipStart: Schema.optional(Schema.Boolean) })

/** The new size. Absent fields are left unchanged; at least one must be given. */
export interface ResizeSandbox extends Schema.Struct.Type<typeof resourceFields> {}
export const ResizeBody = wireStruct(resourceFields).pipe(
  Schema.filter(
    ({ cpu, disk, memory }) =>
      cpu !== undefined ||
      disk !== undefined ||
      memory !== undefined || { path: ["cpu"], message: "must be given, or `memory`, or `disk`" }
  )
)

export const LabelsBody = wireStruct({ labels: Schema.Record({ key: Schema.String, value: Schema.String }) })

/** The answer is the whole sandbox, of which only the labels are wanted. They are the ones that were sent. */
export const LabelsResponse = wireStruct({ labels: Schema.optional(Texts) }, { essential: [] })

export const ForkBody = wireStruct({ name: Schema.optional(NewSandboxName) })

export const ForksQuery = wireStruct({ includeDestroyed: Schema.optional(Schema.Boolean) })

export const CreateSnapshotBody = wireStruct({ name: Schema.String, includeMemory: Schema.optional(Schema.Boolean) })

const networkFields = {
  /** `true` also clears `networkAllowList`, and so does `false` when it is given alone. */
  networkBlockAll: Schema.optional(Schema.Boolean),
  /** At most 10 IPv4 CIDRs. A list that is not empty also turns off `networkBlockAll`; `[]` clears the list. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** At most 10 domains, wildcards such as `*.example.com` included; `[]` clears the list. */
  domainAllowList: Schema.optional(CommaSeparated)
}

/** What a sandbox may reach. At least one field must be given. */
export interface NetworkSettings extends Schema.Struct.Type<typeof networkFields> {}
export const NetworkSettingsBody = wireStruct(networkFields).pipe(
  Schema.filter(
    ({ domainAllowList, networkAllowList, networkBlockAll }) =>
      networkBlockAll !== undefined ||
      networkAllowList !== undefined ||
      domainAllowList !== undefined || {
        path: ["networkBlockAll"],
        message: "must be given, or `networkAllowList`, or `domainAllowList`"
      }
  )
)

export const SecretsBody = wireStruct({ secrets: MountedSecrets })
