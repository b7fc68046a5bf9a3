/** A sandbox as the commands show it, which is without the values of its variables. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Sandbox } from "../../../daytona.js"
import { fields as fieldsText } from "../../frame/table.js"
import { cyan, dim, green, red, type Text } from "../../frame/text.js"
import { ago, duration } from "../../frame/words.js"

const text = Schema.optional(Schema.String)

const fields = {
  id: Schema.String,
  name: Schema.String,
  state: Schema.String,
  /** Why its state is `error` or `build_failed`. */
  errorReason: text,
  region: Schema.String,
  snapshot: text,
  /** Cores. */
  cpu: Schema.Number,
  /** GiB. */
  memory: Schema.Number,
  /** GiB. */
  disk: Schema.Number,
  gpu: Schema.Number,
  labels: Schema.Record({ key: Schema.String, value: Schema.String }),
  public: Schema.Boolean,
  networkBlockAll: Schema.Boolean,
  /** `15m`, or `disabled`; so are those below. */
  autoStop: text,
  autoPause: text,
  autoArchive: text,
  autoDelete: text,
  /** ISO 8601, as are those below. */
  autoDestroyAt: text,
  createdAt: text,
  lastActivityAt: text
}

/** A sandbox as the commands show it. */
export interface Shown extends Schema.Struct.Type<typeof fields> {}
export const Shown = Schema.Struct(fields)

const interval = (value: Duration.Duration | string | undefined): string | undefined =>
  Duration.isDuration(value) ? duration(value) : value

/** What is shown of a sandbox. */
export const shownOf = (sandbox: Sandbox.Sandbox | Sandbox.SandboxListItem): Shown => ({
  id: sandbox.id,
  name: sandbox.name,
  state: sandbox.state,
  errorReason: sandbox.errorReason,
  region: sandbox.target,
  snapshot: sandbox.snapshot,
  cpu: sandbox.cpu,
  memory: sandbox.memory,
  disk: sandbox.disk,
  gpu: sandbox.gpu,
  labels: sandbox.labels,
  public: sandbox.public,
  networkBlockAll: sandbox.networkBlockAll,
  autoStop: interval(sandbox.autoStop),
  autoPause: interval(sandbox.autoPause),
  autoArchive: interval(sandbox.autoArchive),
  autoDelete: interval(sandbox.autoDelete),
  autoDestroyAt: sandbox.autoDestroyAt,
  createdAt: sandbox.createdAt,
  lastActivityAt: sandbox.lastActivityAt
})

/** The state, in the colour of how well it is. */
export const stateText = ({ state }: Pick<Shown, "state">): Text => {
  if (state === "started") return green(state)
  if (state === "error" || state === "build_failed") return red(state)
  return state === "stopped" || state === "archived" || state === "paused" ? dim(state) : cyan(state)
}

/** `2 cores, 4 GiB, 10 GiB disk`. */
export const sizeText = ({ cpu, disk, gpu, memory }: Pick<Shown, "cpu" | "disk" | "gpu" | "memory">): string =>
  [
    `${cpu} ${cpu === 1 ? "core" : "cores"}`,
    ...(gpu > 0 ? [`${gpu} GPU`] : []),
    `${memory} GiB`,
    `${disk} GiB disk`
  ].join(", ")

const time = (moment: string | undefined, now: number) => (moment === undefined ? undefined : ago(moment, now))

/** All that is shown of a sandbox, line by line. */
export const sandboxText = (sandbox: Shown, now: number): Text =>
  fieldsText([
    ["Sandbox", sandbox.name],
    ["Id", sandbox.id],
    ["State", stateText(sandbox)],
    ["Problem", sandbox.errorReason === undefined ? undefined : red(sandbox.errorReason)],
    ["Snapshot", sandbox.snapshot],
    ["Size", sizeText(sandbox)],
    ["Region", sandbox.region],
    ["Created", time(sandbox.createdAt, now)],
    ["Active", time(sandbox.lastActivityAt, now)],
    ["Previews", sandbox.public ? "open to everyone" : "with a token"],
    ["Network", sandbox.networkBlockAll ? "blocked" : undefined],
    ["Stops", after(sandbox.autoStop, "without activity")],
    ["Pauses", after(sandbox.autoPause, "without activity")],
    ["Archived", after(sandbox.autoArchive, "of being stopped")],
    ["Deleted", after(sandbox.autoDelete, "of being stopped")],
    ["Destroyed", time(sandbox.autoDestroyAt, now)],
    ...Object.entries(sandbox.labels).map(([name, value]) => [`Label ${name}`, value] as const)
  ])

const after = (span: string | undefined, what: string): string | undefined => {
  if (span === undefined || span === "disabled") return undefined
  if (span === "on-stop") return "when it is stopped"
  return span === "maximum" ? "after the longest time that the server allows" : `after ${span} ${what}`
}
